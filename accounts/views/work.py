"""Work sign-in: away to the organisation's own provider, and back from it."""

from uuid import UUID

from allauth.account.decorators import reauthentication_required
from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from requests import RequestException

from accounts import commands
from accounts.provider import WorkAdapter
from accounts.queries.directory import work_providers
from accounts.request import actor_of
from accounts.sign_in.adapters import refused


def _adapter(request: HttpRequest, provider_id: str) -> WorkAdapter:
    if provider_id not in dict(work_providers()):
        raise Http404
    return WorkAdapter(request, provider_id)


def _away(request: HttpRequest, provider_id: str, process: str) -> HttpResponse:
    """Send the browser to the provider; a page of words when it cannot be reached."""
    provider = _adapter(request, provider_id).get_provider()
    try:
        response: HttpResponse = provider.redirect(request, process, next_url=get_next_redirect_url(request))
    except (RequestException, OAuth2Error):
        return refused(request, "down", 503)
    return response


@login_not_required
@require_POST
def start(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Go to the provider to sign in."""
    return _away(request, provider_id, "login")


@login_not_required
@require_safe
def finish(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Come back from the provider with a code, or with what went wrong."""
    response: HttpResponse = OAuth2CallbackView.adapter_view(_adapter(request, provider_id))(request)
    return response


@require_POST
@reauthentication_required(app="allauth.socialaccount")  # type: ignore[untyped-decorator]
def connect(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Go to the provider to link its identity to my account."""
    return _away(request, provider_id, "connect")


@require_POST
def unlink(request: HttpRequest, user_id: UUID, provider_id: str) -> HttpResponse:
    """Forget which identity of a provider is this person's."""
    commands.unlink_identity(by=actor_of(request), user_id=user_id, provider=provider_id)
    messages.success(request, "The work sign-in is taken away, with the roles that it brought.")
    return HttpResponseRedirect(reverse("accounts:person", args=[user_id]))
