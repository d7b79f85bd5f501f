"""What was missing when a referral came in is added while it is open, and what was told first is kept."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from audit.commands import command
from audit.domain import Actor
from audit.refusals import IllegalMove, RuleBroken
from capacity.queries import zone_for
from referrals.commands.chase import show_on_list
from referrals.commands.moves import begin, complete
from referrals.commands.record import change_section
from referrals.domain import FILLED, Answer, Service, changes_of, taken_back
from referrals.models import Person, Referral

Told = Mapping[str, Any]


@command
def fill_in_referral(
    *, by: Actor, referral_id: UUID, told: Told, person: Told | None = None, version: int | None = None
) -> Referral:
    """Add what was not known when it was sent, or was told otherwise since (R035, R034, R052); the rest stays.

    `told` holds columns of the referral, `person` details of their record. What was told first stands in the
    transition row. Nothing starts, stops or moves a clock, and when it was received stays: an answer that comes late
    is no reason to be late. A red flag raised now asks for the 999 call. The same again changes nothing, quietly.
    Raises NotPermitted, NotFound, IllegalMove (not open), Stale, RuleBroken (flag_raised, bed_ground_missing, and what
    the record refuses).
    """
    begun = begin(by, "fill_in", referral_id, version, (sorted(told.items()), sorted((person or {}).items())))
    referral = begun.referral
    if begun.again:
        return referral
    changes = changes_of({name: getattr(referral, name) for name in FILLED}, told)
    _refuse_unfit(referral, told)
    _write_record(by, referral, person or {})
    if not changes and not person:
        return referral
    _take(referral, told)
    complete(by, begun, changes=changes, fields=sorted(changes))
    show_on_list(by, referral)
    return referral


def _refuse_unfit(referral: Referral, told: Told) -> None:
    if taken_back(referral.red_flags, told.get("red_flags", {})):
        words = "This red flag was raised. Record the 999 call, or that 999 was not needed, instead."
        raise RuleBroken("flag_raised", words)
    if referral.service == Service.BED and told.get("bed_ground") == "":
        words = "A bed needs one of the two grounds; without one of them it is home."
        raise RuleBroken("bed_ground_missing", words, "bed_ground")


def _write_record(by: Actor, referral: Referral, details: Told) -> None:
    """Write what was not on the person's record. What somebody else wrote there meanwhile stays."""
    if details:
        person = Person.objects.select_for_update().get(pk=referral.person_id)
        if any(getattr(person, name) for name in details):
            raise IllegalMove("on_record", "This can't be done because their record says it by now. Look at it again.")
        change_section(by=by, person_id=referral.person_id, section="details", values=details)


def _take(referral: Referral, told: Told) -> None:
    raised = [code for code, answer in told.get("red_flags", {}).items() if answer == Answer.YES]
    if any(referral.red_flags.get(code) != Answer.YES for code in raised):
        referral.emergency_confirmed_at = referral.emergency_confirmed_by_id = None  # it was confirmed before this one
    for name, value in told.items():
        setattr(referral, name, {**referral.red_flags, **value} if name == "red_flags" else value)
    if told.get("location_postcode"):
        referral.zone = zone_for(referral.location_postcode) or ""
