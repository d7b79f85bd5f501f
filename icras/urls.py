"""Routes. Only what is listed in PUBLIC in tests/architecture is open to people who have not signed in."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView

from accounts.views import tokens
from icras import api, gallery, reports, views

handler500 = "icras.views.server_error"
urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    # Before the pages: an address under api/ is found without trying every page first
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", api.docs, name="docs"),
    path("api/v1/", include("referrals.api_urls")),
    path("api/v1/", include("pathways.api_urls")),
    path("api/v1/", include("casework.api_urls")),
    path("api/v1/", include("timelimits.api_urls")),
    re_path("^api/", api.Unknown.as_view(), name="unknown"),
    path("", views.home, name="home"),
    path("components/", gallery.components, name="components"),
    path("", include("accounts.urls")),
    path("", include("notifications.urls")),
    path("", include("timelimits.urls")),
    path("", include("referrals.urls")),
    path("", include("pathways.urls")),
    path("", include("careplans.urls")),
    path("", include("casework.urls")),
    path("", include("reporting.urls")),
    path("csp-report/", reports.csp_report, name="csp-report"),
    path("o/token/", tokens.token, name="token"),
    path("o/revoke_token/", tokens.revoke, name="revoke-token"),
]
