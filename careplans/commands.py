"""Write what belongs to a person's care: requests to other services, risks taken, agreements, messages."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from accounts.domain import CodeListName, Permission
from accounts.domain.far import too_far
from accounts.queries import code_lists, may_see
from audit.bulk import insert
from audit.commands import command, now, record, require
from audit.domain import Actor
from audit.refusals import IllegalMove, NotFound, RuleBroken, Stale
from careplans.domain import (
    DECISIONS,
    HAND_BACK,
    HIGHEST,
    LOWEST,
    Decided,
    Felt,
    OnwardOutcome,
    RatedAt,
    RiskFinding,
    RiskTaken,
    Teller,
    Theme,
    is_web_address,
)
from careplans.models import (
    CaseMessage,
    Confidence,
    Consent,
    Experience,
    MessageRead,
    OnwardRequest,
    RecordLink,
    Risk,
    Written,
)
from notifications.commands import post
from notifications.domain import Template
from pathways.models import Discharge
from pathways.queries import coordinator_of, joined_referrals, root_case
from referrals.commands.deaths import refuse_case_if_dead
from referrals.presenters import wall_clock
from timelimits.domain.local_time import local_date

HAND_BACK_WITHIN = timedelta(days=2)
Row = TypeVar("Row", bound=Written)


@command
def ask_onward(*, by: Actor, case_id: UUID, service: str, asked_of: str, why: str, chase_at: datetime) -> OnwardRequest:
    """Ask another service to help, and say when to chase them (R041, R042, R043).

    `service` is a code of the place's list. Raises NotPermitted, NotFound, RuleBroken (person_died, service_unknown,
    asked_of_missing, why_missing, chase_in_past).
    """
    case_id = _allowed(by, case_id)
    refuse_case_if_dead(case_id)
    if service not in _services():
        raise RuleBroken("service_unknown", "Choose the service.", field="service")
    _need(asked_of=(asked_of, "Say whom you asked."), why=(why, "Say what they are asked for."))
    if chase_at < now():
        raise RuleBroken("chase_in_past", "This time is past already.", field="chase_at")
    if words := too_far(chase_at, now()):
        raise RuleBroken("chase_too_far", f"{words}.", field="chase_at")
    told = {"service": service, "asked_of": asked_of.strip(), "why": why.strip()}
    made = _write(OnwardRequest, by, case_id, **told, chase_at=chase_at)
    record(case_id=case_id, event="onward.asked", subject=f"onward:{made.pk}", service=service)
    return made


@command
def answer_onward(*, by: Actor, request_id: UUID, outcome: OnwardOutcome, note: str = "") -> OnwardRequest:
    """Record what became of a request. The same again is quiet; the first answer stands.

    What a service decides about continuing healthcare while the person is still in hospital is a fact and is kept, but
    only with words that say why it was decided there (R043). Raises NotPermitted, NotFound, IllegalMove (answered
    otherwise already), RuleBroken (note_missing).
    """
    require(by, Permission.PLAN_EDIT)
    row = OnwardRequest.objects.select_for_update().filter(pk=request_id).first()
    if row is None or not may_see(by.where_it_may(Permission.PLAN_EDIT), row.case_id):
        raise NotFound
    if row.answered_at is not None:
        if (row.outcome, row.note) == (outcome, note.strip()):
            return row
        raise IllegalMove("answered_already", f"This can't be done because {row.answered_by} has answered it already.")
    if outcome in DECISIONS and not note.strip() and _is_early(row):
        words = "This is not decided in an acute hospital. If it was, say why it could not wait."
        raise RuleBroken("note_missing", words, field="note")
    row.outcome, row.note, row.answered_at, row.answered_by = outcome, note.strip(), now(), by.label
    row.save(update_fields=["outcome", "note", "answered_at", "answered_by"])
    record(case_id=row.case_id, event="onward.answered", subject=f"onward:{row.pk}", outcome=outcome)
    return row


def _is_early(row: OnwardRequest) -> bool:
    """Say whether the place's list has this decided at home, and the person still waits on the discharge list."""
    waits = Discharge.objects.filter(referral__case_id=row.case_id, ended_at=None)
    return bool(_services().get(row.service, {}).get("not_in_hospital")) and waits.exists()


