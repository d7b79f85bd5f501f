"""Accept a referral: an episode with its one co-ordinator named in the same act."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from psycopg.types.range import TimestamptzRange

from accounts.commands import grant_access
from accounts.domain import Duty
from accounts.models import RestrictedCase, Team, User
from accounts.queries import current_memberships, is_open, may_see, on_duty
from audit.commands import command, now, record
from audit.domain import Actor
from audit.refusals import RuleBroken
from notifications.commands import post
from notifications.domain import Template
from pathways import queries
from pathways.commands.contact import meet_by_earlier_visit
from pathways.commands.readiness import refuse_if_not_ready, why_otherwise
from pathways.commands.tasks import promise_what_they_need
from pathways.domain import (
    CRISIS_SPELL,
    INTERMEDIATE_CARE,
    JOINED_EPISODE,
    SUPPORT_PLAN,
    TRANSITION_PLAN,
    WaitingKind,
)
from pathways.models import CoordinatorTerm, Episode, Spell, Task, Waiting
from referrals.commands.chase import close_questions
from referrals.commands.moves import Begun, begin, complete, end_clocks
from referrals.commands.rules import keep_recommendation
from referrals.domain import FirstVisitCheck, Phase, Service, Urgency, missing_to_decide, open_medical_question
from referrals.models import Person, Referral
from referrals.queries import decidable
from referrals.queries.hospital import hospital_support_open
from timelimits.commands import ask_approval, hand_over, start_clock
from timelimits.domain import ApprovalKind

FIRST_VISIT = timedelta(hours=2)
MEDICAL = ("medically_stable", "medicines_addressed")


@dataclass(frozen=True, slots=True)
class Accepted:
    """What acceptance led to: an episode begun, or a live one joined. `closed`: not open to who accepted it."""

    referral: Referral
    episode: Episode
    joined: bool
    closed: bool = False


@command
def accept_referral(
    *,
    by: Actor,
    referral_id: UUID,
    team_id: UUID,
    coordinator_id: UUID | None = None,
    note: str = "",
    check: FirstVisitCheck | None = None,
    safe_care_reason: str = "",
    override_reason: str = "",
    override_note: str = "",
    version: int | None = None,
) -> Accepted:
    """Accept a referral and name its co-ordinator in the same act (R084); a live episode is joined, never refused.

    Without a coordinator the best suggestion is taken; out of the team's hours it is the duty co-ordinator, to be
    confirmed. Not known never stops a crisis: a task says who will check on the first visit. Raises RuleBroken
    (medical_question_open, coordinator_not_in_team, nobody_to_coordinate; manual_triage for somebody under age or from
    elsewhere without `override_reason`, R010; not_as_recommended without one, R051; hospital_support_not_agreed, R047;
    person_died), IllegalMove, Stale. Where nobody chose a service it goes to the recommended one.
    """
    told = (team_id, coordinator_id, note, check, safe_care_reason, override_reason, override_note)
    begun = begin(by, "accept", referral_id, version, told)
    referral = begun.referral
    person = Person.objects.select_for_update().get(pk=referral.person_id)
    live = queries.lock_live_episode(person.pk)
    if begun.again:
        episode = Episode.objects.get(case_id=referral.joined_case_id or referral.case_id)
        return _accepted(by, referral, episode)
    _settle(by, referral, safe_care_reason, (override_reason, override_note))
    safe_care = hospital_support_open(referral) or open_medical_question(decidable(referral))
    said = note or safe_care_reason or override_note
    if live is None:
        team, coordinator, confirmed = _who_coordinates(team_id, coordinator_id)
        complete(by, begun, note=said, team=str(team.pk))
        episode = _open_episode(by, referral, person, team, coordinator, confirmed)
    else:
        episode = _join(by, begun, live, said)
    _begin_service(by, referral, episode)
    end_clocks(by, begun, now(), "")
    close_questions(by, referral)
    _show_on_lists(by, referral, episode)
    meet_by_earlier_visit(by, referral)
    _ask_first_visit(by, referral, episode, check)
    if safe_care:
        _ask_second_person(by, referral, episode, safe_care_reason)
    tell_coordinator(by, episode, Template.CASE_HANDED_OVER if live is None else Template.CASE_CHANGED)
    return _accepted(by, referral, episode)


def _accepted(by: Actor, referral: Referral, episode: Episode) -> Accepted:
    joined = referral.joined_case_id is not None
    return Accepted(referral, episode, joined, closed=joined and not may_see(by, episode.case_id))


def _settle(by: Actor, referral: Referral, safe_care_reason: str, override: tuple[str, str]) -> None:
    """Refuse what is not ready; else note the service it goes to, beside what the rules of triage say of it."""
    why = why_otherwise(referral, *override, safe_care_reason)
    goes = queries.going(referral, now())
    refuse_if_not_ready(referral, goes, safe_care_reason, why)
    referral.service = goes.service
    why = why if why[0] else goes.said
    keep_recommendation(by, referral, "accept", why, service=referral.service, urgency=referral.urgency)
    _confirm_stable(by, referral)


def _join(by: Actor, begun: Begun, live: Episode, note: str) -> Episode:
    begun.referral.joined_case_id = live.case_id
    complete(by, begun, note=note, joined=live.reference)
    promise_what_they_need(live)
    return live


def _confirm_stable(by: Actor, referral: Referral) -> None:
    """Keep which clinician took it that the person is medically stable: whoever accepts confirms what was told (R052).

    A partner system confirms nothing. Not known, or confirmed by nobody, never stops a crisis: then a named
    practitioner checks on the first visit.
    """
    if by.user_id is not None and referral.medically_stable and referral.urgency == Urgency.CRISIS:
        referral.stable_confirmed_by = by.label


def tell_coordinator(by: Actor, episode: Episode, template: Template) -> None:
    """Tell the co-ordinator, unless it is they who act."""
    if episode.coordinator_id != by.user_id:
        post(
            by=by,
            key=f"{template}:{episode.pk}:{episode.coordinator_id}:{now().isoformat()}",
            user_id=episode.coordinator_id,
            template=template,
            link=f"/cases/{episode.case_id}/",
            reference=episode.reference,
        )


def _ask_second_person(by: Actor, referral: Referral, episode: Episode, safe_care_reason: str) -> None:
    ask_approval(
        by=by,
        kind=ApprovalKind.SAFE_CARE_ACCEPTANCE,
        case_id=episode.case_id,
        subject=f"referral:{referral.pk}",
        reason="safe_care",
        note=safe_care_reason,
    )


def _who_coordinates(team_id: UUID, coordinator_id: UUID | None) -> tuple[Team, User, bool]:
    team = Team.objects.filter(pk=team_id).first()
    if team is None:
        raise RuleBroken("team_unknown", "Choose a team.", field="team")
    if coordinator_id is not None:
        return team, member_of(team, coordinator_id), True
    duty = on_duty(team.pk, Duty.CO_ORDINATOR, now())
    if not is_open(team.pk, now()) and duty:
        return team, duty[0], False
    best = queries.candidates(team.pk, now())
    if best:
        return team, User.objects.get(pk=best[0].user_id), True
    if duty:
        return team, duty[0], False
    raise RuleBroken("nobody_to_coordinate", f"{team.name} has no co-ordinator. Choose another team.", field="team")


def member_of(team: Team, user_id: UUID) -> User:
    """Return an active member of the team, or raise RuleBroken."""
    held = current_memberships(now()).filter(team=team, user_id=user_id, user__is_active=True)
    found = held.select_related("user").first()
    if found is None:
        raise RuleBroken("coordinator_not_in_team", f"Choose somebody who works in {team.name}.", field="coordinator")
    return found.user


def _open_episode(
    by: Actor, referral: Referral, person: Person, team: Team, coordinator: User, confirmed: bool
) -> Episode:
    episode = Episode.objects.create(
        reference=queries.next_reference(now()),
        case_id=referral.case_id,
        person=person,
        opened_by=referral,
        coordinator=coordinator,
        team=team,
        coordinator_confirmed=confirmed,
        zone=referral.zone,
        accepted_at=now(),
    )
    CoordinatorTerm.objects.create(
        episode=episode,
        coordinator=coordinator,
        team=team,
        period=TimestamptzRange(now(), None),
        reason="Named at acceptance",
        actor_id=by.id,
        actor_label=by.label,
    )
    subject = f"episode:{episode.pk}"
    record(case_id=episode.case_id, event="episode.opened", subject=subject, coordinator=str(coordinator.pk))
    _start(by, episode, subject, SUPPORT_PLAN)
    promise_what_they_need(episode)
    return episode


def _begin_service(by: Actor, referral: Referral, episode: Episode) -> None:
    service = Service(referral.service)
    if service is Service.CRISIS:
        begin_spell(by, episode, service, referral)
    elif referral.joined_case_id is None:
        Waiting.objects.create(
            episode=episode,
            kind=WaitingKind.WAITING,
            service=service,
            period=TimestamptzRange(now(), None),
            kept_safe_by=f"{episode.team.name}, {episode.team.duty_phone}".strip(", "),
        )


def begin_spell(by: Actor, episode: Episode, service: Service, referral: Referral) -> Spell:
    """Begin a spell now: beside the main one when there is one, and start what counts from it (R115, R129, R190)."""
    beside = episode.spells.filter(main=True, period__upper_inf=True).exists()
    spell = Spell.objects.create(
        episode=episode, service=service, main=not beside, period=TimestamptzRange(now(), None), referral=referral
    )
    first = not queries.spells_that_count(episode).exclude(pk=spell.pk).exists()
    record(case_id=episode.case_id, event="spell.started", subject=f"spell:{spell.pk}", service=service)
    if service is Service.CRISIS:
        _start(by, episode, f"spell:{spell.pk}", CRISIS_SPELL)
    if first:
        _start(by, episode, f"episode:{episode.pk}", INTERMEDIATE_CARE)
        _start(by, episode, f"episode:{episode.pk}", TRANSITION_PLAN)
    return spell


def _start(by: Actor, episode: Episode, subject: str, policy: str) -> None:
    start_clock(by=by, case_id=episode.case_id, subject=subject, policy=policy, started_at=now())


def _show_on_lists(by: Actor, referral: Referral, episode: Episode) -> None:
    grant_access(by=by, case_id=referral.case_id, team_id=episode.team_id, why="accepted")
    if referral.joined_case_id and not RestrictedCase.objects.filter(pk=referral.person_id).exists():
        grant_access(by=by, case_id=episode.case_id, team_id=referral.front_door_id, why="joined")
    hand_over(
        by=by,
        case_id=referral.case_id,
        user_id=episode.coordinator_id,
        team_id=episode.team_id,
        zone=referral.zone,
        phase=Phase.ACCEPTED,
        step_down=referral.direction == "step_down",
        reference=episode.reference if referral.joined_case_id is None else referral.reference,
        no_clock_reason=JOINED_EPISODE if referral.joined_case_id else "",
    )


def _ask_first_visit(by: Actor, referral: Referral, episode: Episode, check: FirstVisitCheck | None) -> None:
    unknown = [code for code in missing_to_decide(decidable(referral)) if code in MEDICAL]
    if referral.medically_stable and not referral.stable_confirmed_by:
        unknown = ["medically_stable", *unknown]  # told by a system: no clinician has confirmed it (R052)
    if not unknown or referral.urgency != Urgency.CRISIS:
        return
    check = check or FirstVisitCheck()
    owner_id = check.practitioner or episode.coordinator_id
    words = {"medically_stable": "medically stable?", "medicines_addressed": "medicines dealt with?"}
    Task.objects.create(
        case_id=referral.case_id,
        what=f"On the first visit check: {' '.join(words[code] for code in unknown)} {check.reason}"[:300],
        kind="first_visit_check",
        owner_id=owner_id,
        due_at=referral.received_at + FIRST_VISIT,
        created_at=now(),
    )
    record(case_id=referral.case_id, event="task.promised", subject=f"referral:{referral.pk}", kind="first_visit_check")
