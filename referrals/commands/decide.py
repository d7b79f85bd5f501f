"""Triage, and every way a referral ends without being accepted."""

from datetime import datetime
from uuid import UUID

from accounts.queries import codes
from audit.commands import command, now
from audit.domain import Actor
from audit.refusals import RuleBroken
from referrals.commands.crews import refuse_while_crew_waits
from referrals.commands.moves import begin, complete, end_clocks, subject
from referrals.commands.register import start_limits
from referrals.commands.rules import keep_recommendation
from referrals.commands.signposts import begin_signposting, count_decision
from referrals.domain import (
    CRISIS_RESPONSE,
    KIND_OF,
    SOMEWHERE_ELSE,
    SPA_TRIAGE,
    Answer,
    DeclineKind,
    Service,
    Urgency,
    WhyNow,
)
from referrals.models import Referral
from timelimits.commands import cancel_clocks

OVERRIDES = {"redirect": "redirected"}


@command
def triage_referral(
    *,
    by: Actor,
    referral_id: UUID,
    urgency: Urgency,
    service: Service,
    reason: str,
    worse_since: datetime | None = None,
    told: WhyNow | None = None,
    override_reason: str = "",
    version: int | None = None,
) -> Referral:
    """Set urgency and service, with the reason in words; what the rules recommended is stored beside it (R051).

    A bed needs one of the two grounds, else it is home (RuleBroken, R053). `override_reason` is the code of why it is
    not as recommended, kept only where it is not.

    Made crisis on the same facts: the two hours run from receipt. Made crisis because the person got worse: from
    `worse_since`, when any of our services was told (R126). Made planned: the two-hour clock is cancelled.
    """
    begun = begin(by, "triage", referral_id, version, (urgency, service, reason, worse_since, told, override_reason))
    referral = begun.referral
    if begun.again:
        return referral
    _say_why(reason)
    if worse_since is not None and not referral.received_at <= worse_since <= now():
        raise RuleBroken(
            "worse_since_out_of_range", "This must be after it was received and not later than now.", "worse_since"
        )
    _take_why_now(referral, told, service)
    keep_recommendation(by, referral, "triage", (override_reason, reason), service=service, urgency=urgency)
    changed, since = referral.urgency != urgency, worse_since if urgency == Urgency.CRISIS else None
    referral.urgency, referral.service = urgency, service
    complete(
        by,
        begun,
        note=reason,
        urgency=urgency,
        service=service,
        worse_since=since and since.isoformat(),
    )
    if changed:
        _change_clocks(by, referral, since)
    return referral


def _take_why_now(referral: Referral, told: WhyNow | None, service: Service) -> None:
    for name, value in told.known().items() if told else ():
        setattr(referral, name, value)
    if service is Service.BED and not referral.bed_ground:
        words = "A bed needs one of the two grounds; without one of them it is home."
        raise RuleBroken("bed_ground_missing", words, "bed_ground")


def _change_clocks(by: Actor, referral: Referral, worse_since: datetime | None) -> None:
    cancel_clocks(by=by, subject=subject(referral), reason="not_needed", policies=(CRISIS_RESPONSE, SPA_TRIAGE))
    start_limits(by, referral, worse_since or referral.received_at)


@command
def decline_referral(
    *,
    by: Actor,
    referral_id: UUID,
    reason: str,
    signpost: str,
    where: str = "",
    note: str = "",
    version: int | None = None,
) -> Referral:
    """Say no, for a coded reason of the place, and say where instead (R020). Only a triage practitioner may.

    `where` in words is needed for a place that is on no list, and is shown to whoever referred.
    """
    _known(reason, "decline_reasons", "reason")
    place = _place(signpost, where)
    return _end(by, "decline", referral_id, version, cancel="declined", reason=reason, place=place, note=note)


@command
def redirect_referral(
    *, by: Actor, referral_id: UUID, signpost: str, note: str, where: str = "", version: int | None = None
) -> Referral:
    """Send the request on to a service that fits better, and say why (R020); `where` as for a decline."""
    place = _place(signpost, where)
    _say_why(note, "note")
    return _end(by, "redirect", referral_id, version, cancel="redirected", place=place, note=note)


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
    place: tuple[str, str] = ("", ""),
    note: str = "",
) -> Referral:
    signpost, where = place
    begun = begin(by, verb, referral_id, version, (reason, signpost, where, note))
    referral = begun.referral
    if begun.again:
        return referral
    refuse_while_999_open(referral)
    refuse_while_crew_waits(referral)
    keep_recommendation(by, referral, verb, (reason or OVERRIDES.get(verb, ""), note))
    kind = decline_kind(reason) if verb == "decline" else ""
    told = ". ".join(filter(None, (where, note)))
    complete(by, begun, reason=reason, signpost=signpost, note=told, kind=kind)
    end_clocks(by, begun, now(), cancel)
    count_decision(referral, verb, kind, reason)
    if signpost:
        begin_signposting(by, referral, signpost, where)
    return referral


def refuse_while_999_open(referral: Referral) -> None:
    """Raise RuleBroken while a red flag is raised and nobody has confirmed the 999 call: it stays open till then."""
    raised = Answer.YES in referral.red_flags.values()
    if raised and referral.emergency_confirmed_at is None:
        raise RuleBroken(
            "999_not_confirmed",
            "A red flag was raised. Record that the ambulance crew is there, or that 999 was not needed, first.",
        )


def decline_kind(reason: str) -> DeclineKind:
    """Return how a reason to decline is counted: our criteria, or our room. The place's list says which."""
    found = next((row for row in codes("decline_reasons") if row.code == reason), None)
    return KIND_OF.get(str(found.extra.get("kind", "")) if found else "", DeclineKind.CRITERIA)


def _place(signpost: str, where: str) -> tuple[str, str]:
    _known(signpost, "signposts", "signpost")
    if signpost == SOMEWHERE_ELSE:
        _say_where(where)
    return signpost, where.strip()  # words beside a listed place are kept too: nothing typed is lost


def _say_where(where: str) -> None:
    if not where.strip():
        raise RuleBroken("where_missing", "Say where, so that whoever referred can go there.", "where")


def _known(code: str, list_name: str, field: str) -> None:
    if code not in {row.code for row in codes(list_name)}:
        raise RuleBroken(f"{field}_unknown", "Choose one of the listed reasons.", field=field)


def _say_why(words: str, field: str = "reason") -> None:
    if not words.strip():
        raise RuleBroken(f"{field}_missing", "Say why, in a few words.", field=field)
