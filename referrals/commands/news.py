"""What is told about an open referral after it was sent: by telephone, by e-mail, or by its referrer on their page."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from accounts.domain import AccessLevel, Permission, Role
from accounts.queries import people_with_role
from audit.commands import command, now, record, require
from audit.domain import Actor, sending
from audit.refusals import IllegalMove, RuleBroken
from notifications.commands import post_many
from notifications.domain import Note, Template
from referrals import queries
from referrals.commands.moves import Begun, complete, subject, who_was_first
from referrals.domain import BY_VERB, MOST_NEWS, NEWS, OPEN, Status, Urgency, Way, settle_received_at
from referrals.models import NewsSeen, Referral, ReferralTransition
from timelimits.models import CaseDeadline

OWN = (AccessLevel.STATUS,)


@command
def add_news(
    *,
    by: Actor,
    referral_id: UUID,
    said_by: str,
    way: Way,
    words: str,
    said_at: datetime | None = None,
    version: int | None = None,
) -> Referral:
    """Write down what came in about a referral that is open, or accepted and not ended (R036, R061).

    The same again from the same `version` is quiet; a referral that has changed meanwhile takes it all the same, since
    news is a fact. Whoever has it is told, without a word of it, when it is a crisis or accepted. No clock moves.
    Raises NotPermitted, NotFound, IllegalMove (ended), RuleBroken (said_by_missing, words_missing, said_in_future).
    """
    if not said_by.strip():
        raise RuleBroken("said_by_missing", "Say who said it.", "said_by")
    told = f"{said_by.strip()}: {_said(words)}"
    at = _said_at(said_at)
    begun = _begin(by, "add_news", referral_id, version, (told, way, said_at), (AccessLevel.FULL,))
    return begun.referral if begun.again else _keep(by, begun, told, way, at)


@command
def tell_news(*, by: Actor, referral_id: UUID, words: str, version: int | None = None) -> Referral:
    """Add, as whoever sent the referral, what is new; as `add_news` does. Raises NotFound for what others sent."""
    said = _said(words)
    begun = _begin(by, "tell", referral_id, version, (said,), OWN)
    return begun.referral if begun.again else _keep(by, begun, said, Way.OWN_PAGE)


@command
def ask_to_withdraw(*, by: Actor, referral_id: UUID, words: str, version: int | None = None) -> Referral:
    """Ask, as whoever sent it, that an accepted referral be withdrawn: it ends nothing, and its owner decides."""
    said = _said(words)
    begun = _begin(by, "ask_withdraw", referral_id, version, (said,), OWN)
    return begun.referral if begun.again else _keep(by, begun, said, Way.OWN_PAGE)


@command
def see_news(*, by: Actor, referral_id: UUID, last: int | None = None) -> Referral:
    """Say that the news of a referral was looked at: by whom first and when stays. Nothing new: quiet.

    `last` is the latest that the page showed: what came in after it stays new.
    """
    require(by, Permission.TASK_RECORD)
    referral = queries.lock(by.where_it_may(Permission.TASK_RECORD), referral_id)
    news = referral.transitions.filter(verb__in=NEWS, news_seen=None).order_by("id")
    unseen = [each for each in news if last is None or each.pk <= last]
    for each in unseen:
        NewsSeen.objects.create(transition=each, seen_at=now(), seen_by=by.label)
    if unseen:
        record(case_id=referral.case_id, event="referral.news_seen", subject=subject(referral), news=len(unseen))
    return referral


def _said(words: str) -> str:
    said = words.strip()
    if not said:
        raise RuleBroken("words_missing", "Write down what is new.", "words")
    return said


def _said_at(told: datetime | None) -> datetime:
    try:
        return settle_received_at(told, now())
    except ValueError:
        raise RuleBroken("said_in_future", "This time is later than now.", "said_at") from None


def _begin(
    by: Actor, verb: str, referral_id: UUID, version: int | None, told: Iterable[object], levels: Iterable[AccessLevel]
) -> Begun:
    """Check permission, lock the row in scope, and look whether this very sending was kept, or it has ended."""
    move = BY_VERB[verb]
    require(by, move.permission)
    referral = queries.lock(by.where_it_may(move.permission), referral_id, levels)
    sent_id = None if version is None else sending(by.id, verb, referral_id, version, *told)
    again = sent_id is not None and referral.transitions.filter(sent_id=sent_id).exists()
    if not again and referral.status not in move.sources:
        raise IllegalMove(f"already_{referral.status}", f"This can't be done because {who_was_first(referral)}.")
    if not again and referral.status == Status.ACCEPTED and _deadline(referral) is None:
        raise IllegalMove("episode_ended", "This can't be done because the episode has ended. Make a new referral.")
    return Begun(move, referral, Status(referral.status), sent_id, again)


def _keep(by: Actor, begun: Begun, words: str, way: Way, said_at: datetime | None = None) -> Referral:
    if len(words) > MOST_NEWS:
        raise RuleBroken("words_too_long", f"Use at most {MOST_NEWS} letters; this has {len(words)}.", "words")
    complete(by, begun, note=words, kind=way, occurred_at=said_at)
    _tell_owner(by, begun.referral, begun.referral.transitions.latest("id"))
    return begun.referral


def _deadline(referral: Referral) -> CaseDeadline | None:
    return CaseDeadline.objects.filter(pk=referral.joined_case_id or referral.case_id).first()


def _tell_owner(by: Actor, referral: Referral, news: ReferralTransition) -> None:
    """Tell whoever has it, when it cannot wait for the list to be read; of a crisis that nobody has, who triages."""
    if referral.status in OPEN and referral.urgency != Urgency.CRISIS:
        return
    held = _deadline(referral)
    if held is None:
        return
    owners = [held.responsible_user_id] if held.responsible_user_id else _triages(held.responsible_team_id)
    link = f"/referrals/{referral.pk}/" if referral.status in OPEN else f"/cases/{held.pk}/"
    notes = [
        Note(f"news:{news.pk}:{owner}", owner, Template.NEWS_CAME, link, referral.reference)
        for owner in owners
        if f"user:{owner}" != by.id
    ]
    post_many(by=by, notes=notes)


def _triages(team_id: UUID) -> list[UUID]:
    return sorted(user.pk for user in people_with_role(Role.TRIAGE_PRACTITIONER, team_id, now()))
