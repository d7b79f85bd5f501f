"""Erasing a record: why it may be; of every text field about a person whether it is blanked, deleted or kept. Pure."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

STUB = "Erased"


class ErasureReason(StrEnum):
    """Why a record is erased."""

    TIME_PASSED = "time_passed"
    COURT_ORDER = "court_order"
    ENTERED_IN_ERROR = "entered_in_error"


class ErasureVerdict(StrEnum):
    """What a second person said."""

    AGREED = "agreed"
    REFUSED = "refused"


ERASURE_REASONS = {
    ErasureReason.TIME_PASSED: "The time of keeping has passed",
    ErasureReason.COURT_ORDER: "A court has ordered it",
    ErasureReason.ENTERED_IN_ERROR: "The whole record was entered in error",
}
EARLY = frozenset({ErasureReason.COURT_ORDER, ErasureReason.ENTERED_IN_ERROR})
"""Reasons that do not wait for the time of keeping: a privacy officer's to give."""

# Tables whose rows about a person go whole, with their versions
GONE = frozenset(
    {
        "careplans.casemessage", "careplans.messageread", "careplans.recordlink",
        "referrals.attachment", "referrals.background", "referrals.circumstances", "referrals.communication",
        "referrals.disclosureitem", "referrals.draft", "referrals.goingthere", "referrals.health",
        "referrals.idempotencykey", "referrals.informationgiven", "referrals.keysafecode", "referrals.knownto",
        "referrals.personimport", "referrals.possibleduplicate", "referrals.preferences", "referrals.relatedperson",
        "referrals.sharingbasis", "referrals.statement", "referrals.tolddifference", "referrals.visitwarning",
        "referrals.worry",
    }
)  # fmt: skip
# Fields that are blanked in rows that stay for the counts
WORDS: dict[str, frozenset[str]] = {
    "accounts.breakglass": frozenset({"words"}),
    "accounts.restriction": frozenset({"words"}),
    "careplans.confidence": frozenset({"words"}),
    "careplans.experience": frozenset({"words"}),
    "careplans.consent": frozenset({"words"}),
    "careplans.onwardrequest": frozenset({"asked_of", "why", "note"}),
    "careplans.risk": frozenset({"benefit", "harm", "control", "agreed_with", "found_note"}),
    "pathways.contact": frozenset({"with_whom", "about"}),
    "pathways.coordinatorterm": frozenset({"reason"}),
    "pathways.discharge": frozenset(
        {"grounds", "destination_reason", "needs", "rehab_reason", "mh_professional", "mh_phone"}
    ),
    "pathways.liaisonrequest": frozenset({"concern", "asked_of", "phone", "note"}),
    "pathways.task": frozenset({"what"}),
    "pathways.waiting": frozenset({"kept_safe_by"}),
    "referrals.capacityassessment": frozenset(
        {"decision", "assessed_by", "support_given", "reasons", "consulted", "best_interests", "error_reason"}
    ),
    "referrals.crewwait": frozenset({"phone", "reference", "plan"}),
    "referrals.death": frozenset({"told_by", "error_reason"}),
    "referrals.enquiry": frozenset({"caller_name", "phone", "asked", "said"}),
    "referrals.handover": frozenset({"note"}),
    "referrals.informationrequest": frozenset({"asked_of", "phone", "question", "answer"}),
    "referrals.legalhold": frozenset({"why", "lifted_why"}),
    "referrals.merge": frozenset({"reason", "undone_reason", "filled"}),
    "referrals.person": frozenset(
        {"nhs_number", "family_name", "given_name", "born_on", "age_about", "address_lines", "postcode", "phone",
         "called", "email", "gp_practice", "warnings"}
    ),
    "referrals.recommendation": frozenset({"read", "override_note"}),
    "referrals.referral": frozenset(
        {"told_name", "summary", "location_lines", "location_postcode", "location_phone", "access",
         "who_is_with_them", "source_organisation", "caller_name", "caller_relationship", "ring_back",
         "contact_name", "contact_relationship", "contact_phone", "hospital_ward", "stable_confirmed_by",
         "red_flags", "emergency_called_by", "emergency_reference"}
    ),
    "referrals.referraltransition": frozenset({"note", "changes"}),
    "referrals.signposting": frozenset({"note", "where"}),
    "referrals.subjectaccess": frozenset({"asked_by", "held"}),
    "timelimits.approval": frozenset({"note", "decided_note"}),
    "timelimits.breachreason": frozenset({"note"}),
    "timelimits.override": frozenset({"reason"}),
}  # fmt: skip
# Kept wherever they stand: who of the staff did it, and what names rows, not people
KEPT = frozenset(
    {
        "acknowledged_by", "actor_id", "actor_label", "added_by", "answered_by", "answered_label", "approved_by",
        "approved_label", "asked_label", "by_profession", "changed_label", "closed_by", "confirmed_by",
        "created_label", "decided_by", "decided_by_id", "decided_label", "done_by", "done_by_id", "ended_by",
        "ended_label", "error_by", "given_by", "given_label", "history_change_reason", "history_user_id",
        "lifted_by", "opened_by", "opened_by_id", "recorded_by", "released_by", "released_by_id", "reopened_by",
        "reviewed_by", "seen_by", "set_by", "started_by", "stopped_label", "taken_by", "undone_by", "written_by",
    }
)  # fmt: skip
# Kept in one table: codes that counts need, ids, and what the system wrote itself
CODES: dict[str, frozenset[str]] = {
    "accounts.caseaccess": frozenset({"why"}),
    "accounts.restriction": frozenset({"ended_grants", "lifted_from"}),
    "careplans.onwardrequest": frozenset({"service"}),
    "pathways.episode": frozenset({"reference", "zone"}),
    "pathways.liaisonrequest": frozenset({"asked_by"}),
    "pathways.task": frozenset({"kind", "code"}),
    "referrals.capacityassessment": frozenset({"outcome"}),
    "referrals.crewwait": frozenset({"told_by"}),
    "referrals.enquiry": frozenset({"source_kind"}),
    "referrals.erasure": frozenset({"asked_by", "asked_by_id", "words", "refused_why"}),
    "referrals.handover": frozenset({"listed"}),
    "referrals.informationrequest": frozenset({"asked_by"}),
    "referrals.merge": frozenset({"warnings_added"}),
    "referrals.mergerow": frozenset({"model", "key"}),
    "referrals.personkeys": frozenset({"keys"}),
    "referrals.recommendation": frozenset({"verb", "reasons", "service", "urgency", "disposition", "override_reason"}),
    "referrals.referral": frozenset({"reference", "zone", "reason", "source_kind", "hospital_site", "needs"}),
    "referrals.referraltransition": frozenset({"verb", "from_status", "reason", "signpost", "kind"}),
    "referrals.signposting": frozenset({"signpost", "result"}),
    "timelimits.approval": frozenset({"kind", "subject", "reason", "terms", "asked_by", "verdict"}),
    "timelimits.breachreason": frozenset({"reason"}),
    "timelimits.casedeadline": frozenset({"no_clock_reason", "zone", "phase", "reference"}),
    "timelimits.clock": frozenset({"subject", "policy_code", "outcome", "cancel_reason"}),
    "timelimits.clockevent": frozenset({"stage", "annotation"}),
    "timelimits.alert": frozenset({"duty"}),
    "timelimits.closed": frozenset({"kind", "key", "before"}),
    "timelimits.extension": frozenset({"reason", "asked_by"}),
    "timelimits.override": frozenset({"permission", "asked_by"}),
    "timelimits.pause": frozenset({"reason", "asked_by"}),
}
# Tables about nobody who is cared for: the place, its staff, its rules, and what holds codes and ids only
NOT_OF_PEOPLE = frozenset(
    {
        "accounts.claimrole", "accounts.membership", "accounts.organisation", "accounts.partnerclient",
        "accounts.place", "accounts.team", "accounts.trycount", "accounts.user", "audit.accesslog",
        "audit.caseevent", "capacity.zone", "notifications.message", "notifications.outbox",
        "referrals.decisioncount", "referrals.savedview", "referrals.triagerules", "timelimits.alarm",
        "timelimits.casecount", "timelimits.extrabankholiday", "timelimits.heartbeat",
        "timelimits.openingcalendar", "timelimits.policy",
    }
)  # fmt: skip
EMPTIED = frozenset(
    {
        "given_name", "called", "email", "postcode", "phone", "gp_practice", "location_postcode", "location_phone",
        "ring_back", "contact_phone", "mh_phone", "decision", "assessed_by", "support_given", "reasons", "consulted",
        "best_interests",
    }
)  # fmt: skip
"""Texts that become empty; all others say `STUB`, since many rules of the database ask for words where something is."""


def stub_name(day: date) -> str:
    """Return what stands for the name of somebody erased."""
    return f"{STUB} on {day.day} {day:%B %Y}"


def names_somebody(words: str, names: Iterable[str]) -> bool:
    """Say whether a text holds one of the names or numbers, however it is spaced."""
    held = "".join(words.split()).casefold()
    plain = ("".join(name.split()).casefold() for name in names)
    return any(len(name) > 2 and name in held for name in plain)
