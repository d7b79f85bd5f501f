"""Restrict a person's record to named access, open it in need with a reason that others see at once, lift it."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts.commands import Grant, grant_many
from accounts.domain import AccessLevel, BreakReason, Permission, RestrictReason
from accounts.models import BreakGlass, CaseAccess, RestrictedCase, Restriction
from accounts.queries import told_of_restricted
from audit.bulk import insert
from audit.commands import command, note_read, now, record, require
from audit.domain import Actor
from audit.refusals import NotFound, NotPermitted, RuleBroken
from casework.queries.restricted import ADDRESS, closed_record, covered, named_on, responsible_teams, restriction_of
from notifications.commands import post_many
from notifications.domain import Note, Template
from referrals.models import Person
from referrals.queries import lock_with_cases

OPEN_FOR = timedelta(hours=8)
MOST_WORDS = 300


@command
def restrict_person(
    *,
    by: Actor,
    person_id: UUID,
    reason: RestrictReason,
    words: str,
    team_ids: Collection[UUID] = (),
    user_ids: Collection[UUID] = (),
) -> Restriction:
    """Close a person's record to all but the teams that answer for them, those named here, and who does it.

    Every case of theirs is closed with it, and every referral still to come, by trigger. Grants of others end now and
    come back when it is lifted.
    Restricted already: quiet. Raises NotPermitted, NotFound, RuleBroken (reason_missing).
    """
    require(by, Permission.PERSON_RESTRICT)
    _, case_ids = _lock(by.where_it_may(Permission.PERSON_RESTRICT), person_id)
    if (held := restriction_of(case_ids)) is not None:
        return held
    _refuse_silence(words, "Say why the record is restricted.")
    kept = {*team_ids, *responsible_teams(case_ids)}
    ended = _end_grants(case_ids, kept)
    held = Restriction.objects.create(
        reason=reason, words=words.strip()[:MOST_WORDS], starts_at=now(), started_by=by.label, ended_grants=ended
    )
    insert(RestrictedCase, ("case_id", "restriction"), [(case_id, held.pk) for case_id in case_ids])
    _name(by, case_ids, kept, user_ids)
    _note(case_ids, "person.restricted", reason=reason)
    return held


def _name(by: Actor, case_ids: Sequence[UUID], team_ids: Collection[UUID], user_ids: Collection[UUID]) -> None:
    """Let teams and colleagues in on the record and its cases; whoever does it always stays in."""
    others = [user_id for user_id in user_ids if user_id != by.user_id]
    for case_id in case_ids:
        grant_many(by=by, case_id=case_id, grants=[Grant("named", team_id=team_id) for team_id in team_ids])
        users = [_for_user(by.user_id, case_id, None, "restricted")]
        users += [_for_user(user_id, case_id, None, "named") for user_id in others]
        insert(CaseAccess, USER_GRANT, users, skip_existing=True)


@command
def change_named(
    *, by: Actor, person_id: UUID, team_ids: Collection[UUID] = (), user_ids: Collection[UUID] = ()
) -> Restriction:
    """Say anew who is named on a restricted record; whoever is left out loses all sight of it now.

    The teams that answer for the person stay, and so does whoever says so. Raises NotPermitted; NotFound where nothing
    is restricted.
    """
    require(by, Permission.PERSON_RESTRICT)
    _, case_ids = _lock(by.where_it_may(Permission.PERSON_RESTRICT), person_id)
    held = restriction_of(case_ids, lock=True)
    if held is None:
        raise NotFound
    teams, users = {*team_ids, *responsible_teams(case_ids)}, {*user_ids, by.user_id}
    was = named_on(case_ids[0])
    _end_sight(case_ids, {team.pk for team in was.teams} - teams, {user.pk for user in was.users} - users)
    _name(by, case_ids, teams, [user_id for user_id in users if user_id])
    now_named = named_on(case_ids[0])
    if now_named != was:
        _note(case_ids, "person.named_changed", teams=len(now_named.teams), people=len(now_named.users))
    return held


def _end_sight(case_ids: Sequence[UUID], team_ids: Collection[UUID], user_ids: Collection[UUID]) -> None:
    rows = CaseAccess.objects.select_for_update().filter(case_id__in=case_ids, ends_at=None, level=AccessLevel.FULL)
    for row in rows.filter(Q(team_id__in=team_ids) | Q(user_id__in=user_ids)).order_by("pk"):
        row.ends_at = now()
        row.save(update_fields=["ends_at"])


def _note(covered_ids: Sequence[UUID], event: str, **codes: Any) -> None:
    """Write one event on every case; on the record itself while it has no case."""
    person_id, *case_ids = covered_ids
    for case_id in case_ids or [person_id]:
        record(case_id=case_id, event=event, subject=f"person:{person_id}", **codes)


USER_GRANT = ("case_id", "user", "level", "starts_at", "ends_at", "why")


def _for_user(user_id: UUID | None, case_id: UUID, until: object, why: str) -> tuple[object, ...]:
    return case_id, user_id, AccessLevel.FULL, now(), until, why


def _lock(by: Actor, person_id: UUID) -> tuple[Person, list[UUID]]:
    """Lock the person and what is theirs; return what a restriction covers: the record, under its own id, first."""
    if by.user_id is None:
        raise NotFound
    person, cases = lock_with_cases(by, person_id)
    return person, [person.pk, *cases]


def _refuse_silence(words: str, message: str) -> None:
    if not words.strip():
        raise RuleBroken("reason_missing", message, field="words")


def _end_grants(case_ids: Sequence[UUID], kept: Collection[UUID]) -> list[int]:
    rows = CaseAccess.objects.select_for_update().filter(case_id__in=case_ids, ends_at=None).order_by("pk")
    ended = [row for row in rows if row.team_id not in kept]
    for row in ended:
        row.ends_at = now()
        row.save(update_fields=["ends_at"])
    return [row.pk for row in ended]


@command
def unrestrict_person(*, by: Actor, person_id: UUID) -> Restriction | None:
    """Lift it: whoever saw the cases before sees them again, and the grants to single people end.

    Not restricted: quiet. Raises NotPermitted, NotFound.
    """
    require(by, Permission.PERSON_RESTRICT)
    person, case_ids = _lock(by.where_it_may(Permission.PERSON_RESTRICT), person_id)
    held = restriction_of(case_ids)
    if held is None:
        return None
    RestrictedCase.objects.filter(case_id__in=case_ids).delete()
    held.ends_at, held.ended_by, held.lifted_from = now(), by.label, case_ids
    held.save(update_fields=["ends_at", "ended_by", "lifted_from"])
    to_record = Q(case_id=person.pk) | Q(user__isnull=False)
    for row in CaseAccess.objects.filter(to_record, case_id__in=case_ids, ends_at=None):
        row.ends_at = now()
        row.save(update_fields=["ends_at"])
    for row in CaseAccess.objects.filter(pk__in=held.ended_grants, user=None):
        back = Grant(row.why, row.team_id, row.organisation_id, AccessLevel(row.level))
        grant_many(by=by, case_id=row.case_id, grants=[back])
    _note(case_ids, "person.unrestricted")
    return held


@command
def break_glass(*, by: Actor, person_id: UUID, reason: BreakReason, words: str) -> BreakGlass | None:
    """Open a restricted record for eight hours, to the one who asks and for a reason.

    The leads of the teams that answer for the person and the privacy officers are told at once, by bell and e-mail,
    without the person's name. Open to them already: quiet, nothing is returned. Raises NotPermitted, NotFound where
    nothing is restricted, RuleBroken (reason_missing).
    """
    require(by, Permission.PERSON_BREAK_GLASS)
    if by.user_id is None:
        raise NotPermitted(Permission.PERSON_BREAK_GLASS)
    case_ids = covered(person_id)
    restriction = restriction_of(case_ids, lock=True)
    if restriction is None:
        raise NotFound
    if not closed_record(by, person_id):
        return None
    _refuse_silence(words, "Say why you open it.")
    opened = BreakGlass.objects.create(
        restriction=restriction,
        user_id=by.user_id,
        reason=reason,
        words=words.strip()[:MOST_WORDS],
        at=now(),
        until=now() + OPEN_FOR,
    )
    insert(
        CaseAccess, USER_GRANT, [_for_user(by.user_id, case_id, opened.until, "break_glass") for case_id in case_ids]
    )
    _note(case_ids, "person.glass_broken", reason=reason)
    note_read(by=by, what="person.glass_broken", ids=[person_id])
    _tell(by, opened, case_ids)
    return opened


def _tell(by: Actor, opened: BreakGlass, case_ids: Collection[UUID]) -> None:
    """Tell who leads the teams that answer for the person, on duty or not, and every privacy officer."""
    leads, officers = told_of_restricted(responsible_teams(case_ids), now())
    key = f"glass:{opened.pk}"
    notes = [Note(f"{key}:{user_id}", user_id, Template.GLASS_BROKEN, ADDRESS) for user_id in sorted(leads | officers)]
    post_many(by=by, notes=notes)
