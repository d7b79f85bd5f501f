"""Add what was missing: the questions of the call once more, what is missing first, as they were answered."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.safestring import SafeString, mark_safe

from accounts.forms.fields import DayField
from referrals.domain import (
    BED_WORDS,
    PLANNED_WORDS,
    TRIGGER_WORDS,
    UCR_NEEDS,
    WOULD_BE_WORDS,
    Agrees,
    Answer,
    clean_nhs_number,
)
from referrals.domain.typed import read_address
from referrals.forms.call import AGREEMENT, FLAG, KNOWN_YET, PHONE, PLACES, suggesting
from referrals.forms.fields import TELL, YES_NO_NOT_KNOWN, VersionedForm, chooser, chosen, radios, words

FIELDS_OF: Mapping[str, tuple[str, ...]] = {
    "address": ("where", "address"),
    "phone": ("ring_back",),
    "trigger": ("trigger", "needs"),
    "birth": ("born_on",),
    "hospital": ("hospital_site", "hospital_ward"),
}
"""The fields that answer what is missing, where they are called otherwise."""
OF_RECORD = {"nhs_number": "nhs_number", "gp_practice": "gp_practice", "birth": "born_on"}
AS_TYPED = (
    "access", "who_is_with_them", "ring_back", "reason", "trigger", "needs", "would_be", "planned_reason", "bed_ground",
    "hospital_site", "hospital_ward", "ready_on",
)  # fmt: skip
SAID_ONE_BY_ONE = frozenset({"version", "ready_on", "born_on"})  # hold no first value of their own on the page


def _first(name: str) -> str:
    """Return under which name the page holds what a field said when it was opened."""
    return f"initial-{name}"


def _said(typed: MultiValueDict[str, str], name: str) -> list[str]:
    return [value for value in typed.getlist(name) if value]


class FillInForm(VersionedForm):
    """What was told of a referral, to be completed. Only what was changed on the page is written."""

    lists = {"reason": "referral_reasons"}

    agrees = radios("Agrees to us coming", AGREEMENT, required=False)
    medically_stable = radios("Medically stable", KNOWN_YET, required=False)
    medicines_addressed = radios("Medicines dealt with", KNOWN_YET, required=False)
    where = radios("Place", PLACES, required=False)
    address = words("Address or postcode now", 300, required=False)
    access = words("Getting in", 300, required=False)
    who_is_with_them = words("Who is with them", 200, required=False)
    ring_back = words("Number to ring back", 40, required=False, widget=forms.TextInput(attrs=PHONE))
    reason = chooser("Nearest reason", required=False)
    trigger = chooser("What makes it urgent", choices=chosen(TRIGGER_WORDS), required=False)
    needs = forms.MultipleChoiceField(
        label="Two-hour needs told",
        choices=tuple(UCR_NEEDS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    would_be = chooser("Where they would otherwise be", choices=chosen(WOULD_BE_WORDS), required=False)
    planned_reason = chooser("If planned, from the community: why", choices=chosen(PLANNED_WORDS), required=False)
    bed_ground = chooser("If a bed: on which ground", choices=chosen(BED_WORDS), required=False)
    hospital_site = words("Hospital", 80, required=False, widget=suggesting("hospitals"))
    hospital_ward = words("Ward", 80, required=False)
    ready_on = DayField(label="Ready to leave on", required=False)
    nhs_number = words("NHS number", 40, required=False)
    gp_practice = words("GP practice", 120, required=False, widget=suggesting("gp-practices"))
    born_on = DayField(label="Birth date", required=False)

    def __init__(
        self,
        *args: Any,
        missing: Sequence[str] = (),
        flags: Sequence[tuple[str, str]] = (),
        may_edit: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.missing = [code for code in missing if may_edit or code not in OF_RECORD]
        for code, label in flags:
            self.fields[f"{FLAG}{code}"] = radios(label, YES_NO_NOT_KNOWN, required=False)
        for code, name in OF_RECORD.items():
            if code not in self.missing:
                del self.fields[name]
        self.order_fields([bound.name for _, asked in self.first for bound in asked])
        for name, field in self.fields.items():
            field.show_hidden_initial = name not in SAID_ONE_BY_ONE

    @property
    def first(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return what is missing, each with the fields that answer it."""
        return [(code, [self[name] for name in self._names(code)]) for code in self.missing]

    @property
    def rest(self) -> list[forms.BoundField]:
        """Return everything else that was told."""
        asked = {name for code in self.missing for name in self._names(code)}
        return [self[name] for name in self.fields if name not in asked and name != "version"]

    @property
    def rest_at_fault(self) -> bool:
        """Say whether something is to be put right in what was told before."""
        return any(bound.errors for bound in self.rest)

    def _names(self, code: str) -> list[str]:
        if code == "red_flags":
            unknown = (name for name in self.fields if name.startswith(FLAG))
            return [name for name in unknown if self.initial.get(name) == Answer.NOT_KNOWN]
        return [name for name in FIELDS_OF.get(code, (code,)) if name in self.fields]

    def keep(self, typed: MultiValueDict[str, str]) -> None:
        """Show what was changed; what was left alone stands as it is now: nothing of somebody else's is undone."""
        if not typed:
            return
        now_held, changed = dict(self.initial), {name for name in self.fields if self._was_changed(name, typed)}
        super().keep(typed)
        self.initial = now_held | {name: self.initial[name] for name in changed if name in self.initial}
        self.data = MultiValueDict({first: typed.getlist(first) for first in map(_first, changed)})

    def _was_changed(self, name: str, typed: MultiValueDict[str, str]) -> bool:
        if self.fields[name].show_hidden_initial:
            return _said(typed, name) != _said(typed, _first(name))
        return any(_said(typed, part) for part in typed if part.startswith(f"{name}_"))

    @property
    def as_first_seen(self) -> SafeString:
        """Return what each field held when the page was opened, so that nothing of somebody else is written over."""
        kept = [self[name] for name, field in self.fields.items() if field.show_hidden_initial]
        return mark_safe("".join(bound.as_hidden(only_initial=True) for bound in kept))  # noqa: S308  (Django escaped)

    def clean_nhs_number(self) -> str:
        """Check the ten digits (R009)."""
        try:
            return clean_nhs_number(self.cleaned_data["nhs_number"])
        except ValueError as wrong:
            raise forms.ValidationError(f"{str(wrong).rstrip('.')}, or leave it empty") from wrong

    def values(self) -> dict[str, Any]:
        """Return what the command takes: what was changed, as columns hold it."""
        said = {name: self.cleaned_data[name] for name in self.changed_data if name in self.cleaned_data}
        told = {name: said[name] for name in AS_TYPED if name in said}
        if "agrees" in said:
            told["agrees"] = said["agrees"] or Agrees.NOT_ASKED.value
        if said.get("where"):
            told["location_kind"] = said["where"]
        for name in {"medically_stable", "medicines_addressed"} & said.keys():
            told[name] = TELL.get(said[name])
        if "address" in said:
            place = read_address(said["address"])
            told |= {"location_lines": list(place.lines), "location_postcode": place.postcode}
        if flags := {name.removeprefix(FLAG): said[name] for name in said if name.startswith(FLAG) and said[name]}:
            told["red_flags"] = flags
        return {"told": told, "person": {name: said[name] for name in OF_RECORD.values() if said.get(name)}}
