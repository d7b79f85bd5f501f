"""What the rules of triage say of a referral now."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from capacity.queries import zone_for
from referrals.domain import Answer, Disposition, PlannedReason, Trigger, age_on
from referrals.domain.recommendation import Advice, RuleInput, Rules, read_rules, recommend, under_age
from referrals.models import Referral, TriageRules
from timelimits.domain.local_time import local_date

WHOLE_POSTCODE = 5


@dataclass(frozen=True, slots=True)
class Advised:
    """What the rules say, and what they read, as stored with a decision."""

    advice: Advice
    read: dict[str, Any]


def rules_in_force(now: datetime) -> TriageRules | None:
    """Return the rules in force on the local date, the latest version first; None where the place has none."""
    rows = TriageRules.objects.filter(effective_from__lte=local_date(now))
    return rows.order_by("-effective_from", "-version").first()


def advice_on(referral: Referral, now: datetime) -> Advised | None:
    """Return what the rules in force say of a referral; None where the place has none."""
    row = rules_in_force(now)
    return advice_for(referral, row, now) if row else None


def advice_for(referral: Referral, row: TriageRules, now: datetime) -> Advised:
    """Return what these rules say of a referral."""
    rules = read_rules(row.definition)
    given = rule_input(referral, rules, now)
    read = {name: sorted(value) if isinstance(value, frozenset) else value for name, value in asdict(given).items()}
    return Advised(recommend(given, rules), read)


def rule_input(referral: Referral, rules: Rules, now: datetime) -> RuleInput:
    """Return what rules may read of a referral: never how somebody lives, what they have, or who they are."""
    person = referral.person
    age = age_on(local_date(now), person.born_on, person.age_about)
    return RuleInput(
        direction=referral.direction,
        urgency=referral.urgency,
        reason=referral.reason,
        trigger=referral.trigger or (referral.reason if referral.reason in set(Trigger) else ""),
        would_be=referral.would_be,
        planned_reason=referral.planned_reason or (referral.reason if referral.reason in set(PlannedReason) else ""),
        bed_ground=referral.bed_ground,
        location=referral.location_kind,
        needs=frozenset(referral.needs),
        medically_stable=referral.medically_stable,
        medicines_addressed=referral.medicines_addressed,
        red_flag=Answer.YES in referral.red_flags.values() and referral.emergency_confirmed_at is None,
        under_age=under_age(age, rules.age_floor),
        in_area=_in_area(referral),
    )


def _in_area(referral: Referral) -> bool | None:
    """Say whether the person is in the place, by where they are now, else by home; None while that is not known."""
    if referral.zone:
        return True
    postcodes = [code for code in (referral.location_postcode, referral.person.postcode) if _whole(code)]
    return None if not postcodes else any(zone_for(code) for code in postcodes)


def _whole(postcode: str) -> bool:
    return len(postcode.replace(" ", "")) >= WHOLE_POSTCODE


def by_hand(found: Advised) -> tuple[str, ...]:
    """Return why somebody must decide by hand: under age or out of the area. Never a reason to lose it (R010)."""
    if found.advice.disposition is not Disposition.MANUAL:
        return ()
    return tuple(code for code, _ in found.advice.reasons if code in ("under_age", "out_of_area"))
