"""Forms of what is new about a referral."""

from typing import Any

from referrals.domain import WAY_WORDS, Way
from referrals.forms.fields import VersionedForm, moment, radios, telling, words

WAYS = tuple((way, text[0].upper() + text[1:]) for way, text in WAY_WORDS.items() if way is not Way.OWN_PAGE)
LONGEST = 850


class NewsForm(VersionedForm):
    """Who said what, how and when."""

    past = ("said_at",)
    at_field = {"words": "news"}

    said_by = words("Who said it", 120, missing="Enter who said it, like: Jo, the daughter")
    way = radios("How it came in", WAYS, missing="Choose how it came in")
    said_at = moment("When")
    news = telling("What is new", LONGEST, missing="Write down what is new")

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        told = self.cleaned_data
        return {"words": told["news"], "said_by": told["said_by"], "said_at": told["said_at"], "way": Way(told["way"])}


class TellForm(VersionedForm):
    """What the referrer tells."""

    at_field = {"words": "news", "reason": "news"}

    news = telling("What is new", LONGEST, 4, missing="Write what is new")

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        return {"words": self.cleaned_data["news"]}


class TakeBackForm(VersionedForm):
    """Why the referrer no longer wants it."""

    at_field = {"words": "news", "reason": "news"}

    news = telling("Why", 500, 3, missing="Say why, in a few words")

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        return {"words": self.cleaned_data["news"]}
