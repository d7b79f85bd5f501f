"""Forms of the clock pages: parse what was typed; commands decide."""

from typing import Any
from uuid import uuid4

from django import forms

from accounts.forms import PersonChoice
from accounts.forms.fields import ClockTimeField, DayField, london_instant, offer
from timelimits.domain import CORRECTION_REASONS, MISS_REASONS, CorrectionReason, ExtensionReason
from timelimits.models import Clock, Policy
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
        offer(self, "clocks", [(clock.pk, words) for clock, words in rows])
        offer(self, "reason", [(r.value, words) for r, words in MISS_REASONS.items()])


class PauseForm(forms.Form):
    """Why a clock stands still, and who agreed."""

    reason = forms.ChoiceField(label="Why", widget=forms.RadioSelect)
    approver = PersonChoice(
        label="Agreed by", required=False, help_text="Somebody else who may pause it. They get a message"
    )

    def __init__(self, *args: Any, reasons: tuple[str, ...], **options: Any) -> None:
        super().__init__(*args, **options)
        offer(self, "reason", [(code, reason_words(code)) for code in reasons])


class ExtendForm(forms.Form):
    """A later date, why, and who agreed."""

    new_due_on = DayField(label="New end date", help_text="It falls due at the end of this day")
    reason = forms.ChoiceField(
        label="Why", choices=[(r.value, words) for r, words in EXTENSION_WORDS.items()], widget=forms.RadioSelect
    )
    approver = PersonChoice(label="Who is to agree", help_text="A lead other than you. They get a message")


class CorrectStartForm(forms.Form):
    """When a clock should have started, and why it did not. A time that came twice is asked for by BST or GMT."""

    day = DayField(label="Day it should have started")
    at = ClockTimeField(
        label="Time", help_text="24-hour clock, like 09:30", error_messages={"required": "Enter the time"}
    )
    which = forms.ChoiceField(
        label="If the clocks went back that night", required=False,
        choices=[("", "They did not"), ("bst", "Before they went back (BST)"), ("gmt", "After (GMT)")],
    )  # fmt: skip
    reason = forms.ChoiceField(
        label="Why",
        choices=[(r.value, words) for r, words in CORRECTION_REASONS.items() if r is not CorrectionReason.RULE_CHANGED],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose why"},
    )

    def clean(self) -> dict[str, Any]:
        """Put the instant beside day and time."""
        told = self.cleaned_data
        if told.get("day") and told.get("at"):
            second = {"bst": False, "gmt": True}.get(told.get("which", ""))
            try:
                told["started_at"] = london_instant(told["day"], told["at"], second)
            except forms.ValidationError as fault:
                self.add_error("at", fault)
        return told


class RebaseForm(forms.Form):
    """Which version of its limit a clock is measured by, and why."""

    policy_id = forms.TypedChoiceField(
        label="Measure it by", coerce=int, widget=forms.RadioSelect, error_messages={"required": "Choose a version"}
    )
    reason = forms.ChoiceField(
        label="Why",
        choices=[(r.value, words) for r, words in CORRECTION_REASONS.items()],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose why"},
    )

    def __init__(self, *args: Any, versions: list[Policy], **options: Any) -> None:
        super().__init__(*args, **options)
        offer(self, "policy_id", [(row.pk, f"Version {row.version}: {row.title}") for row in versions])


class RefuseForm(forms.Form):
    """Why a second person says no."""

    note = forms.CharField(
        label="If you refuse: why",
        max_length=1000,
        widget=forms.Textarea,
        error_messages={"required": "Say why, in a few words"},
    )


class OverrideForm(forms.Form):
    """Lifting a block for safe care. `form_id` makes one override of one form, however often it is sent."""

    form_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    permission = forms.ChoiceField(label="What must be possible", widget=forms.RadioSelect)
    reason = forms.CharField(label="Why safe care needs this", max_length=1000, widget=forms.Textarea)
    hours = forms.IntegerField(label="For how many hours", help_text="72 at most", min_value=1, max_value=72)

    def __init__(self, *args: Any, permissions: list[str], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["form_id"].initial = uuid4
        offer(self, "permission", [(code, reason_words(code.replace(".", " "))) for code in permissions])
