"""What is asked on pages that reach across apps: two records, a restriction, a death, a shift."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms

from accounts.domain import BREAK_REASONS, RESTRICT_REASONS
from accounts.forms.fields import offer
from casework.commands.saved_views import LONGEST_NAME
from casework.commands.shifts import LONGEST_NOTE
from casework.queries.restricted import colleagues
from referrals.commands.shifts import LONGEST_WHY
from referrals.domain.erasures import EARLY, ERASURE_REASONS
from referrals.forms.fields import VersionedForm, chooser, chosen, radios, telling, words

DAYS = ["%d/%m/%Y", "%Y-%m-%d", "%d %m %Y", "%d.%m.%Y", "%d %B %Y", "%d %b %Y", "%d/%m/%y"]
Questions = Iterable[tuple[str, str, list[tuple[str, str]]]]


class MergeForm(forms.Form):
    """How somebody knows that it is one person, and what stands where the two records differ.

    `seen` is the mark of the preview they looked at; `asked` are the questions: key, words, what can be chosen.
    """

    seen = forms.CharField(max_length=16, required=False, widget=forms.HiddenInput)
    reason = telling("How do you know that it is one person?", 300, 2, missing="Say how you know")

    def __init__(self, *args: Any, asked: Questions = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.asked = [key for key, _, _ in asked]
        for key, label, choices in asked:
            self.fields[key] = radios(label, choices, missing=f"{label}: choose what stands")

    def questions(self) -> list[Any]:
        """Return the fields of what differs."""
        return [self[key] for key in self.asked]

    def values(self) -> dict[str, Any]:
        """Return what was told, as the command takes it."""
        told = self.cleaned_data
        return {"seen": told["seen"], "reason": told["reason"], "answers": {key: told[key] for key in self.asked}}


class UnmergeForm(forms.Form):
    """How somebody knows that they are two people."""

    reason = telling("How do you know that they are two people?", 300, 2, missing="Say how you know")


class SaveViewForm(forms.Form):
    """The name of a view of the board."""

    name = words("Name", LONGEST_NAME, missing="Give it a name", help_text="Like: Crosby, nobody has it")
    first = forms.BooleanField(label="Open the board with it", required=False)


class TakeBackDecisionForm(VersionedForm):
    """Why a decision is taken back."""

    reason = telling("Why it is taken back", 900, 2, missing="Say why, in a few words")

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        return {"reason": self.cleaned_data["reason"]}


class BreakGlassForm(forms.Form):
    """Why a restricted record is opened by somebody who is not named on it."""

    reason = chooser("Why do you need to open it?", choices=chosen(BREAK_REASONS), missing="Choose why you open it")
    words = telling("In your own words", 300, 2, missing="Say why you open it")


class NamedForm(forms.Form):
    """Who keeps sight of a restricted record beside the teams that answer for the person: teams, single colleagues."""

    teams = forms.MultipleChoiceField(
        label="Which other teams keep sight of it?", required=False, widget=forms.CheckboxSelectMultiple
    )
    people = telling(
        "Which colleagues, by themselves?",
        2000,
        3,
        required=False,
        help_text="Their e-mail addresses, one on each line",
    )

    def __init__(self, *args: Any, teams: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        offer(self, "teams", teams)

    def clean_people(self) -> list[UUID]:
        """Return the ids of the colleagues. An address that is nobody's is told, so that nobody is left out unseen."""
        told = self.cleaned_data["people"].replace(",", " ").split()
        found = colleagues(told)
        if unknown := [each for each in told if each not in found]:
            raise forms.ValidationError(f"Nobody here has this e-mail address: {', '.join(unknown)}")
        return list(found.values())

    def values(self) -> dict[str, Any]:
        """Return what was told, as the command takes it."""
        told = self.cleaned_data
        return {"team_ids": [UUID(key) for key in told["teams"]], "user_ids": told["people"]}


class RestrictForm(NamedForm):
    """Why a record is restricted, and who keeps sight of it."""

    reason = chooser("Why?", choices=chosen(RESTRICT_REASONS), missing="Choose why it is restricted")
    words = telling("In your own words", 300, 2, missing="Say why it is restricted")

    def values(self) -> dict[str, Any]:
        """Return what was told, as the command takes it."""
        return super().values() | {"reason": self.cleaned_data["reason"], "words": self.cleaned_data["words"]}


class DeathForm(forms.Form):
    """When somebody died, and who told us."""

    died_on = forms.DateField(
        label="When did they die?",
        help_text="For example 4/3/2026",
        input_formats=DAYS,
        widget=forms.TextInput,
        error_messages={"required": "Enter the day", "invalid": "Enter the day as 4/3/2026"},
    )
    told_by = words("Who told us?", 120, missing="Say who told us")


class StrikeDeathForm(forms.Form):
    """What is wrong with a death that was recorded."""

    reason = telling("What is wrong with it?", 300, 2, missing="Say what is wrong with it")


class HandOverForm(forms.Form):
    """What the next shift should know beside the lists."""

    note = telling("What the next shift should know", LONGEST_NOTE, 4, required=False)


class WorryForm(VersionedForm):
    """Why somebody is worried about."""

    why = telling("What are you worried about?", LONGEST_WHY, 3, missing="Say what you are worried about")

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        return {"why": self.cleaned_data["why"]}


class AccessForm(forms.Form):
    """Who asks to see what is held about somebody."""

    asked_by = forms.CharField(
        label="Who asks, and how do you know that they may?",
        max_length=200,
        help_text="Such as “herself, passport seen” or “son, attorney for health and welfare, paper seen”",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class HoldForm(forms.Form):
    """Why a record must be kept, and when somebody looks whether that is still so."""

    why = telling(
        "Why must it be kept?",
        300,
        2,
        missing="Say why the record must be kept",
        help_text="Such as a claim, an inquest, an inquiry",
    )
    review_on = forms.DateField(
        label="When is this looked at again?",
        help_text="For example 4/3/2027",
        input_formats=DAYS,
        widget=forms.TextInput,
        error_messages={"required": "Enter the day", "invalid": "Enter the day as 4/3/2027"},
    )


class LiftHoldForm(forms.Form):
    """Why a legal hold is not needed any more."""

    reason = telling("Why is it not needed any more?", 300, 2, missing="Say why it is not needed any more")


class EraseForm(forms.Form):
    """Why a record is erased. Reasons that do not wait for the time of keeping are a privacy officer's."""

    reason = forms.ChoiceField(
        label="Why may it be erased?", widget=forms.RadioSelect, error_messages={"required": "Choose why"}
    )
    words = telling(
        "What shows that?",
        300,
        2,
        missing="Say what shows that",
        help_text="Such as the court and the date of its order. These words are kept: do not name the person",
    )

    def __init__(self, *args: Any, early: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        offer(self, "reason", [(code, said) for code, said in ERASURE_REASONS.items() if early or code not in EARLY])


class AgreeErasureForm(forms.Form):
    """How many rows the second person saw in the preview."""

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)


class RefuseErasureForm(forms.Form):
    """Why a record is not erased."""

    why = telling("Why not?", 300, 2, missing="Say why not", help_text="Do not name the person")
