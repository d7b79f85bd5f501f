"""Subject access: how long one has, what may tell of somebody else, what is never handed out. Pure."""

from calendar import monthrange
from datetime import date, timedelta
from enum import StrEnum

KEPT = timedelta(days=30)
"""How long a release can be fetched."""
ABANDONED = timedelta(days=180)
"""After how long what was gathered and never released is deleted."""
FREE_WORDS = 200
"""A text field of at least so many characters holds free words, which may name somebody else."""


class Decision(StrEnum):
    """What a second person says of a row that may tell of somebody else."""

    RELEASE = "release"
    WITHHOLD = "withhold"


# Fields that tell of somebody else, or that only they gave. A row in which one is filled is looked at. "*": every row
OF_OTHERS: dict[str, frozenset[str]] = {
    "referrals.relatedperson": frozenset({"*"}),
    "referrals.informationgiven": frozenset({"*"}),
    "referrals.knownto": frozenset({"*"}),
    "referrals.worry": frozenset({"*"}),
    "referrals.legalhold": frozenset({"*"}),
    "accounts.restriction": frozenset({"*"}),
    "accounts.breakglass": frozenset({"*"}),
    "referrals.referral": frozenset(
        {"caller_name", "caller_relationship", "ring_back", "contact_name", "contact_phone", "who_is_with_them"}
    ),
    "referrals.attachment": frozenset({"*"}),
}
# Tables that serve the system and say nothing of the person that is not elsewhere
NOT_GIVEN = frozenset(
    {
        "referrals.personkeys", "referrals.keysafecode", "referrals.possibleduplicate", "referrals.subjectaccess",
        "referrals.disclosureitem", "timelimits.casedeadline", "timelimits.closed", "accounts.caseaccess",
        "accounts.restrictedcase", "referrals.mergerow",
    }
)  # fmt: skip
OF_STAFF = frozenset({"actor_role"})
"""Long text fields in which the system writes, not a person."""
SECRET = frozenset({"stored_as", "digest", "sent_id", "form_id"})


def answer_by(asked: date) -> date:
    """Return the day by which the answer is due: the same day of the next month, or its last."""
    year, month = divmod(asked.year * 12 + asked.month, 12)
    return date(year, month + 1, min(asked.day, monthrange(year, month + 1)[1]))


def tells_of_others(part: str, filled: frozenset[str], free: frozenset[str]) -> bool:
    """Say whether a row must be looked at: a field of others is filled, or one that holds free words."""
    own = OF_OTHERS.get(part, frozenset())
    return "*" in own or bool(own & filled) or bool(free & filled)
