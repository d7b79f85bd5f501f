"""Calls that were no referral: written down, and made one when it turns out that they were."""

from datetime import datetime
from uuid import UUID

from accounts.domain import Permission, TeamKind
from accounts.models import Team
from audit.commands import command, now, require
from audit.domain import Actor
from audit.refusals import IllegalMove, NotFound, RuleBroken
from referrals.domain import settle_received_at
from referrals.models import Enquiry, Referral
from referrals.queries.intake import enquiries_for


@command
def record_enquiry(
    *,
    by: Actor,
    asked: str,
    said: str = "",
    caller_name: str = "",
    phone: str = "",
    source_kind: str = "",
    received_at: datetime | None = None,
    sent_id: UUID | None = None,
) -> Enquiry:
    """Write down a call that was not about a referral. The same form sent again is the same enquiry.

    Raises NotPermitted, RuleBroken (asked_missing, received_in_future).
    """
    require(by, Permission.ENQUIRY_RECORD)
    if not asked.strip():
        raise RuleBroken("asked_missing", "Write down what they asked.", "asked")
    try:
        came_at = settle_received_at(received_at, now())
    except ValueError as wrong:
        raise RuleBroken("received_in_future", str(wrong), "received") from wrong
    told = {
        "asked": asked.strip(),
        "said": said.strip(),
        "caller_name": caller_name.strip(),
        "phone": phone.strip(),
        "source_kind": source_kind,
    }
    kept = {**told, "received_at": came_at, "recorded_at": now(), "taken_by": by.label, "team": _team(by)}
    if sent_id is None:
        return Enquiry.objects.create(**kept)
    found, made = Enquiry.objects.get_or_create(sent_id=sent_id, defaults=kept)
    if made or all(getattr(found, name) == value for name, value in told.items()):
        return found
    return Enquiry.objects.create(**kept)  # Back, then the next call: another enquiry


def _team(by: Actor) -> Team:
    doors = Team.objects.filter(kind=TeamKind.SPA).order_by("code")
    team = doors.filter(pk__in=by.teams).first() or doors.first()
    if team is None:
        raise RuleBroken("no_front_door", "This place has no single point of access team.")
    return team


def lock_enquiry(by: Actor, enquiry_id: UUID | None) -> Enquiry | None:
    """Return the enquiry that becomes a referral, locked. Raises NotFound, IllegalMove when it is one already."""
    if enquiry_id is None:
        return None
    found = enquiries_for(by).select_for_update(of=("self",)).filter(pk=enquiry_id).first()
    if found is None:
        raise NotFound
    if found.referral_id is not None:
        raise IllegalMove("already_referral", "This can't be done because it was made a referral already.")
    return found


def became_referral(enquiry: Enquiry | None, referral: Referral) -> None:
    """Tie the enquiry, if there was one, to the referral that it turned out to be."""
    if enquiry is not None:
        enquiry.referral = referral
        enquiry.save(update_fields=["referral"])
