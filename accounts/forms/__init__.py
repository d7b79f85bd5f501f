"""Forms of the account, people, rota and partner pages: parse what was typed; commands decide."""

from collections.abc import Callable
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from accounts.domain import ROLES, SCOPES, DayKind, Duty, ResetReason, Role, Scope
from accounts.forms.fields import ClockTimeField, DayField, london_instant
from accounts.models import Organisation, Team, User
from accounts.presenters import DAY_WORDS, DUTY_WORDS, RESET_WORDS, WEEKDAYS, sentence
from audit.refusals import RuleBroken, Stale

CHOOSE = [("", "Choose")]
STALE = "stale"
ONCE_MORE = "What you typed is below: look at what stands there now, then save it once more."
MINUTES_APART = ("to", "–", "-")


def accepted(form: forms.Form, act: Callable[[dict[str, Any]], object]) -> bool:
    """Run the command on a valid form; a broken rule becomes a fault of its field. Say whether it was done.

    What somebody else changed meanwhile is told above the form, which keeps what was typed.
    """
    if not form.is_valid():
        return False
    try:
        act(form.cleaned_data)
    except RuleBroken as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        return False
    except Stale as refusal:
        form.add_error(None, ValidationError(f"{refusal.message} {ONCE_MORE}", code=STALE))
        return False
    return True


def status_of(form: object) -> int:
    """Return the status of a page with this form: 422 when it says what is wrong, else 200. No form: 200.

    409 when somebody else changed it meanwhile.
    """
    if not (isinstance(form, forms.BaseForm) and form.is_bound and form.errors):
        return 200
    return Stale.status if form.has_error(NON_FIELD_ERRORS, STALE) else 422


if TYPE_CHECKING:  # the class takes no parameter when the program runs
    TeamField = forms.ModelChoiceField[Team]
    UserField = forms.ModelChoiceField[User]
else:
    TeamField = UserField = forms.ModelChoiceField


class TeamChoice(TeamField):
    """A team by name."""

    def __init__(self, **options: Any) -> None:
        super().__init__(queryset=Team.objects.order_by("name"), empty_label="Choose", **options)


class PersonChoice(UserField):
    """Somebody who can sign in, by name."""

    def __init__(self, **options: Any) -> None:
        super().__init__(queryset=User.objects.filter(is_active=True).order_by("name"), empty_label="Choose", **options)


def role_choices() -> list[tuple[str, str]]:
    """Return the roles that people may have."""
    return CHOOSE + [(str(role), row.label) for role, row in ROLES.items() if role != Role.PARTNER_SYSTEM]


def plain_text(label: str, longest: int = 120, required: bool = True, **attrs: str) -> forms.CharField:
    """Return a one-line text field."""
    return forms.CharField(label=label, max_length=longest, required=required, widget=forms.TextInput(attrs=attrs))


class PersonForm(forms.Form):
    """Who somebody is."""

    name = plain_text("Name")
    phone = plain_text("Telephone", 30, required=False, type="tel")


class RoleForm(forms.Form):
    """A role in a team between two dates."""

    team = TeamChoice(label="Team")
    role = forms.ChoiceField(
        label="Role", choices=role_choices, help_text="Somebody in a care home who refers needs the role Referrer too"
    )
    profession = plain_text("Profession", 60, required=False)
    starts_on = DayField(label="First day")
    ends_on = DayField(label="Last day", required=False, help_text="Leave empty if not known")


class InviteForm(PersonForm, RoleForm):
    """A new account with its first role."""

    email = forms.EmailField(label="Work e-mail address", max_length=254)
    field_order = ("name", "email", "phone", "team", "role", "profession", "starts_on", "ends_on")


class LastDayForm(forms.Form):
    """When a role or a repeating shift ends."""

    ends_on = DayField(label="Last day")


class ResetFactorForm(forms.Form):
    """Why a second factor is taken away, and that the person was recognised."""

    reason = forms.ChoiceField(
        label="Why", choices=[(str(key), words) for key, words in RESET_WORDS.items()], widget=forms.RadioSelect
    )
    checked = forms.BooleanField(label="I have checked who is asking, by voice or in person")

    def clean_reason(self) -> ResetReason:
        """Return the coded reason."""
        return ResetReason(self.cleaned_data["reason"])


