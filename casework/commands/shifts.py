"""A shift handed to the next: by one person, accepted by another, with what was open then."""

from typing import Any
from uuid import UUID

from accounts.domain import Permission
from accounts.models import Team
from audit.commands import command, now, record, require
from audit.domain import Actor
from audit.refusals import IllegalMove, NotFound, RuleBroken
from casework.queries.shifts import latest_hand_over, lock_hand_over, open_items
from referrals.models import HandOver
from timelimits.domain.local_time import time_words

LONGEST_NOTE = 2000


@command
def hand_over_shift(*, by: Actor, team_id: UUID, note: str = "") -> HandOver:
    """Hand the team's work to the next shift, with what is open now. The same again while it waits is quiet.

    Raises NotPermitted, NotFound when it is not their team, IllegalMove while another hand-over waits,
    RuleBroken when the note is over 2,000 letters.
    """
    require(by, Permission.SHIFT_HAND_OVER)
    team = Team.objects.select_for_update().filter(pk=team_id, pk__in=by.teams).first()
    if team is None or by.user_id is None:
        raise NotFound
    words = note.strip()
    if len(words) > LONGEST_NOTE:
        raise RuleBroken("note_long", f"Write at most {LONGEST_NOTE} letters.", "note")
    last = latest_hand_over(team)
    if last is not None and last.accepted_at is None:
        return _again(by, last, words)
    listed = open_items(by, team, now()).listed()
    row = HandOver.objects.create(team=team, note=words, listed=listed, by_id=by.user_id, handed_at=now())
    counts: dict[str, Any] = {sort: len(ids) for sort, ids in listed.items()}
    record(case_id=team.pk, event="shift.handed_over", subject=f"handover:{row.pk}", **counts)
    return row


def _again(by: Actor, last: HandOver, words: str) -> HandOver:
    if last.by_id == by.user_id and last.note == words:
        return last
    raise IllegalMove(
        "handover_waits",
        f"This can't be done because {last.by.name} handed over at {time_words(last.handed_at)} and nobody has "
        "accepted it yet. Accept it first, or let a colleague.",
    )


@command
def accept_shift(*, by: Actor, hand_over_id: UUID) -> HandOver:
    """Take on what was handed over. Accepting what one has accepted is quiet.

    Raises NotPermitted, NotFound, IllegalMove when it was their own or somebody else accepted it.
    """
    require(by, Permission.SHIFT_HAND_OVER)
    row = lock_hand_over(by, hand_over_id)
    if row.accepted_by_id is not None and row.accepted_by_id == by.user_id:
        return row
    if row.accepted_by is not None:
        raise IllegalMove("accepted", f"This can't be done because {row.accepted_by.name} accepted it already.")
    if row.by_id == by.user_id or by.user_id is None:
        raise IllegalMove("own_handover", "This can't be done because you handed it over: a colleague accepts it.")
    row.accepted_by_id, row.accepted_at = by.user_id, now()
    row.save(update_fields=["accepted_by", "accepted_at"])
    record(case_id=row.team_id, event="shift.accepted", subject=f"handover:{row.pk}")
    return row
