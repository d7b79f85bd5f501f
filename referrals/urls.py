"""Routes of the single point of access. Every act of the table of moves that this app serves has one."""

from django.urls import path

from referrals.views import acts, call

app_name = "referrals"
urlpatterns = [
    path("referrals/new/", call.register, name="register"),
    path("referrals/draft/", call.draft, name="draft"),
    path("referrals/clock/", call.clock, name="clock"),
    path("referrals/<uuid:pk>/", acts.referral, name="referral"),
    path("referrals/<uuid:pk>/acts/", acts.acts, name="acts"),
    *(path(f"referrals/<uuid:pk>/{verb}/", acts.act, {"verb": verb}, name=verb) for verb in acts.PAGES),
]
