"""Forms of episodes: accept, co-ordinator, contact, task, ending."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms

from accounts.forms.fields import offer as offer_choices
from pathways.domain import END_WORDS, ContactDetails, ContactKind, ContactOutcome, EndReason, Way
from pathways.presenters import candidate_choices
from pathways.queries import Offer
from referrals.domain import OVERRIDE_WORDS, FirstVisitCheck
from referrals.domain.circle import Around
from referrals.forms.acts import NOTE, reason_given, said
from referrals.forms.fields import VersionedForm, chooser, chosen, joined, moment, radios, telling, words
from referrals.presenters import said_no

DUTY = "duty"
REASON = 300
KINDS = (
    (ContactKind.FACE_TO_FACE, "Face to face"),
    (ContactKind.PHONE, "Phone"),
    (ContactKind.VIDEO, "Video"),
    (ContactKind.LETTER, "Letter or e-mail"),
)
SEEN, NO_ANSWER, LEFT_MESSAGE = "seen", "no_answer", "left_message"
HOW_IT_WENT = ((SEEN, "Seen, or spoken to"), (NO_ANSWER, "No answer"), (LEFT_MESSAGE, "Left a message"))
WAYS = ((Way.OUT, "We did"), (Way.IN, "They did"))


class AcceptForm(VersionedForm):
    """Which team, who co-ordinates, and who finds out what is not known."""

    at_field = {"medically_stable": "safe_care_reason", "medicines_addressed": "safe_care_reason"}

    team = forms.UUIDField(widget=forms.HiddenInput, required=False)
    coordinator = radios("Co-ordinator", missing="Choose the co-ordinator")
    practitioner = chooser("Who checks on the first visit", required=False)
    check_reason = words("Why it can wait until then", 200, required=False)
    safe_care_reason = telling("Why it is safe to accept all the same", NOTE, 2, required=False)
    override_reason = chooser("Why we accept it so", choices=chosen(OVERRIDE_WORDS), required=False)
    override_note = telling("In a few words", NOTE, 2, required=False)
    note = telling("Anything to add", NOTE, 2, required=False)

    def __init__(self, *args: Any, offer: Offer, **options: Any) -> None:
        super().__init__(*args, **options)
        self.offer = offer
        people = candidate_choices(offer, self.now)
        offer_choices(self, "coordinator", people)
        self.fields["coordinator"].initial = people[0][0] if people else None
        self.fields["coordinator"].required = offer.live is None
        self.fields["team"].initial = offer.team and offer.team.pk
        members = [(str(user.pk), user.name) for user in offer.members]
        offer_choices(self, "practitioner", [("", "The co-ordinator"), *members])

    def values(self) -> dict[str, Any]:
        """Return what the command takes. The duty co-ordinator is named by the command and stays to be confirmed."""
        told = self.cleaned_data
        who, practitioner = told.get("coordinator"), told["practitioner"]
        check = FirstVisitCheck(practitioner=UUID(practitioner) if practitioner else None)
        if told["check_reason"]:
            check = FirstVisitCheck(check.practitioner, told["check_reason"])
        return {
            "team_id": self.offer.live.team_id if self.offer.live else told["team"],
            "coordinator_id": UUID(who) if who and who != DUTY else None,
            "check": check,
            "safe_care_reason": told["safe_care_reason"],
            "override_reason": told["override_reason"],
            "override_note": told["override_note"],
            "note": told["note"],
        }


class ReasonForm(VersionedForm):
    """A reason, chosen or written."""

    why = radios("Why", required=False)
    note = telling("In a few words", 900, 2, required=False)

    def clean(self) -> dict[str, Any]:
        """A reason must be given, chosen or written."""
        super().clean()
        return reason_given(self)


class WithdrawForm(ReasonForm):
    """Why a referral is taken back."""

    spoken = {"why": "withdraw_reasons"}
    at_field = {"reason": "note"}

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        return {"reason": said(self)}


class AllocateForm(ReasonForm):
    """Another co-ordinator, and why."""

    spoken = {"why": "reallocate_reasons"}
    at_field = {"reason": "note"}
    field_order = ("coordinator", "why", "note")

    team = forms.UUIDField(widget=forms.HiddenInput, required=False)
    coordinator = radios("New co-ordinator", missing="Choose the co-ordinator")

    def __init__(self, *args: Any, choices: list[tuple[str, str]], team_id: UUID, **options: Any) -> None:
        super().__init__(*args, **options)
        offer_choices(self, "coordinator", choices)
        self.fields["team"].initial = team_id

    def clean(self) -> dict[str, Any]:
        """The reason has room for fewer words than elsewhere."""
        super().clean()
        self.keep_to(REASON, "note", said(self))
        return self.cleaned_data

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        told = self.cleaned_data
        return {"team_id": told["team"], "coordinator_id": UUID(told["coordinator"]), "reason": said(self)}


class ConfirmForm(VersionedForm):
    """A button, nothing typed."""


class ContactForm(VersionedForm):
    """A contact in a few taps: how, how it went, when; the rest if there is something to say."""

    lists = {"by_profession": "professions"}
    spoken = {"subject": "contact_subjects", "no_access": "no_access_reasons"}
    past = ("occurred_at",)
    future = ("ring_back_at",)

    kind = radios("How", KINDS, missing="Choose how")
    went = radios("How it went", HOW_IT_WENT, missing="Choose how it went")
    no_access = chooser("If there was no answer: why", required=False)
    occurred_at = moment("When", initial="now")
    by_profession = chooser("Who went or rang", required=False)
    with_whom = words("With whom", 120, required=False)
    way = radios("Who began it", WAYS, initial=Way.OUT, required=False)
    subject = chooser("About", required=False)
    about = telling("What was said or done", 900, 2, required=False)
    ring_back_at = moment("Ring back at")

    def __init__(
        self, *args: Any, first_visit: bool = False, visit: str = "", circle: Sequence[Around] = (), **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.circle = circle
        if names := said_no(circle):
            self.fields["with_whom"].help_text = f"The person said no to: {', '.join(names)}"
        in_person = first_visit or visit in (SEEN, NO_ANSWER)
        self.fields["kind"].initial = ContactKind.FACE_TO_FACE if in_person else ContactKind.PHONE
        self.fields["went"].initial = visit if visit in (SEEN, NO_ANSWER) else None

    def clean(self) -> dict[str, Any]:
        """What is chosen and what is written must fit together."""
        super().clean()
        self.keep_to(NOTE, "about", self._about())
        return self.cleaned_data

    def _about(self) -> str:
        told = self.cleaned_data
        why_not = "" if told.get("went") == SEEN else told.get("no_access", "")
        return joined(told.get("subject", ""), why_not, told.get("about", ""))

    def details(self) -> ContactDetails:
        """Return the contact."""
        told = self.cleaned_data
        went, kind = told["went"], ContactKind(told["kind"])
        seen = went == SEEN
        return ContactDetails(
            kind=kind,
            attended=seen,
            way=Way(told["way"] or Way.OUT),
            occurred_at=told["occurred_at"],
            with_whom=told["with_whom"],
            about=self._about(),
            outcome=ContactOutcome.LEFT_MESSAGE if went == LEFT_MESSAGE else None,
            by_profession=told["by_profession"],
            ring_back_at=told["ring_back_at"],
            ring_back_about=told["subject"],
        )


class EndForm(VersionedForm):
    """Why an episode ends."""

    reason = radios("Why", tuple(END_WORDS.items()), missing="Choose why")

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        return {"reason": EndReason(self.cleaned_data["reason"])}


class TaskForm(VersionedForm):
    """Something to do, by when, by whom."""

    future = ("due_at",)

    what = words("What is to be done", 300, missing="Say what is to be done")
    due_at = moment("By when", required=True, help_text="Like 16:00, 09:00 tomorrow, or Fri 10:00")
    owner = radios("Who does it")

    def __init__(self, *args: Any, owners: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        offer_choices(self, "owner", owners)
        self.fields["owner"].initial = owners[0][0] if owners else None

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        told = self.cleaned_data
        return {"what": told["what"], "due_at": told["due_at"], "owner_id": UUID(told["owner"])}