@command
def hand_back(*, by: Actor, case_id: UUID) -> None:
    """Ask the integrated care team that referred somebody to go on with its support, now that the episode ends (R041).

    A part of ending an episode, which says who may. Asked once; nothing when no such team referred.
    """
    referred = joined_referrals(case_id).filter(source_kind=HAND_BACK).order_by("received_at").first()
    if referred is None or OnwardRequest.objects.filter(case_id=case_id, service=HAND_BACK, answered_at=None).exists():
        return
    made = OnwardRequest.objects.create(
        case_id=case_id,
        service=HAND_BACK,
        asked_of=referred.source_organisation or "The team that referred",
        why="Intermediate care has ended: follow-on support.",
        chase_at=now() + HAND_BACK_WITHIN,
        written_at=now(),
        written_by=by.label,
    )
    record(case_id=case_id, event="onward.asked", subject=f"onward:{made.pk}", service=HAND_BACK)


@command
def write_risk(*, by: Actor, case_id: UUID, risk: RiskTaken) -> Risk:
    """Write down a risk taken on purpose (R066). All four parts and a day to look at it again must be said.

    Raises NotPermitted, NotFound, RuleBroken (benefit_missing … agreed_with_missing, review_in_past).
    """
    case_id = _allowed(by, case_id)
    for name in risk.unsaid():
        raise RuleBroken(f"{name}_missing", "Fill this in: it is what makes the risk a choice.", field=name)
    if risk.review_on < local_date(now()):
        raise RuleBroken("review_in_past", "This day is past already.", field="review_on")
    told = {name: getattr(risk, name).strip() for name in ("benefit", "harm", "control", "agreed_with")}
    made = _write(Risk, by, case_id, **told, review_on=risk.review_on)
    record(case_id=case_id, event="risk.taken", subject=f"risk:{made.pk}")
    return made


@command
def review_risk(*, by: Actor, risk_id: UUID, finding: RiskFinding, note: str = "", version: int | None = None) -> Risk:
    """Say how a risk went (R067). A later look replaces an earlier one; the earlier stays in the trail.

    `version` is that of the row when it was opened. The same again is quiet. Raises NotPermitted, NotFound, Stale.
    """
    require(by, Permission.PLAN_EDIT)
    row = Risk.objects.select_for_update().filter(pk=risk_id).first()
    if row is None or not may_see(by.where_it_may(Permission.PLAN_EDIT), row.case_id):
        raise NotFound
    if row.finding == finding and row.found_note == note.strip():
        return row
    if version is not None and version != row.version and row.reviewed_at is not None:
        raise Stale(f"{row.reviewed_by} looked at this at {wall_clock(row.reviewed_at, now())}, after you opened it.")
    row.finding, row.found_note, row.reviewed_at, row.reviewed_by = finding, note.strip(), now(), by.label
    row.ended_at = now() if finding is RiskFinding.STOPPED else None
    row.save(update_fields=["finding", "found_note", "reviewed_at", "reviewed_by", "ended_at"])
    record(case_id=row.case_id, event="risk.reviewed", subject=f"risk:{row.pk}", finding=finding)
    return row


@command
def rate_confidence(*, by: Actor, case_id: UUID, rated_at: RatedAt, score: int, words: str = "") -> Confidence:
    """Keep how sure the person is of managing, 0 to 10 (R065). Rated again, the newest counts; all are kept."""
    case_id = _allowed(by, case_id)
    if not LOWEST <= score <= HIGHEST:
        raise RuleBroken("score_out_of_range", f"Choose {LOWEST} to {HIGHEST}.", field="score")
    made = _write(Confidence, by, case_id, rated_at=rated_at, score=score, words=words.strip())
    record(case_id=case_id, event="confidence.rated", subject=f"case:{case_id}", at=rated_at, score=score)
    return made


