"""REST routes of the ways a referral ends, under /api/v1/."""

from django.urls import path

from casework import api

app_name = "casework_api"
urlpatterns = [
    path("referrals/<uuid:referral_id>/decline/", api.Decline.as_view(), name="decline"),
    path("referrals/<uuid:referral_id>/withdraw/", api.Withdraw.as_view(), name="withdraw"),
]
