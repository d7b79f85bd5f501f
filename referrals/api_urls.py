"""REST routes of the single point of access, under /api/v1/."""

from django.urls import path

from referrals.api import endpoints

app_name = "referrals_api"
urlpatterns = [
    path("referrals/", endpoints.Referrals.as_view(), name="list"),
    path("referrals/<uuid:referral_id>/", endpoints.ReferralDetail.as_view(), name="detail"),
    path("referrals/<uuid:referral_id>/triage/", endpoints.Triage.as_view(), name="triage"),
    path("referrals/<uuid:referral_id>/decline/", endpoints.Decline.as_view(), name="decline"),
]
