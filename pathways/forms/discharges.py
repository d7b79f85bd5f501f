"""Forms of leaving hospital: the plan, what is in the way, confirming, having left, psychiatric liaison."""

from typing import Any

from accounts.forms.fields import DayField
from pathways.domain import (
    BACK_WORDS,
    CRITERIA_WORDS,
    DESTINATION_WORDS,
    LIAISON_WORDS,
    PATHWAY_WORDS,
    REHAB_WORDS,
    BackReason,
    Criteria,
    Destination,
    DischargePlan,
    LiaisonOutcome,
    Pathway,
    RehabOffer,
    default_destination,
)
from pathways.forms.episodes import TaskForm
from referrals.domain import BED_WORDS
from referrals.forms.fields import VersionedForm, chooser, chosen, radios, telling, words

CLOSED = LiaisonOutcome.CASE_CLOSED


class DischargeForm(VersionedForm):
    """The plan: when, whether they may leave, which pathway and why, where to, what they need."""

    expected_on = DayField(label="Expected to leave on", required=False)
    ready_on = DayField(label="Ready since", required=False, help_text="No longer meets the criteria to reside")
    criteria = chooser("Criteria to reside", choices=list(CRITERIA_WORDS.items()))
    ward = words("Ward", 80, required=False)
    pathway = chooser("Pathway", choices=chosen(PATHWAY_WORDS), required=False)
    grounds = words("Why this pathway", 300, required=False)
    bed_ground = chooser("If a bed: on which ground", choices=chosen(BED_WORDS), required=False)
    destination = chooser("Where to", choices=chosen(DESTINATION_WORDS), required=False)
    destination_reason = words("If not home: why", 300, required=False)
    needs = telling(
        "What they need", 2000, 3, required=False, help_text="Describe needs. What care answers them comes later"
    )
    rehab = chooser("Rehabilitation offered", choices=chosen(REHAB_WORDS), required=False)
    rehab_reason = words("If not offered: why", 300, required=False)
    mh_professional = words("Mental health professional who takes part", 120, required=False)
    mh_phone = words("Their number", 40, required=False)

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        told = self.cleaned_data
        plain = ("expected_on", "ready_on", "grounds", "bed_ground", "destination_reason", "needs", "rehab_reason")
        given: dict[str, Any] = {name: told[name] for name in (*plain, "mh_professional", "mh_phone")}
        plan = DischargePlan(
            **given,
            criteria=Criteria(told["criteria"]),
            pathway=Pathway(told["pathway"]) if told["pathway"] else None,
            destination=Destination(told["destination"]) if told["destination"] else None,
            rehab=RehabOffer(told["rehab"]) if told["rehab"] else None,
        )
        return {"plan": plan, "ward": told["ward"]}


class BlockerForm(TaskForm):
    """What is in the way, who takes it away, by when."""

    what = words("What is in the way", 300, missing="Say what is in the way")
    owner = chooser("Who takes it away")


class ConfirmDischargeForm(VersionedForm):
    """Confirm, or say why it is safe although something is open."""

    at_field = dict.fromkeys(
        (
            "criteria", "bed_ground", "destination", "destination_reason", "rehab", "rehab_reason", "mh_professional",
            "liaison",
        ),
        "safe_care_reason",
    )  # fmt: skip

    safe_care_reason = telling("If something is missing: why it is safe to leave all the same", 1000, 2, required=False)

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        return {"safe_care_reason": self.cleaned_data["safe_care_reason"]}


class LeftForm(VersionedForm):
    """When they left."""

    left_on = DayField(label="Left on", required=False, help_text="Empty means today")

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        return {"left_on": self.cleaned_data["left_on"]}


class BackForm(VersionedForm):
    """Why what was confirmed, or recorded as having left, is taken back."""

    why = radios(
        "Why",
        tuple((code, text) for code, text in BACK_WORDS.items() if code is not BackReason.PLAN_CHANGED),
        missing="Choose why",
    )

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        return {"reason": BackReason(self.cleaned_data["why"])}


class LiaisonForm(VersionedForm):
    """A new mental health concern, and whom we asked."""

    concern = telling("What worries you", 1000, 3, missing="Say what worries you")
    asked_of = words("Whom in psychiatric liaison", 120, missing="Enter whom you asked")
    phone = words("Their number", 40, required=False)

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        return {name: self.cleaned_data[name] for name in ("concern", "asked_of", "phone")}


class LiaisonAnswerForm(VersionedForm):
    """What psychiatric liaison found."""

    outcome = radios(
        "What they found", tuple((code, text) for code, text in LIAISON_WORDS.items() if code is not CLOSED)
    )
    note = telling("In a few words", 1000, 2, required=False)

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        return {"outcome": LiaisonOutcome(self.cleaned_data["outcome"]), "note": self.cleaned_data["note"]}


def plan_initial(leaving: Any) -> dict[str, Any]:
    """Return what is written down already, to fill the form with; home first where nobody has said otherwise."""
    row, referral = leaving.discharge, leaving.referral
    home = default_destination(home_first=leaving.home_first, lives_in_care_home=leaving.lives_in_care_home)
    known = {"ready_on": referral.ready_on, "ward": referral.hospital_ward, "criteria": Criteria.NOT_KNOWN}
    if row is None:
        return known | {"destination": home or ""}
    names = [name for name in DischargeForm.base_fields if hasattr(row, name)]
    return known | {name: getattr(row, name) for name in names} | {"destination": row.destination or home or ""}
