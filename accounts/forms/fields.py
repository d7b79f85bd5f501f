"""Form fields of the whole service: a date in three boxes, a London time that exists, and exists once."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.domain.far import FIRST_YEAR, LAST_YEAR
from accounts.domain.rota import LONDON


def offer(form: forms.BaseForm, name: str, choices: Iterable[tuple[Any, Any]]) -> None:
    """Set what a field of choices offers."""
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField | forms.ModelChoiceField)  # noqa: S101  (a fault of the form's class)
    field.choices = list(choices)


class DayInput(forms.MultiWidget):
    """Day, month, year as three boxes."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__([forms.TextInput(), forms.TextInput(), forms.TextInput()], attrs)

    def decompress(self, value: date | None) -> list[int | None]:
        """Split a date for the three boxes."""
        return [value.day, value.month, value.year] if value else [None, None, None]


class DayField(forms.MultiValueField):
    """A calendar date typed as three numbers. Refuses days that do not exist and years out of 1900 to 2200."""

    def __init__(self, **options: Any) -> None:
        box = forms.CharField(required=False, max_length=4)
        options.setdefault("error_messages", {}).setdefault("required", "Enter the date")
        super().__init__(fields=[box, box, box], widget=DayInput(), require_all_fields=False, **options)

    def compress(self, parts: list[str]) -> date | None:
        """Join the three boxes."""
        if not any(parts):
            return None
        try:
            day, month, year = (int(part) for part in parts)
            found = date(year, month, day)
        except ValueError:
            raise ValidationError("Enter a real date, like 4 3 1947", code="not_a_date") from None
        if not FIRST_YEAR <= found.year <= LAST_YEAR:
            raise ValidationError("Enter the year with four figures", code="not_a_date")
        return found


CLOCK_TIME = re.compile(r"([0-9]{1,2})[:.]?([0-9]{2})")


class ClockTimeField(forms.CharField):
    """A time on a 24-hour clock: 9:30, 09.30 or 0930. "8" is refused: it is not eight minutes past midnight."""

    def to_python(self, value: Any) -> time | None:  # type: ignore[override]
        """Return a wall time, or refuse what is not one."""
        words = str(value or "").strip()
        if not words:
            return None
        found = CLOCK_TIME.fullmatch(words)
        if found is None:
            raise ValidationError("Enter a time like 09:30", code="not_a_time")
        try:
            return time(int(found[1]), int(found[2]))
        except ValueError:
            raise ValidationError("Enter a time like 09:30, from 00:00 to 23:59", code="not_a_time") from None

    def prepare_value(self, value: Any) -> Any:
        """Show a stored time as hours and minutes."""
        return f"{value:%H:%M}" if isinstance(value, time) else value


def london_instant(day: date, at: time, second_of_two: bool | None = None) -> datetime:
    """Return the instant of a London wall time, in UTC: two hours after it are two hours, whatever the clocks do.

    A time skipped in spring is refused (not_on_clock); one that happens twice in autumn is refused (happens_twice)
    until `second_of_two` says which: False before the change (BST), True after it (GMT).
    """
    first = datetime.combine(day, at, tzinfo=LONDON)
    second = first.replace(fold=1)
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    if first.utcoffset() < second.utcoffset():  # type: ignore[operator]  # both are aware
        raise ValidationError(f"There was no {at:%H:%M} that night: the clocks went forward", code="not_on_clock")
    if second_of_two is None:
        raise ValidationError(f"{at:%H:%M} came twice that night. Say BST or GMT", code="happens_twice")
    return (second if second_of_two else first).astimezone(UTC)
