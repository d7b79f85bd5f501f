"""The rules of triage of a bundle: readable, and reading nothing that may not decide; and reasons to decline."""

from collections.abc import Iterator

from accounts.domain import Change, CodeListName
from audit.domain import Actor
from audit.refusals import RuleBroken
from icras.place.bundle import Bundle, Fault
from referrals.commands.rules import publish_triage_rules
from referrals.domain import KIND_OF
from referrals.domain.recommendation import RulesError, read_rules
from referrals.models import TriageRules

NO_REASON = (
    "dementia",
    "mental_illness",
    "learning_disability",
    "autism",
    "ethnic",
    "lives_alone",
    "income",
    "homeless",
)
"""Words that no code of a reason to decline may hold: none of them is a reason (R054, R056)."""


def check_triage(bundle: Bundle) -> Iterator[Fault]:
    """Yield the faults of the rules of triage, and of reasons to decline."""
    if bundle.triage is not None:
        try:
            read_rules(bundle.triage.data)
        except RulesError as wrong:
            yield bundle.triage.fault(wrong.field, str(wrong).partition(": ")[2])
    for entry in bundle.lists.get(CodeListName.DECLINE_REASONS, []):
        if entry.data.get("kind") not in KIND_OF:
            yield entry.fault("kind", f"needs one of {', '.join(KIND_OF)}: declines and lack of room are counted apart")
        if any(word in str(entry.data.get("code")) for word in NO_REASON):
            yield entry.fault("code", "names what is never a reason to decline")


def load_triage(by: Actor, bundle: Bundle) -> Change | None:
    """Publish the rules of triage when they are new. Raises RuleBroken for a version in use with other content."""
    if bundle.triage is None:
        return None
    had = TriageRules.objects.count()
    try:
        row = publish_triage_rules(by=by, definition=bundle.triage.data)
    except RuleBroken as no:
        raise RuleBroken(no.code, f"{bundle.triage.file}: {no.message}", no.field) from no
    return Change(f"rules of triage version {row.version}", "added") if TriageRules.objects.count() > had else None
