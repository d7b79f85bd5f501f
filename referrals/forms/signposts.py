"""What became of somebody sent elsewhere."""

from typing import Any

from referrals.domain import RESULT_WORDS, SignpostResult
from referrals.forms.fields import VersionedForm, radios, telling

TRIED = "tried"


class ResultForm(VersionedForm):
    """A result, or that we tried and do not know yet."""

    result = radios(
        "What became of them",
        ((TRIED, "Tried, not known yet"), *((str(code), words) for code, words in RESULT_WORDS.items())),
        missing="Choose what became of them",
    )
    note = telling("In a few words", 1000, 2, required=False)

    def values(self) -> dict[str, Any]:
        """Return what the commands take; result None is another try."""
        told = self.cleaned_data
        result = None if told["result"] == TRIED else SignpostResult(told["result"])
        return {"result": result, "note": told["note"]}
