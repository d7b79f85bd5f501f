"""What may not be begun for somebody who has died."""

from uuid import UUID

from audit.commands import now
from audit.refusals import RuleBroken
from referrals.models import Death, Referral
from referrals.presenters import wall_clock


def refuse_if_dead(person_id: UUID) -> None:
    """Raise RuleBroken (person_died) when a death is recorded: nothing new is begun, booked or handed over for them.

    What has happened is never refused: a referral about them is still received, contacts are still recorded. Whoever
    may accept may also take the death back, so an error delays nobody's care. Call it with the person's row locked.
    """
    death = Death.objects.filter(person_id=person_id, error_at=None).first()
    if death is None:
        return
    day, at = f"{death.died_on.day} {death.died_on:%B %Y}", wall_clock(death.recorded_at, now())
    raise RuleBroken(
        "person_died",
        f"This can't be done because they died on {day}: {death.recorded_by} recorded it at {at}. If that is wrong, "
        "take it back under “Death recorded” on the person's record, then do this again.",
    )


def refuse_case_if_dead(case_id: UUID) -> None:
    """Raise as `refuse_if_dead` does, of whom the case is about."""
    for person_id in Referral.objects.filter(case_id=case_id).values_list("person_id", flat=True):
        refuse_if_dead(person_id)
