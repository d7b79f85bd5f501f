"""What /api/ has beside the endpoints of the apps: the page for people, and an answer at addresses that are none."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from rest_framework.exceptions import AuthenticationFailed, NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.clients import PartnerAuthentication
from accounts.api.endpoint import Endpoint
from icras import api_docs


class Unknown(Endpoint):
    """Every address under /api/ that is no endpoint: 404 as problem details, after 401 for strangers."""

    schema = None

    def http_method_not_allowed(self, request: HttpRequest | Request, *args: Any, **kwargs: Any) -> Response:
        """Say that there is nothing here, whatever the method."""
        raise NotFound("There is no such address. Addresses end with a slash: see /api/docs/.")


@login_not_required
def docs(request: HttpRequest) -> HttpResponse:
    """Describe the API for people: who has signed in, or holds a token; else to sign in."""
    if not request.user.is_authenticated and not _has_token(request):
        return redirect_to_login(request.get_full_path())
    return _docs(request)


def _has_token(request: HttpRequest) -> bool:
    try:
        return PartnerAuthentication().authenticate(Request(request)) is not None
    except AuthenticationFailed:
        return False


@require_safe
def _docs(request: HttpRequest) -> HttpResponse:
    return render(request, "icras/api_docs.html", {"api": api_docs.description()})
