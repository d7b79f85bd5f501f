"""The rules of triage as the place sets them, and what they said when somebody decided."""

from collections.abc import Mapping
from typing import Any

from accounts.domain import Permission
from audit.commands import command, now, require
from audit.domain import Actor
from audit.refusals import RuleBroken
from referrals.domain import Disposition
from referrals.domain.recommendation import RulesError, differs, read_rules
from referrals.models import Recommendation, Referral, TriageRules
from referrals.queries.advice import advice_for, rules_in_force
from timelimits.domain.definitions import plain

DISAGREES = "disagrees"


@command
def publish_triage_rules(*, by: Actor, definition: Mapping[str, Any]) -> TriageRules:
    """Add one version of the rules of triage; the same content again is quiet.

    Raises RuleBroken: unreadable (field named: an input that rules may not read is one), or a version in use with
    other content.
    """
    require(by, Permission.PLACE_MANAGE)
    try:
        rules = read_rules(definition)
    except RulesError as fault:
        raise RuleBroken("definition_unreadable", str(fault), fault.field) from fault
    content = plain(definition)
    row = TriageRules.objects.filter(version=rules.version).first()
    if row is None:
        return TriageRules.objects.create(
            version=rules.version, effective_from=rules.effective_from, definition=content, published_at=now()
        )
    if row.definition != content:
        words = f"Version {rules.version} of the rules of triage is in use: add a new version."
        raise RuleBroken("version_changed", words, "version")
    return row


ELSEWHERE = frozenset({"decline", "redirect"})


def keep_recommendation(
    by: Actor, referral: Referral, verb: str, override: tuple[str, str] = ("", ""), **decided: str
) -> None:
    """Store what the rules say of the referral as it stands, with what was decided beside it. Nothing without rules.

    `decided` holds the service and urgency that it goes to, where the decision names them. What differs counts as
    overridden, and so does sending somebody elsewhere whom the rules accept; `override` is why, as code and words,
    kept where it differs or a person must decide; words said on accepting are kept in any case.
    """
    row = rules_in_force(now())
    if row is None:
        return
    found = advice_for(referral, row, now())
    advice = found.advice
    followed = verb not in ELSEWHERE and not differs(advice, **decided)
    by_hand = verb == "accept" and advice.disposition is Disposition.MANUAL
    reason, note = override if by_hand or not followed else ("", override[1] if verb == "accept" else "")
    Recommendation.objects.create(
        referral=referral,
        verb=verb,
        rules=row,
        read=found.read,
        reasons=[code for code, _ in advice.reasons],
        service=advice.service,
        urgency=advice.urgency,
        disposition=advice.disposition,
        followed=followed,
        override_reason=reason if followed else reason or DISAGREES,
        override_note=note.strip(),
        decided_at=now(),
        actor_id=by.id,
        actor_label=by.label,
    )
