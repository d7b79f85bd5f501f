"""Triage, and every way a referral ends without being accepted."""

from datetime import datetime
from uuid import UUID

from accounts.queries import codes
from audit.commands import command, now
from audit.domain import Actor
from audit.refusals import RuleBroken
from referrals.commands.moves import begin, complete, done_already, end_clocks, subject
from referrals.commands.register import start_limits
from referrals.domain import CRISIS_RESPONSE, SPA_TRIAGE, Answer, Service, Urgency
from referrals.models import Referral
from timelimits.commands import cancel_clocks


@command
def triage_referral(
    *,
    by: Actor,
    referral_id: UUID,
    urgency: Urgency,
    service: Service,
    reason: str,
    worse_since: datetime | None = None,
    version: int | None = None,
) -> Referral:
    """Set urgency and service, with the reason in words.

    Made crisis on the same facts: the two hours run from receipt. Made crisis because the person got worse: from
    `worse_since`, when any of our services was told (R126). Made planned: the two-hour clock is cancelled.
    """
    move, referral = begin(by, "triage", referral_id, version)
    _say_why(reason)
    if worse_since is not None and not referral.received_at <= worse_since <= now():
        raise RuleBroken(
            "worse_since_out_of_range", "This must be after it was received and not later than now.", "worse_since"
        )
    changed, since = referral.urgency != urgency, worse_since if urgency == Urgency.CRISIS else None
    referral.urgency, referral.service = urgency, service
    complete(
        by,
        move,
        referral,
        note=reason,
        urgency=urgency,
        service=service,
        worse_since=since and since.isoformat(),
    )
    if changed:
        _change_clocks(by, referral, since)
    return referral


def _change_clocks(by: Actor, referral: Referral, worse_since: datetime | None) -> None:
    cancel_clocks(by=by, subject=subject(referral), reason="not_needed", policies=(CRISIS_RESPONSE, SPA_TRIAGE))
    start_limits(by, referral, worse_since or referral.received_at)


@command
def decline_referral(
    *, by: Actor, referral_id: UUID, reason: str, signpost: str, note: str = "", version: int | None = None
) -> Referral:
    """Say no, for a coded reason of the place, and say where instead (R020). Only a triage practitioner may."""
    _known(reason, "decline_reasons", "reason")
    _known(signpost, "signposts", "signpost")
    return _end(by, "decline", referral_id, version, cancel="declined", reason=reason, signpost=signpost, note=note)


@command
def redirect_referral(
    *, by: Actor, referral_id: UUID, signpost: str, note: str, version: int | None = None
) -> Referral:
    """Send the request on to a service that fits better, and say why (R020)."""
    _known(signpost, "signposts", "signpost")
    _say_why(note, "note")
    return _end(by, "redirect", referral_id, version, cancel="redirected", signpost=signpost, note=note)


@command
def record_not_wanted(*, by: Actor, referral_id: UUID, note: str, version: int | None = None) -> Referral:
    """Record that the person did not want us: an outcome of its own, not a decline."""
    _say_why(note, "note")
    return _end(by, "not_wanted", referral_id, version, cancel="not_wanted", note=note)


def _end(
    by: Actor,
    verb: str,
    referral_id: UUID,
    version: int | None,
    *,
    cancel: str,
    reason: str = "",
    signpost: str = "",
    note: str = "",
) -> Referral:
    move, referral = begin(by, verb, referral_id, version)
    if done_already(move, referral):
        return referral
    refuse_while_999_open(referral)
    complete(by, move, referral, reason=reason, signpost=signpost, note=note)
    end_clocks(by, move, referral, now(), cancel)
    return referral


def refuse_while_999_open(referral: Referral) -> None:
    """Raise RuleBroken while a red flag is raised and nobody has confirmed the 999 call: it stays open till then."""
    raised = Answer.YES in referral.red_flags.values()
    if raised and referral.emergency_confirmed_at is None:
        raise RuleBroken(
            "999_not_confirmed",
            "A red flag was raised. Record that the ambulance crew is there, or that 999 was not needed, first.",
        )


def _known(code: str, list_name: str, field: str) -> None:
    if code not in {row.code for row in codes(list_name)}:
        raise RuleBroken(f"{field}_unknown", "Choose one of the listed reasons.", field=field)


def _say_why(words: str, field: str = "reason") -> None:
    if not words.strip():
        raise RuleBroken(f"{field}_missing", "Say why, in a few words.", field=field)
