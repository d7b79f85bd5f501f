"""My messages: list, mark as read."""

from datetime import UTC, datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.request import actor_of
from notifications import commands, queries
from notifications.presenters import message_rows


@require_safe
def messages(request: HttpRequest) -> HttpResponse:
    """Show my messages, 50 at a time, newest first."""
    by = actor_of(request)
    found = queries.page(by, _last(request.GET.get("before", "")))
    older = f"{found[-1].created_at.isoformat()}~{found[-1].pk}" if len(found) == queries.PAGE else ""
    context = {"section": "messages", "rows": message_rows(found), "older": older, "unread": queries.unread_count(by)}
    return render(request, "notifications/messages.html", context)


def _last(text: str) -> tuple[datetime, UUID] | None:
    """Return the instant and id of the last message of the page before; None for the first page."""
    instant, _, key = text.partition("~")
    try:
        at = datetime.fromisoformat(instant)
        return (at.astimezone(UTC), UUID(key)) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None


@require_POST
def read(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Mark one of my messages as read."""
    commands.mark_read(by=actor_of(request), message_id=message_id)
    return HttpResponseRedirect(reverse("notifications:messages"))


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark all of my messages as read."""
    commands.mark_all_read(by=actor_of(request))
    return HttpResponseRedirect(reverse("notifications:messages"))
