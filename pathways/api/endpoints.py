"""Endpoints of acceptance and episodes: thin, calling the same commands as the pages."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiExample
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.clients import actor_of
from accounts.api.document import IF_MATCH_IF_WANTED, described
from accounts.api.endpoint import Endpoint, answer, read_body, version_matched
from accounts.domain import AccessLevel, Permission
from accounts.models import Team, User
from audit.commands import now
from audit.domain import Actor
from audit.refusals import RuleBroken, Stale
from pathways import queries
from pathways.api import shapes
from pathways.commands import accept_referral, allocate_episode, record_contact
from pathways.domain import ContactDetails
from pathways.models import Episode
from referrals.api.endpoints import KEY_IF_WANTED, Made, answered_once
from referrals.api.outputs import one_referral
from referrals.queries import get as get_referral

SIGHT = (AccessLevel.FULL, AccessLevel.STATUS)
ACCEPT = OpenApiExample("To the team's best placed", {"team": "ucr-south"}, request_only=True)
ACCEPT_NAMED = OpenApiExample(
    "To somebody named", {"team": "ucr-south", "coordinator": "coordinator@icras.example"}, request_only=True
)
ALLOCATE = OpenApiExample(
    "Somebody leaves",
    {"coordinator": "coordinator@icras.example", "reason": "Leaves on Monday."},
    request_only=True,
)
CONTACT = OpenApiExample(
    "The first visit",
    {
        "kind": "face_to_face",
        "attended": True,
        "occurred_at": "2026-05-11T15:10:00+01:00",
        "by_profession": "nurse",
    },
    request_only=True,
)


def _team(given: str) -> UUID:
    found = Team.objects.filter(**({"pk": key} if (key := _uuid(given)) else {"code": given})).first()
    if found is None:
        raise RuleBroken("team_unknown", "There is no such team.", field="team")
    return found.pk


def _user(given: str) -> UUID:
    found = User.objects.filter(**({"pk": key} if (key := _uuid(given)) else {"email__iexact": given})).first()
    if found is None:
        raise RuleBroken("coordinator_not_in_team", "There is nobody of this name in the team.", field="coordinator")
    return found.pk


def _uuid(given: str) -> UUID | None:
    try:
        return UUID(given)
    except ValueError:
        return None


def _answer(by: Actor, episode: Episode) -> Response:
    return answer(shapes.episode_detail(by, episode), episode.version)


class Accept(Endpoint):
    """Accept a referral."""

    permissions: ClassVar = {"POST": Permission.REFERRAL_ACCEPT}

    @described(
        verb="accept_referral",
        tag="Referrals",
        summary="Accept a referral",
        takes=shapes.AcceptSerializer,
        gives=shapes.AcceptedSerializer,
        matched=True,
        etag=True,
        examples=[ACCEPT, ACCEPT_NAMED],
    )
    def post(self, request: Request, referral_id: UUID) -> Response:
        """Accept, and name the co-ordinator in the same act (R084); a live episode is joined, never refused.

        Without a co-ordinator the best placed of the team is taken; out of its hours the one on duty, to be confirmed.
        What is not known yet stops no crisis: the first visit checks. Where nobody chose a service it goes to the one
        that the rules of triage recommend. The ETag is the referral's.
        """
        version = version_matched(request)
        by, told = actor_of(request), read_body(request, shapes.AcceptSerializer)
        done = accept_referral(
            by=by,
            referral_id=referral_id,
            team_id=_team(told["team"]),
            coordinator_id=_user(told["coordinator"]) if told.get("coordinator") else None,
            safe_care_reason=told.get("safe_care_reason") or "",
            override_reason=told.get("override_reason") or "",
            override_note=told.get("override_note") or "",
            version=version,
        )
        episode = None if done.closed else shapes.episode_summary(by, done.episode)
        found = {"joined": done.joined, "episode": episode}
        return answer(one_referral(by, done.referral, now()) | found, done.referral.version)


class EpisodeOfReferral(Endpoint):
    """The episode that a referral led to."""

    permissions: ClassVar = {"GET": Permission.EPISODE_READ}

    @described(
        verb="read_episode_of_referral",
        tag="Episodes",
        summary="Read the episode of a referral",
        gives=shapes.EpisodeSerializer,
        refuses=(404,),
        etag=True,
    )
    def get(self, request: Request, referral_id: UUID) -> Response:
        """Return the episode that the referral opened or joined; 404 while there is none, or it is not yours to see."""
        by = actor_of(request)
        referral = get_referral(by, referral_id, SIGHT)
        episode = queries.get_by_case(by, referral.joined_case_id or referral.case_id, SIGHT)
        return _answer(by, episode)


class EpisodeDetail(Endpoint):
    """One episode."""

    permissions: ClassVar = {"GET": Permission.EPISODE_READ}

    @described(
        verb="read_episode",
        tag="Episodes",
        summary="Read an episode",
        gives=shapes.EpisodeSerializer,
        refuses=(404,),
        etag=True,
    )
    def get(self, request: Request, episode_id: UUID) -> Response:
        """Return an episode as it stands: co-ordinator, services, time limits. Never who the person is."""
        by = actor_of(request)
        return _answer(by, queries.get(by, episode_id, SIGHT))


class Allocate(Endpoint):
    """Hand an episode over."""

    permissions: ClassVar = {"POST": Permission.EPISODE_ALLOCATE}

    @described(
        verb="allocate_episode",
        tag="Episodes",
        summary="Change the co-ordinator",
        takes=shapes.AllocateSerializer,
        gives=shapes.EpisodeSerializer,
        matched=True,
        etag=True,
        examples=[ALLOCATE],
    )
    def post(self, request: Request, episode_id: UUID) -> Response:
        """Hand a live episode to another co-ordinator, with the reason; there is never a gap (R084).

        The support plan's time limit is not started anew (R132).
        """
        version = version_matched(request)
        by, told = actor_of(request), read_body(request, shapes.AllocateSerializer)
        episode = allocate_episode(
            by=by,
            episode_id=episode_id,
            coordinator_id=_user(told["coordinator"]),
            reason=told["reason"],
            team_id=_team(told["team"]) if told.get("team") else None,
            version=version,
        )
        return _answer(by, episode)


class Contacts(Endpoint):
    """What was done with the person."""

    permissions: ClassVar = {"POST": Permission.CONTACT_RECORD}

    @described(
        verb="record_contact",
        tag="Episodes",
        summary="Record a contact",
        takes=shapes.ContactSerializer,
        gives=shapes.ContactMadeSerializer,
        status=status.HTTP_201_CREATED,
        refuses=(404, 409, 412),
        parameters=[IF_MATCH_IF_WANTED, KEY_IF_WANTED],
        examples=[CONTACT],
    )
    def post(self, request: Request, episode_id: UUID) -> Response:
        """Record a contact, also one that happened earlier: a fact is never refused, only a time later than now.

        The first attended face-to-face contact meets the two-hour limit at `occurred_at` (R126); without an answer at
        the door it runs on. A contact is a new row, so If-Match is not needed; when sent it is honoured. With an
        Idempotency-Key a repeated call records nothing twice.
        """
        by = actor_of(request)
        episode = queries.get(by, episode_id)
        if "If-Match" in request.headers and version_matched(request) not in (None, episode.version):
            raise Stale("Somebody changed this episode after you read it.")

        def make(told: dict[str, Any]) -> Made:
            contact = record_contact(by=by, case_id=episode.case_id, details=ContactDetails(**_known(told)))
            return status.HTTP_201_CREATED, shapes.contact_answer(by, episode, contact)

        code, data = answered_once(request, shapes.ContactSerializer, make, needed=False)
        return Response(data, status=code)


def _known(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value is not None}
