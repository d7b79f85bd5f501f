"""REST routes of acceptance and episodes, under /api/v1/."""

from django.urls import path

from pathways.api import endpoints

app_name = "pathways_api"
urlpatterns = [
    path("referrals/<uuid:referral_id>/accept/", endpoints.Accept.as_view(), name="accept"),
    path("referrals/<uuid:referral_id>/episode/", endpoints.EpisodeOfReferral.as_view(), name="of_referral"),
    path("episodes/<uuid:episode_id>/", endpoints.EpisodeDetail.as_view(), name="detail"),
    path("episodes/<uuid:episode_id>/allocate/", endpoints.Allocate.as_view(), name="allocate"),
    path("episodes/<uuid:episode_id>/contacts/", endpoints.Contacts.as_view(), name="contacts"),
]
