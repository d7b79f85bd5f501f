"""REST routes of the single point of access, under /api/v1/."""

from django.urls import path

from referrals.api import endpoints, people

app_name = "referrals_api"
urlpatterns = [
    path("referrals/", endpoints.Referrals.as_view(), name="list"),
    path("referrals/<uuid:referral_id>/", endpoints.ReferralDetail.as_view(), name="detail"),
    path("referrals/<uuid:referral_id>/triage/", endpoints.Triage.as_view(), name="triage"),
    path("referrals/<uuid:referral_id>/person/", people.PersonOfReferral.as_view(), name="person_of_referral"),
    path("people/<uuid:person_id>/", people.PersonDetail.as_view(), name="person"),
    *(
        path(f"people/<uuid:person_id>/sections/{code}/", endpoint.as_view(), name=f"section_{code}")
        for code, endpoint in people.SECTION_ENDPOINTS.items()
    ),
    *(
        path(f"people/<uuid:person_id>/rows/{code}/", endpoint.as_view(), name=f"row_{code}")
        for code, endpoint in people.ROW_ENDPOINTS.items()
    ),
]
