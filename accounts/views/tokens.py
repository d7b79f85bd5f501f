"""Where partner systems get a token, and give it back. Open to everybody: the client's secret is the proof."""

from collections.abc import Callable
from math import ceil
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from oauth2_provider.views import RevokeTokenView, TokenView

from accounts.api.rate import wait_for

_token, _revoke = TokenView.as_view(), RevokeTokenView.as_view()


@csrf_exempt
@login_not_required
@require_POST
def token(request: HttpRequest) -> HttpResponse:
    """Give a token for a client's id and secret (RFC 6749)."""
    return _limited(request, _token)


@csrf_exempt
@login_not_required
@require_POST
def revoke(request: HttpRequest) -> HttpResponse:
    """Take a token back for the client that holds it, by its id and secret (RFC 7009)."""
    return _limited(request, _revoke)


def _limited(request: HttpRequest, view: Callable[..., Any]) -> HttpResponse:
    """Answer 429 to an address that asks too often (setting ICRAS_TOKEN_RATE): each secret costs time to check."""
    if wait := wait_for(request, "token", settings.ICRAS_TOKEN_RATE):
        words = "Too many requests from this address: wait as long as Retry-After says."
        said = {"error": "slow_down", "error_description": words}
        return JsonResponse(said, status=429, headers={"Retry-After": str(ceil(wait))})
    answer: HttpResponse = view(request)
    return answer
