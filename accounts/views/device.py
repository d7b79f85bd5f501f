"""Shared devices: the quick switch to a colleague, and whether this device is somebody's own."""

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.logout import logout
from allauth.mfa.base.views import TrustView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.sign_in.device import keep_to_oneself, share


@never_cache
@login_not_required
@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """End this session for good and offer the sign-in to the next; the device is shared from now on."""
    to = get_adapter().provider_sign_out(request, reverse(settings.LOGIN_URL))
    logout(request, show_message=False)
    response = HttpResponseRedirect(to)
    share(response)
    return response


@require_POST
def device(request: HttpRequest) -> HttpResponse:
    """Say whether this device is shared (shared=yes) or my own."""
    shared = request.POST.get("shared") == "yes"
    messages.success(request, "This device is shared now." if shared else "This device is your own now.")
    response = HttpResponseRedirect(reverse("accounts:me"))
    (share if shared else keep_to_oneself)(response)
    return response


@login_not_required  # a step of signing in: without one allauth leads to the sign-in page
def trust(request: HttpRequest) -> HttpResponse:
    """Ask whether the device is somebody's own; "shared" is remembered."""
    response: HttpResponse = TrustView.as_view()(request)
    if request.method == "POST" and request.POST.get("action") != "trust" and response.status_code == 302:
        share(response)
    return response
