"""Every audit event in plain words: one table, and a test that fails on an event without words here. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from accounts.presenters import DUTY_WORDS
from audit.models import CaseEvent
from casework.queries.case import Move
from pathways.domain import BACK_WORDS, END_WORDS, ContactKind, ContactOutcome, EndReason, Way
from pathways.models import Contact
from referrals.domain import Service, Urgency
from referrals.domain.sections import BY_ROW_KIND, BY_SECTION
from referrals.domain.told import FIELDS
from referrals.presenters import SERVICE_WORDS, URGENCY_WORDS, filled_words
from timelimits.domain import MISS_REASONS, MissReason
from timelimits.presenters.words import CANCEL_WORDS, reason_words

EXTENDED = {"remaining_potential": "can still gain", "clinically_needed": "clinically needed"}


@dataclass(frozen=True, slots=True)
class Known:
    """The rows and words that events speak of, by the ids and codes they hold."""

    codes: Mapping[str, str] = field(default_factory=dict)
    clocks: Mapping[str, str] = field(default_factory=dict)
    contacts: Mapping[str, Contact] = field(default_factory=dict)
    tasks: Mapping[str, str] = field(default_factory=dict)
    users: Mapping[str, str] = field(default_factory=dict)
    move: Move | None = None


Say = Callable[[CaseEvent, Known], str]


@dataclass(frozen=True, slots=True)
class Look:
    """How one kind of event is shown: icon, title, tint, and what else is said."""

    icon: str
    title: str | Say
    text: Say = lambda event, known: ""
    tone: str = "ic-blue"


def _code(name: str, words: Mapping[Any, str]) -> Say:
    return lambda event, known: words.get(event.data.get(name, ""), reason_words(str(event.data.get(name, ""))))


def _why(event: CaseEvent, known: Known) -> str:
    """Return reason, signpost and note of a move, as its transition row holds them."""
    done = known.move
    if done is None:
        return ""
    said = [known.codes.get(done.reason, done.reason), known.codes.get(done.signpost, done.signpost), done.note]
    return _sentences(*said)


def _sentences(*parts: str) -> str:
    return " ".join(part if part.endswith((".", "!", "?")) else f"{part}." for part in parts if part)


def _received(event: CaseEvent, known: Known) -> str:
    urgency = URGENCY_WORDS.get(Urgency(event.data["urgency"]), "") if event.data.get("urgency") else ""
    return _sentences(urgency, known.codes.get(event.data.get("reason", ""), ""))


def _triaged(event: CaseEvent, known: Known) -> str:
    chosen = [URGENCY_WORDS[Urgency(event.data["urgency"])], SERVICE_WORDS[Service(event.data["service"])]]
    return _sentences(", ".join(chosen), _why(event, known))


def _user(name: str, words: str) -> Say:
    return lambda event, known: f"{words}{known.users.get(_key(event.data.get(name)), 'somebody')}."


def _key(held: Any) -> str:
    return str(held or "").removeprefix("user:")


def _clock(words: str) -> Say:
    return lambda event, known: f"{limit(event, known)} {words}"


def limit(event: CaseEvent, known: Known) -> str:
    """Return the limit that an event is about: "2-hour visit"."""
    held = event.data
    return known.clocks.get(str(held.get("clock", "")), reason_words(str(held.get("policy", "time limit"))))


def _stopped(event: CaseEvent, known: Known) -> str:
    met = {"met": "done in time", "breached": "done late"}.get(event.data.get("outcome", ""), "ended")
    return f"{limit(event, known)} {met}."


def _extended(event: CaseEvent, known: Known) -> str:
    why = EXTENDED.get(event.data.get("reason", ""), reason_words(event.data.get("reason", "")).lower())
    return f"{why.capitalize()}. Agreed by {known.users.get(_key(event.data.get('approved_by')), 'a second person')}."


def _miss_reason(event: CaseEvent, known: Known) -> str:
    reason = event.data.get("reason", "")
    return f"{MISS_REASONS[MissReason(reason)]}." if reason in set(MissReason) else ""


def _contact(event: CaseEvent, known: Known) -> str:
    """Return the title of a contact: "Visit, seen.", "Visit, no answer.", "Rang Jean, daughter."."""
    held = known.contacts.get(event.subject)
    kind, outcome = ContactKind(event.data["kind"]), ContactOutcome(event.data["outcome"])
    if kind is ContactKind.FACE_TO_FACE:
        return "Visit, seen." if outcome is ContactOutcome.ATTENDED else "Visit, no answer."
    whom = held.with_whom if held else ""
    came_in = event.data.get("way") == Way.IN
    did = {
        ContactKind.PHONE: f"{whom or 'Somebody'} rang" if came_in else f"Rang {whom}".strip(),
        ContactKind.VIDEO: f"Video call {whom}".strip(),
        ContactKind.LETTER: "Letter in" if came_in else "Letter sent",
    }[kind]
    end = {ContactOutcome.NO_REPLY: ", no reply", ContactOutcome.LEFT_MESSAGE: ", left a message"}.get(outcome, "")
    return f"{did}{end}."


def _contact_text(event: CaseEvent, known: Known) -> str:
    held = known.contacts.get(event.subject)
    if held is None:
        return ""
    whom = f"With {held.with_whom}" if held.kind == ContactKind.FACE_TO_FACE and held.with_whom else ""
    return _sentences(whom, held.about, held.by_profession)


def _task(event: CaseEvent, known: Known) -> str:
    kinds = {"ring_back": "Ring back.", "first_visit_check": "The first visit will check what is not known."}
    return known.tasks.get(event.subject, kinds.get(event.data.get("kind", ""), ""))


def _duty(event: CaseEvent, known: Known) -> str:
    return f"{limit(event, known)}. The alert is answered."


def _record_section(event: CaseEvent, known: Known) -> str:
    section = BY_SECTION.get(str(event.data.get("section", "")))
    return f"{section.title}." if section else ""


def _record_row(event: CaseEvent, known: Known) -> str:
    kind = BY_ROW_KIND.get(str(event.data.get("kind", "")))
    return f"{kind.title}." if kind else ""


def _told_answered(event: CaseEvent, known: Known) -> str:
    field = FIELDS.get(str(event.data.get("field", "")), "Detail")
    return f"{field}: {'taken over' if event.data.get('answer') == 'taken' else 'the record stays as it is'}."


def _filled(event: CaseEvent, known: Known) -> str:
    words = filled_words(event.data.get("fields", ()))
    return f"{words}." if words else "Their record was written on."


def _rated(event: CaseEvent, known: Known) -> str:
    return f"{event.data.get('score')} of 10."


EVENTS: Mapping[str, Look] = {
    "referral.registered": Look("phone", "Referral received.", _received),
    "referral.taken": Look("people", "Taken."),
    "referral.triaged": Look("swap", "Urgency and service set.", _triaged),
    "referral.information_asked": Look("ask", "Information asked for.", _why, "ic-amber"),
    "referral.information_given": Look("note", "Answer recorded.", _why),
    "referral.filled_in": Look("note", "What was missing was added.", _filled),
    "referral.news_added": Look("note", "New information.", _why, "ic-amber"),
    "referral.news_told": Look("note", "New information from whoever referred.", _why, "ic-amber"),
    "referral.withdrawal_asked": Look("warn", "Whoever referred asks to withdraw it.", _why, "ic-amber"),
    "referral.news_seen": Look("yes", "New information was looked at."),
    "referral.999_confirmed": Look("warn", "999 call recorded.", _why, "ic-red"),
    "referral.accepted": Look("met", "Accepted.", _why, "ic-green"),
    "referral.declined": Look("gone", "Declined.", _why),
    "referral.not_wanted": Look("gone", "Did not want it.", _why),
    "referral.redirected": Look("swap", "Redirected.", _why),
    "referral.withdrawn": Look("gone", "Withdrawn.", _why),
    "person.changed": Look("people", "Record changed.", _record_section),
    "person.row_added": Look("people", "Written on the record.", _record_row),
    "person.row_changed": Look("people", "Changed on the record.", _record_row),
    "person.row_ended": Look("people", "Ended on the record.", _record_row),
    "person.row_struck": Look("gone", "Struck out as an error.", _record_row),
    "person.warning_reviewed": Look("warn", "Warning looked at again."),
    "person.access_asked": Look("ask", "They asked to see what is held."),
    "person.access_released": Look("met", "What is held was released to them."),
    "person.hold_set": Look("shield", "Record put under a legal hold: it is kept."),
    "person.hold_lifted": Look("shield", "Legal hold lifted."),
    "person.erasure_asked": Look("ask", "Asked that the record be erased."),
    "person.erasure_refused": Look("shield", "Refused to erase the record."),
    "person.erased": Look("gone", "Record erased."),
    "people.imported": Look("people", "A list of people taken over."),
    "person.file_added": Look("note", "File added to the record."),
    "person.file_scanned": Look("note", "File checked for viruses."),
    "person.file_struck": Look("gone", "File taken away as an error."),
    "person.key_safe_set": Look("home", "Key-safe code written or taken away."),
    "person.told_answered": Look("people", "Told differently.", _told_answered),
    "person.merged": Look("people", "Two records made one."),
    "person.unmerged": Look("people", "Two records taken apart again."),
    "person.named_changed": Look("people", "Who is named on the restricted record was changed."),
    "person.restricted": Look("people", "Record restricted to those named."),
    "person.unrestricted": Look("people", "Record no longer restricted."),
    "person.glass_broken": Look("warn", "Restricted record opened with a reason.", tone="ic-amber"),
    "person.died": Look("gone", "Died. Everything open has ended."),
    "person.death_struck": Look("gone", "The death was an error. What it ended is open again."),
    "episode.opened": Look("home", "Episode begun.", _user("coordinator", "Co-ordinator: ")),
    "episode.allocated": Look("people", "Co-ordinator changed.", _user("coordinator", "Now ")),
    "episode.coordinator_confirmed": Look("people", "Co-ordinator confirmed."),
    "episode.ended": Look("gone", "Episode ended.", _code("reason", {str(r): f"{END_WORDS[r]}." for r in EndReason})),
    "spell.started": Look("home", "Service started.", _code("service", {str(s): SERVICE_WORDS[s] for s in Service})),
    "contact.recorded": Look("phone", _contact, _contact_text),
    "task.promised": Look("task", "Task.", _task),
    "task.done": Look("yes", "Done.", _task, "ic-green"),
    "clock.started": Look("run", _clock("started.")),
    "clock.stopped": Look("met", _stopped, tone="ic-green"),
    "clock.cancelled": Look("gone", _clock("cancelled."), _code("reason", CANCEL_WORDS), ""),
    "clock.warned": Look("soon", _clock("due soon."), tone="ic-amber"),
    "clock.breached": Look("late", _clock("overdue."), lambda event, known: "Not done in time.", "ic-red"),
    "clock.paused": Look("pause", _clock("paused."), _code("reason", {}), ""),
    "clock.resumed": Look("run", _clock("runs on.")),
    "clock.extended": Look("run", _clock("extended."), _extended),
    "clock.start_corrected": Look("run", _clock("start corrected."), _code("reason", {})),
    "clock.reopened": Look("run", _clock("opened again."), _code("reason", {})),
    "clock.rebased": Look("run", _clock("measured by a new version."), _code("reason", {})),
    "clock.calendar_changed": Look("run", _clock("worked out anew."), lambda event, known: "Opening hours changed."),
    "clock.explained": Look("note", "Reason given for a missed limit.", _miss_reason),
    "alert.acknowledged": Look("bell", "Alert answered.", _duty),
    "approval.asked": Look("people", "A second person was asked to agree.", _code("reason", {})),
    "approval.approved": Look("people", "The second person agreed."),
    "approval.refused": Look("people", "The second person did not agree."),
    "approval.lapsed": Look("people", "A second person need not agree any more."),
    "discharge.planned": Look("bed", "Discharge planned."),
    "discharge.confirmed": Look("bed", "Discharge confirmed.", tone="ic-green"),
    "discharge.unconfirmed": Look("bed", "Discharge not confirmed any more.", _code("reason", BACK_WORDS), "ic-amber"),
    "discharge.left": Look("bed", "Has left hospital.", tone="ic-green"),
    "discharge.not_left": Look("bed", "Has not left hospital after all.", _code("reason", BACK_WORDS), "ic-amber"),
    "liaison.asked": Look("ask", "Psychiatric liaison asked.", tone="ic-amber"),
    "liaison.answered": Look("note", "Psychiatric liaison answered."),
    "referral.information_chased": Look("ask", "Asked once more for information.", tone="ic-amber"),
    "referral.taken_back": Look("swap", "The decision was taken back: open again.", _why, "ic-amber"),
    "referral.reopened": Look("swap", "Opened again."),
    "episode.reopened": Look("swap", "Episode opened again."),
    "block.overridden": Look("shield", "Safe-care override.", lambda event, known: "A rule was set aside.", "ic-red"),
    "override.confirmed": Look("shield", "Safe-care override confirmed by a second person."),
    "account.invited": Look("people", "Account made."),
    "account.changed": Look("people", "Account changed."),
    "account.disabled": Look("people", "Account disabled."),
    "account.enabled": Look("people", "Account enabled."),
    "account.second_factor_reset": Look("people", "Second factor reset.", _code("reason", {})),
    "account.sessions_ended": Look("people", "Second factor changed: signed out elsewhere."),
    "account.admitted": Look("people", "Account made by work sign-in."),
    "account.linked": Look("people", "Work sign-in linked."),
    "account.unlinked": Look("people", "Work sign-in taken away."),
    "person.key_safe": Look("note", "Key safe code changed."),
    "referral.crew_waits": Look("warn", "An ambulance crew waits.", tone="ic-red"),
    "referral.crew_told": Look("phone", "The crew was answered.", _why, "ic-green"),
    "referral.identity_checked": Look("people", "Who this is, checked.", _why),
    "onward.asked": Look("ask", "Another service was asked to help.", _code("service", {})),
    "onward.answered": Look("note", "Answer of another service.", _code("outcome", {})),
    "risk.taken": Look("shield", "A risk taken on purpose was written down."),
    "risk.reviewed": Look("shield", "A risk taken on purpose was looked at again.", _code("finding", {})),
    "experience.recorded": Look("note", "Told us how their care is for them."),
    "confidence.rated": Look("note", "Said how sure they are of managing.", _rated),
    "agreement.recorded": Look("people", "What they agree to was recorded.", _code("answer", {})),
    "record.linked": Look("note", "Record in another system linked."),
    "message.written": Look("note", "Message to everybody on the case."),
    "worry.added": Look("warn", "Somebody is worried about them.", tone="ic-amber"),
    "worry.settled": Look("yes", "A worry is settled.", tone="ic-green"),
    "shift.handed_over": Look("people", "Shift handed over."),
    "shift.accepted": Look("people", "Shift accepted."),
    "signposting.tried": Look("note", "Tried to follow up who was sent elsewhere."),
    "signposting.ended": Look("note", "Follow-up of who was sent elsewhere ended."),
    "account.role_given": Look("people", "Role given.", _code("role", {})),
    "account.role_ended": Look("people", "Role ended.", _code("role", {})),
    "partner.added": Look("people", "Partner system added."),
    "partner.secret_rotated": Look("people", "Secret of a partner system changed."),
    "partner.disabled": Look("people", "Partner system disabled."),
    "partner.enabled": Look("people", "Partner system enabled."),
    "rota.hours_set": Look("run", "Opening hours of the team set."),
    "rota.pattern_added": Look("run", "Repeating shift added.", _code("duty", DUTY_WORDS)),
    "rota.pattern_ended": Look("run", "Repeating shift ended."),
    "rota.shift_added": Look("run", "Shift added.", _code("duty", DUTY_WORDS)),
    "rota.shift_removed": Look("run", "Shift removed.", _code("duty", DUTY_WORDS)),
    "rota.cover_added": Look("people", "Cover arranged."),
    "rota.cover_removed": Look("people", "Cover taken away."),
}


def with_move(known: Known, moved: Move | None) -> Known:
    """Return what is known, with the move that an event belongs to."""
    return replace(known, move=moved)


def words(event: CaseEvent, known: Known) -> tuple[str, str, str, str]:
    """Return (icon, tone, title, text) of an event."""
    look = EVENTS[event.event]
    title = look.title if isinstance(look.title, str) else look.title(event, known)
    icon = "home" if event.event == "contact.recorded" and event.data.get("kind") == "face_to_face" else look.icon
    tone = "ic-red" if event.event == "clock.stopped" and event.data.get("outcome") == "breached" else look.tone
    return ("missed" if tone == "ic-red" and icon == "met" else icon), tone, title, look.text(event, known)
