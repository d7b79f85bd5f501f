"""One short form for each section and kind of row of a person's record, made from the table that names their fields."""

from collections.abc import Mapping
from textwrap import wrap
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from accounts.forms.fields import DayField
from referrals.domain.sections import Field, Kind, RowKind, Section
from referrals.forms.call import PHONE
from referrals.forms.fields import VersionedForm, chooser, radios, telling, words

NOT_ASKED = "not_asked"
FEW = 4
LONGEST_ADDRESS = 1000
WIDGETS = {"phone": PHONE, "email": {"type": "email"}, "nhs_number": {"inputmode": "numeric"}}
Lists = Mapping[str, Mapping[str, str]]


class RecordForm(VersionedForm):
    """The fields of one section or row. Nothing is needed but what a row makes no sense without."""

    def __init__(self, *args: Any, shape: Section | RowKind, lists: Lists, **options: Any) -> None:
        self.shape = shape
        super().__init__(*args, **options)
        for each in shape.fields:
            self.fields[each.name] = _field(each, lists.get(each.name, {}))

    @property
    def asked(self) -> list[forms.BoundField]:
        """Return the fields in the order of the table."""
        return [self[each.name] for each in self.shape.fields]

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        return {each.name: _value(each, self.cleaned_data.get(each.name)) for each in self.shape.fields}

    def from_draft(self, typed: Mapping[str, list[str]]) -> dict[str, Any]:
        """Return what was typed and not sent, field by field, to begin with."""
        held = MultiValueDict({name: list(values) for name, values in typed.items()})
        return {
            each.name: self.fields[each.name].widget.value_from_datadict(held, MultiValueDict(), each.name)
            for each in self.shape.fields
        }


def shown_values(shape: Section | RowKind, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a row as its form shows them."""
    found = dict(values)
    for each in shape.fields:
        if each.kind is Kind.LINES:
            found[each.name] = "\n".join(values[each.name])
        elif each.kind is Kind.ONE and not values[each.name] and not each.needed:
            found[each.name] = NOT_ASKED
    return found


def _field(each: Field, listed: Mapping[str, str]) -> forms.Field:
    missing = f"{each.label}: enter this"
    shared: dict[str, Any] = {"required": each.needed, "help_text": each.hint}
    match each.kind:
        case Kind.ONE:
            return _one(each, listed, shared)
        case Kind.MANY:
            choices = [*listed.items(), *((entry.code, entry.words) for entry in each.entries)]
            return forms.MultipleChoiceField(
                label=each.label,
                choices=choices,
                widget=forms.CheckboxSelectMultiple,
                error_messages={"required": "Choose at least one"},
                **shared,
            )
        case Kind.DAY:
            return DayField(label=each.label, **shared)
        case Kind.TEXT:
            return telling(each.label, each.longest, 4, missing=missing, **shared)
        case Kind.LINES:
            return telling(each.label, LONGEST_ADDRESS, 4, missing=missing, **shared)
        case Kind.LINE:
            widget = forms.TextInput(attrs=WIDGETS.get(each.name, {}))
            return words(each.label, each.longest, missing=missing, widget=widget, **shared)


def _one(each: Field, listed: Mapping[str, str], shared: dict[str, Any]) -> forms.Field:
    choices = [*listed.items(), *((str(entry.code), entry.words) for entry in each.entries)]
    if each.needed:
        make = radios if len(choices) <= FEW + 1 else chooser
        first = [] if make is radios else [("", "Choose")]
        return make(each.label, choices=[*first, *choices], missing="Choose one", **shared)
    unasked = (NOT_ASKED, "Everybody" if each.name == "organisation" else "Not asked yet")
    make = radios if len(choices) <= FEW else chooser
    return make(each.label, choices=[unasked, *choices], initial=NOT_ASKED, **shared)


def _value(each: Field, given: Any) -> Any:
    if each.kind is Kind.LINES:
        return [part for line in str(given or "").splitlines() for part in wrap(line.strip(), each.longest)]
    if each.kind is Kind.ONE:
        return "" if given in (None, NOT_ASKED) else given
    return given


class KeySafeForm(VersionedForm):
    """The code of the key safe. What is held is never shown here: it is written anew."""

    code = words(
        "Key-safe code", 20, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Leave empty to take the code away.",
    )  # fmt: skip

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        return {"code": self.cleaned_data["code"]}


class StrikeForm(VersionedForm):
    """Why something is wrong."""

    reason = telling("What is wrong with it", 200, 2, missing="Say what is wrong with it")

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        return {"reason": self.cleaned_data["reason"]}
