"""What comes in about an open referral after it was sent: how, and what it asks for. Pure."""

from enum import StrEnum


class Way(StrEnum):
    """How news came in."""

    PHONE = "phone"
    EMAIL = "email"
    IN_PERSON = "in_person"
    OWN_PAGE = "own_page"


WAY_WORDS = {
    Way.PHONE: "by telephone",
    Way.EMAIL: "by e-mail",
    Way.IN_PERSON: "in person",
    Way.OWN_PAGE: "on their own page",
}
NEWS = frozenset({"add_news", "tell", "ask_withdraw"})
"""The moves that bring news; each is looked at by whoever has the referral."""
MOST_NEWS = 1000
