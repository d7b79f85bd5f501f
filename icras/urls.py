"""Routes. Only what is listed in PUBLIC in tests/architecture is open to people who have not signed in."""

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView
from oauth2_provider.views import RevokeTokenView, TokenView

from icras import api, gallery, views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("", views.home, name="home"),
    path("components/", gallery.components, name="components"),
    path("", include("accounts.urls")),
    path("", include("notifications.urls")),
    path("", include("timelimits.urls")),
    path("", include("referrals.urls")),
    path("", include("pathways.urls")),
    path("", include("casework.urls")),
    path("", include("reporting.urls")),
    path("o/token/", login_not_required(TokenView.as_view()), name="token"),
    path("o/revoke_token/", login_not_required(RevokeTokenView.as_view()), name="revoke-token"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", api.docs, name="docs"),
    path("api/v1/", include("referrals.api_urls")),
    path("api/v1/", include("pathways.api_urls")),
    path("api/v1/", include("timelimits.api_urls")),
    re_path("^api/", api.Unknown.as_view(), name="unknown"),
]
