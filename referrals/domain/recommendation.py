"""What the place's rules say of a referral: which service, how soon, and whether somebody must look at it first. Pure.

A rule reads only what `RuleInput` holds. Living arrangements, income, ethnicity, a diagnosis of dementia or mental
illness, and learning disability are not in it, and nothing a rule may say is a decline (R054, R056).

The rules:  version, effective_from (date), age_floor (whole years), and [[rule]] tables of
            code, words, when (inputs → one value, or a list of values any of which will do),
            and what it says: service, urgency, manual = true. The first rule that names a service or urgency wins.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from referrals.domain.referrals import Service, Urgency
from referrals.domain.triage import Disposition

AGE_FLOOR = 18
RULE_KEYS = frozenset({"code", "words", "when", "service", "urgency", "manual"})
RULES_KEYS = frozenset({"version", "effective_from", "age_floor", "rule"})


@dataclass(frozen=True, slots=True)
class RuleInput:
    """Everything that a rule can read, as codes; "" or None is not known. Nothing about who the person is but age."""

    direction: str = ""
    urgency: str = ""
    reason: str = ""
    trigger: str = ""
    would_be: str = ""
    planned_reason: str = ""
    bed_ground: str = ""
    location: str = ""
    needs: frozenset[str] = frozenset()
    medically_stable: bool | None = None
    medicines_addressed: bool | None = None
    red_flag: bool = False
    under_age: bool | None = None
    in_area: bool | None = None


INPUTS = frozenset(each.name for each in fields(RuleInput))


class RulesError(ValueError):
    """Rules that cannot be used; `field` names what is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: when all of `when` hold, it says so, with the reason in words."""

    code: str
    words: str
    when: tuple[tuple[str, tuple[Any, ...]], ...]
    service: Service | None = None
    urgency: Urgency | None = None
    manual: bool = False

    def holds(self, given: RuleInput) -> bool:
        """Say whether every condition holds; what is not known meets none."""
        return all(_meets(getattr(given, name), wanted) for name, wanted in self.when)


@dataclass(frozen=True, slots=True)
class Rules:
    """One version of the rules of a place."""

    version: int
    effective_from: date
    age_floor: int
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """What the rules say: service and urgency ("" where they say nothing), and every reason as (code, words)."""

    version: int
    service: str
    urgency: str
    disposition: Disposition
    reasons: tuple[tuple[str, str], ...]


def _meets(value: Any, wanted: Sequence[Any]) -> bool:
    if isinstance(value, frozenset):
        return bool(value & set(wanted))
    return value in wanted


def recommend(given: RuleInput, rules: Rules) -> Advice:
    """Return what the rules say. Nothing said means: accept, as it was asked for."""
    held = [rule for rule in rules.rules if rule.holds(given)]
    service = next((rule.service for rule in held if rule.service), "")
    urgency = next((rule.urgency for rule in held if rule.urgency), "")
    disposition = Disposition.MANUAL if any(rule.manual for rule in held) else Disposition.ACCEPT
    return Advice(
        rules.version, str(service), str(urgency), disposition, tuple((rule.code, rule.words) for rule in held)
    )


def differs(advice: Advice, urgency: str = "", service: str = "") -> bool:
    """Say whether what is decided is otherwise than what the rules say; what either leaves open does not differ."""
    said = ((advice.urgency, urgency), (advice.service, service))
    return any(wanted and decided and wanted != decided for wanted, decided in said)


def service_where_none_was_chosen(advice: Advice, urgency: str) -> str:
    """Return the service that the rules say, when they mean this urgency; else ""."""
    return advice.service if advice.urgency in ("", urgency) else ""


def under_age(age: int | None, floor: int) -> bool | None:
    """Say whether somebody is under the age floor (R010); None while the age is not known."""
    return None if age is None else age < floor


def read_rules(definition: Mapping[str, Any]) -> Rules:
    """Return the rules of a definition. Raises RulesError naming the setting at fault: an unknown input is one."""
    if unknown := set(definition) - RULES_KEYS:
        raise RulesError(min(unknown), "is not a known setting")
    version, floor = definition.get("version"), definition.get("age_floor", AGE_FLOOR)
    if not isinstance(version, int) or version < 1:
        raise RulesError("version", "needs a whole number from 1")
    if not isinstance(floor, int) or not 0 <= floor <= 130:
        raise RulesError("age_floor", "needs whole years")
    starts = definition.get("effective_from")
    try:
        effective_from = starts if isinstance(starts, date) else date.fromisoformat(str(starts))
    except ValueError:
        raise RulesError("effective_from", "is not a date") from None
    rules = tuple(_rule(each) for each in definition.get("rule", ()))
    if len({rule.code for rule in rules}) < len(rules):
        raise RulesError("rule", "each needs a code of its own")
    return Rules(version, effective_from, floor, rules)


def _rule(definition: Mapping[str, Any]) -> Rule:
    if unknown := set(definition) - RULE_KEYS:
        raise RulesError(min(unknown), "is not a known setting of a rule: a rule recommends, it never declines")
    for name in ("code", "words"):
        if not isinstance(definition.get(name), str) or not definition[name].strip():
            raise RulesError(name, "needs words")
    when = definition.get("when", {})
    if not isinstance(when, Mapping) or not when:
        raise RulesError("when", "needs at least one input")
    if unknown := set(when) - INPUTS:
        raise RulesError("when", f"{min(unknown)} is not an input: a rule reads {', '.join(sorted(INPUTS))}")
    return Rule(
        code=definition["code"],
        words=definition["words"],
        when=tuple((name, tuple(value) if isinstance(value, list) else (value,)) for name, value in when.items()),
        service=_one_of(definition, "service", Service),
        urgency=_one_of(definition, "urgency", Urgency),
        manual=definition.get("manual", False) is True,
    )


def _one_of(definition: Mapping[str, Any], name: str, enum: Any) -> Any:
    value = definition.get(name)
    if value is not None and value not in set(enum):
        raise RulesError(name, f"{value!r} is not one of {', '.join(enum)}")
    return None if value is None else enum(value)