@command
def record_experience(
    *, by: Actor, case_id: UUID, told_by: Teller, theme: Theme, felt: Felt, words: str = ""
) -> Experience:
    """Keep what somebody told us of their care, under one theme (R072). Good or poor, it is kept as it was said.

    Raises NotPermitted, NotFound.
    """
    case_id = _allowed(by, case_id)
    told = {"told_by": told_by, "theme": theme, "felt": felt, "words": words.strip()}
    made = _write(Experience, by, case_id, **told)
    record(case_id=case_id, event="experience.recorded", subject=f"case:{case_id}", theme=theme, felt=felt)
    return made


@command
def record_agreement(*, by: Actor, case_id: UUID, decided: Decided) -> Consent:
    """Keep what the person said to the plan or to moving on (R068). Raises RuleBroken (words_missing)."""
    case_id = _allowed(by, case_id)
    if (refusal := decided.refusal()) is not None:
        raise refusal
    told = {"about": decided.about, "answer": decided.answer, "words": decided.words.strip()}
    made = _write(Consent, by, case_id, **told)
    what = {"about": decided.about, "answer": decided.answer}
    record(case_id=case_id, event="agreement.recorded", subject=f"case:{case_id}", occurred_at=None, **what)
    return made


@command
def link_record(*, by: Actor, case_id: UUID, system: str, address: str) -> RecordLink:
    """Keep where another system holds a record of the same person (R069): an https address. The same once is quiet."""
    case_id = _allowed(by, case_id)
    _need(system=(system, "Say which system it is."))
    if not is_web_address(address.strip()):
        raise RuleBroken("address_unfit", "Give the whole address; it begins with https://", field="address")
    told = {"system": system.strip(), "written_at": now(), "written_by": by.label}
    made, new = RecordLink.objects.get_or_create(case_id=case_id, address=address.strip(), defaults=told)
    if new:
        record(case_id=case_id, event="record.linked", subject=f"case:{case_id}")
    return made


@command
def send_message(*, by: Actor, case_id: UUID, text: str) -> CaseMessage:
    """Tell everybody who works with the person (R061). The co-ordinator is notified, without its words."""
    case_id = _allowed(by, case_id)
    _need(text=(text, "Write the message."))
    made = _write(CaseMessage, by, case_id, text=text.strip(), author_id=by.user_id)
    record(case_id=case_id, event="message.written", subject=f"message:{made.pk}")
    coordinator = coordinator_of(case_id)
    if coordinator is not None and coordinator.pk != by.user_id:
        key, link = f"message:{made.pk}", f"/cases/{case_id}/plan/"
        post(by=by, key=key, user_id=coordinator.pk, template=Template.MESSAGE_WRITTEN, link=link)
    return made


@command
def mark_read(*, by: Actor, case_id: UUID) -> None:
    """Keep that the actor has seen every message of the case. Reading twice keeps the first time."""
    if by.user_id is None or not may_see(by, case_id):
        return
    cases = joined_referrals(case_id).values("case_id")
    unseen = CaseMessage.objects.filter(case_id__in=cases).exclude(reads__user=by.user_id).exclude(author=by.user_id)
    rows = [(pk, by.user_id, now()) for pk in unseen.values_list("pk", flat=True)]
    insert(MessageRead, ("message", "user", "at"), rows, skip_existing=True)


def _allowed(by: Actor, case_id: UUID) -> UUID:
    """Return the case that what is written belongs to: that of the episode, for a referral that joined one."""
    require(by, Permission.PLAN_EDIT)
    root = root_case(case_id)
    if not may_see(by.where_it_may(Permission.PLAN_EDIT), root):
        raise NotFound
    return root


def _need(**said: tuple[str, str]) -> None:
    for name, (words, asked) in said.items():
        if not words.strip():
            raise RuleBroken(f"{name}_missing", asked, field=name)


def _services() -> dict[str, Mapping[str, Any]]:
    return {code.code: code.extra for code in code_lists(CodeListName.ONWARD_SERVICES)[CodeListName.ONWARD_SERVICES]}


def _write(model: type[Row], by: Actor, case_id: UUID, **told: Any) -> Row:
    rows: Any = model._default_manager
    made: Row = rows.create(case_id=case_id, written_at=now(), written_by=by.label, **told)
    return made
