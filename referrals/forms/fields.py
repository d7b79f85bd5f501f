"""What these forms share: coded lists as choices, typed times, and a refusal put at its field."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Self

from django import forms
from django.utils.datastructures import MultiValueDict

from accounts.domain.rota import LONDON
from accounts.queries import code_lists
from audit.domain import Actor
from audit.refusals import Refusal
from referrals.domain.typed import TwoTimes, read_future, read_past
from timelimits.domain.local_time import time_words

Choices = Iterable[tuple[str, str]]
YES_NO_NOT_KNOWN = (("yes", "Yes"), ("no", "No"), ("not_known", "Not known"))
TELL = {"yes": True, "no": False}
WHICH = "_which"


def radios(label: str, choices: Choices = (), *, missing: str = "Choose one", **options: Any) -> forms.ChoiceField:
    """Return a field of radio buttons; `missing` is said when nothing was chosen."""
    return forms.ChoiceField(
        label=label, choices=choices, widget=forms.RadioSelect, error_messages={"required": missing}, **options
    )


def chooser(label: str, *, missing: str = "Choose one", **options: Any) -> forms.ChoiceField:
    """Return a list to choose from, filled by `lists` of the form."""
    return forms.ChoiceField(label=label, error_messages={"required": missing}, **options)


def chosen(words: Mapping[Any, str]) -> list[tuple[str, str]]:
    """Return the entries of a list to choose from, nothing chosen first."""
    return [("", "Choose"), *((str(code), text) for code, text in words.items())]


def words(label: str, length: int, *, missing: str = "Enter this", **options: Any) -> forms.CharField:
    """Return a line of text of at most `length` characters."""
    return forms.CharField(label=label, max_length=length, error_messages={"required": missing}, **options)


def telling(label: str, length: int, rows: int = 3, *, missing: str = "Enter this", **options: Any) -> forms.CharField:
    """Return a box of text of at most `length` characters."""
    box = forms.Textarea(attrs={"rows": rows, "maxlength": length})
    return forms.CharField(label=label, max_length=length, widget=box, error_messages={"required": missing}, **options)


def moment(label: str, **options: Any) -> forms.CharField:
    """Return a typed time: "14:10", "14:10 yesterday". Read by TypedForm.clean; asks which, if it came twice."""
    return forms.CharField(label=label, max_length=40, required=options.pop("required", False), **options)


class TypedForm(forms.Form):
    """A form whose coded lists come from the place and whose typed times are read as they are meant.

    `lists`: field → coded list of the place, stored as codes; `spoken`: field → coded list, stored as its words.
    `past` and `future` name the fields that hold typed times; each may be asked once more: the first or the second.
    """

    lists: Mapping[str, str] = {}
    spoken: Mapping[str, str] = {}
    past: tuple[str, ...] = ()
    future: tuple[str, ...] = ()
    at_field: Mapping[str, str] = {}

    def __init__(self, *args: Any, now: datetime, by: Actor | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.now = now
        self.by = by
        self.fill_lists()
        for name in (*self.past, *self.future):
            which = radios("Which one?", (("first", "First"), ("second", "Second")), required=False)
            self.fields[f"{name}{WHICH}"] = which

    def fill_lists(self) -> None:
        """Read every coded list that the form needs, once."""
        wanted = {**self.lists, **self.spoken}
        held = code_lists(*set(wanted.values())) if wanted else {}
        for name, list_name in wanted.items():
            open_codes = [code for code in held[list_name] if not code.extra.get("retired")]
            choices = [(c.words if name in self.spoken else c.code, c.words) for c in open_codes]
            field = self.fields[name]
            if type(field.widget) is forms.Select:
                choices.insert(0, ("", "Choose"))
            field.choices = choices  # type: ignore[attr-defined]

    @classmethod
    def as_left(cls, typed: dict[str, list[str]], started_at: datetime, now: datetime) -> Self:
        """Return the form as it was left. A time typed on an earlier day is given its day, so that it stays true."""
        form, held = cls(now=now), MultiValueDict(typed)
        form.initial = {
            name: field.widget.value_from_datadict(held, MultiValueDict(), name)
            for name, field in form.fields.items()
            if name in held or not isinstance(field, forms.UUIDField)
        }
        day = started_at.astimezone(LONDON)
        received = str(form.initial.get("received") or "")
        if day.date() != now.astimezone(LONDON).date() and len(received.split()) == 1:
            form.initial["received"] = f"{received} {day.day}/{day.month}/{day.year}"
        return form

    def clean(self) -> dict[str, Any]:
        """Read the typed times."""
        super().clean()
        for name in (*self.past, *self.future):
            if name in self.cleaned_data:
                self.cleaned_data[name] = self._read_time(name)
        return self.cleaned_data

    def _read_time(self, name: str) -> datetime | None:
        read = read_past if name in self.past else read_future
        chosen = self.cleaned_data.get(f"{name}{WHICH}")
        try:
            found = read(self.cleaned_data[name], self.now, chosen == "second" if chosen else None)
        except ValueError as wrong:
            self.add_error(name, str(wrong))
            return None
        if isinstance(found, TwoTimes):
            self._ask_which(name, found)
            return None
        return found

    def _ask_which(self, name: str, found: TwoTimes) -> None:
        which = f"{name}{WHICH}"
        choices = (
            ("first", f"The first, {time_words(found.first)}"),
            ("second", f"The second, {time_words(found.second)}"),
        )
        self.fields[which].choices = choices  # type: ignore[attr-defined]
        self.fields[which].label = f"“{self.cleaned_data[name]}” came twice that night. Which one?"
        self.add_error(which, "The clocks went back: say which one")

    def keep_to(self, longest: int, name: str, text: str) -> None:
        """Put a fault at a field when the text that would be kept is longer than there is room for: nothing is cut."""
        if len(text) > longest:
            self.add_error(name, f"Use at most {longest} letters; this has {len(text)}")

    def refuse(self, refusal: Refusal) -> bool:
        """Put a refusal at the field it names and return True; False when it names none of this form."""
        name = self.at_field.get(refusal.field, refusal.field)
        if name not in self.fields:
            return False
        self.add_error(name, refusal.message)
        return True


class VersionedForm(TypedForm):
    """A form that acts on a row: it carries the version of the row that was looked at."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def keep(self, typed: MultiValueDict[str, str]) -> None:
        """Show what was typed in a form that comes again; what is not offered any more is not chosen."""
        for name, field in self.fields.items():
            value = field.widget.value_from_datadict(typed, MultiValueDict(), name) if typed else None
            choices = getattr(field, "choices", None)
            told = set(value) if isinstance(value, list) else {value}
            offered = choices is None or told <= {str(code) for code, _ in choices}
            if value is not None and offered and not field.widget.is_hidden:
                self.initial[name] = value

    @property
    def seen(self) -> int | None:
        """Return the version that the user was looking at."""
        found: int | None = self.cleaned_data.get("version")
        return found

    def values(self) -> dict[str, Any]:
        """Return what the command takes; nothing where nothing is typed."""
        return {}


def joined(*parts: str) -> str:
    """Return what was chosen and what was typed as one text: "The person got worse: not eating"."""
    return ": ".join(part.strip() for part in parts if part and part.strip())