def _periods(words: str) -> list[tuple[time, time]]:
    """Read "08:00 to 12:00, 13:00 to 20:00"."""
    reader = ClockTimeField(required=True)
    found = []
    for part in filter(None, (part.strip() for part in words.split(","))):
        split = next((part.split(word) for word in MINUTES_APART if word in part), [part])
        if len(split) != 2:
            raise ValidationError("Write it like 08:00 to 20:00", code="not_hours")
        opens, closes = (reader.clean(one) for one in split)
        found.append((opens, closes))
    return found


class HoursForm(forms.Form):
    """A week of opening hours, one line for each day."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, words in enumerate(WEEKDAYS):
            self.fields[f"day_{number}"] = plain_text(words, 60, required=False)

    def clean(self) -> dict[str, Any]:
        """Turn the lines into periods (weekday, opens, closes)."""
        cleaned, periods = super().clean() or {}, []
        for number in range(len(WEEKDAYS)):
            try:
                periods += [(number, *period) for period in _periods(cleaned.get(f"day_{number}", ""))]
            except ValidationError as fault:
                self.add_error(f"day_{number}", fault)
        return cleaned | {"periods": periods}


class PatternForm(forms.Form):
    """A repeating shift."""

    user = PersonChoice(label="Who")
    duty = forms.ChoiceField(
        label="Duty", choices=CHOOSE + [(str(key), sentence(words)) for key, words in DUTY_WORDS.items()]
    )
    day_kind = forms.ChoiceField(
        label="Days", choices=CHOOSE + [(str(key), sentence(words)) for key, words in DAY_WORDS.items()]
    )
    begins = ClockTimeField(label="From")
    ends = ClockTimeField(label="To", help_text="Earlier than it begins means the next morning")
    valid_from = DayField(label="First day")

    def clean(self) -> dict[str, Any]:
        """Turn codes into members."""
        cleaned = super().clean() or {}
        for name, enum in (("duty", Duty), ("day_kind", DayKind)):
            if cleaned.get(name):
                cleaned[name] = enum(cleaned[name])
        return cleaned


class SpanForm(forms.Form):
    """From one London wall time to another. A time that came twice must be said with BST or GMT."""

    starts_day = DayField(label="From day")
    starts_time = ClockTimeField(label="From time")
    ends_day = DayField(label="To day")
    ends_time = ClockTimeField(label="To time")
    second = forms.ChoiceField(
        label="If the clocks went back",
        choices=[("", "Not that night"), ("bst", "Before, BST"), ("gmt", "After, GMT")],
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        """Add the instants starts_at and ends_at."""
        cleaned = super().clean() or {}
        for end in ("starts", "ends"):
            self._instant(cleaned, end)
        return cleaned

    def _instant(self, cleaned: dict[str, Any], end: str) -> None:
        day: date | None = cleaned.get(f"{end}_day")
        at: time | None = cleaned.get(f"{end}_time")
        if day is None or at is None:
            return
        word = cleaned.get("second")
        try:
            found: datetime = london_instant(day, at, {"bst": False, "gmt": True}.get(word or ""))
        except ValidationError as fault:
            self.add_error(f"{end}_time", fault)
            return
        cleaned[f"{end}_at"] = found


class ShiftForm(SpanForm):
    """A single shift."""

    user = PersonChoice(label="Who")
    duty = forms.ChoiceField(
        label="Duty", choices=CHOOSE + [(str(key), sentence(words)) for key, words in DUTY_WORDS.items()]
    )
    field_order = ("user", "duty")

    def clean_duty(self) -> Duty:
        """Return the member."""
        return Duty(self.cleaned_data["duty"])


class CoverForm(SpanForm):
    """Who answers for somebody who is away."""

    user = PersonChoice(label="Who is away")
    covered_by = PersonChoice(label="Who covers")
    field_order = ("user", "covered_by")


class PartnerForm(forms.Form):
    """A partner system."""

    name = plain_text("Name of the system")
    organisation = forms.ModelChoiceField(
        label="Organisation", queryset=Organisation.objects.order_by("name"), empty_label="Choose"
    )
    scopes = forms.MultipleChoiceField(
        label="What it may do",
        choices=[(str(scope), words) for scope, (words, _) in SCOPES.items()],
        widget=forms.CheckboxSelectMultiple,
    )

    def clean_scopes(self) -> list[Scope]:
        """Return the members."""
        return [Scope(scope) for scope in self.cleaned_data["scopes"]]
