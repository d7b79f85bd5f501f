"""Forms of the clock pages: parse what was typed; commands decide."""

from typing import Any

from django import forms

from accounts.fields import DayField
from accounts.forms import PersonChoice
from timelimits.domain import MISS_REASONS, ExtensionReason
from timelimits.models import Clock
from timelimits.presenters import reason_words

EXTENSION_WORDS = {
    ExtensionReason.REMAINING_POTENTIAL: "The person can still gain from this",
    ExtensionReason.CLINICALLY_NEEDED: "Clinically needed",
    ExtensionReason.AWAITING_ONWARD_CARE: "Waiting for onward care",
}


class MissedForm(forms.Form):
    """Why limits were missed: one reason for as many as are ticked."""

    clocks = forms.ModelMultipleChoiceField(
        label="Which", queryset=Clock.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    reason = forms.ChoiceField(label="Why", widget=forms.RadioSelect)
    note = forms.CharField(label="More", required=False, max_length=1000, widget=forms.Textarea)

    def __init__(self, *args: Any, rows: list[tuple[Clock, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        which = self.fields["clocks"]
        which.queryset = Clock.objects.filter(pk__in=[clock.pk for clock, _ in rows])  # type: ignore[attr-defined]
        which.choices = [(clock.pk, words) for clock, words in rows]  # type: ignore[attr-defined]
        self.fields["reason"].choices = [(r.value, words) for r, words in MISS_REASONS.items()]  # type: ignore[attr-defined]


class PauseForm(forms.Form):
    """Why a clock stands still, and who agreed."""

    reason = forms.ChoiceField(label="Why", widget=forms.RadioSelect)
    approver = PersonChoice(label="Agreed by", required=False)

    def __init__(self, *args: Any, reasons: tuple[str, ...], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["reason"].choices = [(code, reason_words(code)) for code in reasons]  # type: ignore[attr-defined]


class ExtendForm(forms.Form):
    """A later date, why, and who agreed."""

    new_due_on = DayField(label="New end date", help_text="It falls due at the end of this day")
    reason = forms.ChoiceField(
        label="Why", choices=[(r.value, words) for r, words in EXTENSION_WORDS.items()], widget=forms.RadioSelect
    )
    approver = PersonChoice(label="Agreed by", help_text="Somebody other than you")


class OverrideForm(forms.Form):
    """Lifting a block for safe care."""

    permission = forms.ChoiceField(label="What must be possible", widget=forms.RadioSelect)
    reason = forms.CharField(label="Why safe care needs this", max_length=1000, widget=forms.Textarea)
    hours = forms.IntegerField(label="For how many hours", help_text="72 at most", min_value=1, max_value=72)

    def __init__(self, *args: Any, permissions: list[str], **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [(code, reason_words(code.replace(".", " "))) for code in permissions]
        self.fields["permission"].choices = choices  # type: ignore[attr-defined]
