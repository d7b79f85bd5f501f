"""What partner systems send and are told about episodes: names of staff, never who the person is."""

from typing import Any

from django.urls import reverse
from rest_framework import serializers

from accounts.api.endpoint import Body, Instant, OneOf, Text, YesNo, instant
from accounts.domain import AccessLevel
from audit.commands import now
from audit.domain import Actor
from pathways import queries
from pathways.domain import BY_VERB, ContactKind, ContactOutcome, EndReason, EpisodeStatus
from pathways.models import Contact, Episode
from referrals.api.outputs import ClockSerializer, ReferralDetailSerializer, clocks_by_case
from referrals.domain import OverrideReason, Service
from timelimits.queries import clocks_for

LINKED = {"allocate": "allocate", "contacts": "contact"}


class AcceptSerializer(Body):
    """Which team takes it, and who co-ordinates."""

    team = Text(40, required=True, help_text="Its code or its id.")
    coordinator = Text(254, help_text="E-mail address or id of a member of the team; else the best placed is taken.")
    safe_care_reason = Text(
        1000, help_text="Why it is safe although `medically_stable` or `medicines_addressed` is open."
    )
    override_reason = OneOf(
        OverrideReason,
        required=False,
        allow_null=True,
        help_text="Needed for somebody under age or from elsewhere, and where the rules of triage say otherwise.",
    )
    override_note = Text(1000, help_text="The same in words; needed with it unless it is a crisis.")


class WithdrawSerializer(Body):
    """Why."""

    reason = Text(1000, required=True, help_text="In words.")


class AllocateSerializer(Body):
    """Who co-ordinates from now on, and why."""

    coordinator = Text(254, required=True, help_text="E-mail address or id of a member of the team.")
    reason = Text(300, required=True, help_text="In words.")
    team = Text(40, help_text="Its code or its id, when another team takes it over.")


class ContactSerializer(Body):
    """What happened."""

    kind = OneOf(ContactKind, leaving_out=(ContactKind.LETTER,))
    attended = YesNo(help_text="The person was met or spoken to. false: no answer, the clock runs on.")
    occurred_at = Instant(required=False, allow_null=True, help_text="Any past instant; now unless told.")
    by_profession = Text(60)


class CoordinatorSerializer(serializers.Serializer[Any]):
    """The one named contact."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    confirmed = serializers.BooleanField(help_text="false: named out of hours, not confirmed yet.")


class TeamSerializer(serializers.Serializer[Any]):
    """Who answers for the episode."""

    code = serializers.CharField()
    name = serializers.CharField()


class EpisodeSummarySerializer(serializers.Serializer[Any]):
    """An episode, and who co-ordinates it."""

    id = serializers.UUIDField()
    reference = serializers.CharField(help_text="For people: E-26-00042.")
    case_id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=[str(word) for word in EpisodeStatus])
    version = serializers.IntegerField(help_text="The same as the ETag of the episode.")
    coordinator = CoordinatorSerializer()
    team = TeamSerializer()
    links = serializers.DictField(child=serializers.CharField())


class AcceptedSerializer(ReferralDetailSerializer):
    """What acceptance led to."""

    joined = serializers.BooleanField(help_text="true: the person had a live episode, which it joined.")
    episode = EpisodeSummarySerializer(
        allow_null=True, help_text="null: it joined what is not yours to see, a restricted record."
    )


class SpellSerializer(serializers.Serializer[Any]):
    """A stay in one of the services."""

    service = serializers.ChoiceField(choices=[str(word) for word in Service])
    main = serializers.BooleanField(help_text="false: a crisis response beside the main service.")
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class EpisodeSerializer(EpisodeSummarySerializer):
    """An episode as it stands."""

    accepted_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    end_reason = serializers.ChoiceField(choices=[str(word) for word in EndReason], allow_null=True)
    spells = SpellSerializer(many=True)
    clocks = ClockSerializer(many=True)


class ContactMadeSerializer(serializers.Serializer[Any]):
    """A contact as it was recorded."""

    id = serializers.UUIDField()
    case_id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=[str(word) for word in ContactKind])
    attended = serializers.BooleanField()
    outcome = serializers.ChoiceField(choices=[str(word) for word in ContactOutcome])
    occurred_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    clocks = ClockSerializer(many=True)
    links = serializers.DictField(child=serializers.CharField())


def episode_summary(by: Actor, episode: Episode) -> dict[str, Any]:
    """Return an episode and who co-ordinates it. Names of staff only."""
    own = reverse("pathways_api:detail", args=[episode.pk])
    moves = [(BY_VERB[verb], name) for name, verb in LINKED.items()]
    links = {name: f"{own}{name}/" for m, name in moves if episode.status in m.sources and by.may(m.permission)}
    who = episode.coordinator
    return {
        "id": str(episode.pk),
        "reference": episode.reference,
        "case_id": str(episode.case_id),
        "status": str(episode.status),
        "version": episode.version,
        "coordinator": {"id": str(who.pk), "name": who.name, "confirmed": episode.coordinator_confirmed},
        "team": {"code": episode.team.code, "name": episode.team.name},
        "links": {"self": own} | links,
    }


def episode_detail(by: Actor, episode: Episode) -> dict[str, Any]:
    """Return an episode as it stands; the clocks of the referrals that joined it are among its own."""
    spells = sorted(episode.spells.all(), key=lambda spell: spell.period.lower)
    return episode_summary(by, episode) | {
        "accepted_at": instant(episode.accepted_at),
        "ended_at": instant(episode.ended_at),
        "end_reason": str(episode.end_reason) or None,
        "spells": [
            {
                "service": str(spell.service),
                "main": spell.main,
                "started_at": instant(spell.period.lower),
                "ended_at": instant(spell.period.upper),
            }
            for spell in spells
        ],
        "clocks": _clocks(by, episode),
    }


def _clocks(by: Actor, episode: Episode) -> list[dict[str, Any]]:
    seen = clocks_for(by, queries.case_ids(episode), levels=(AccessLevel.FULL, AccessLevel.STATUS))
    found = clocks_by_case(seen, now())
    return [clock for clocks in found.values() for clock in clocks]


def contact_answer(by: Actor, episode: Episode, contact: Contact) -> dict[str, Any]:
    """Return a contact as it was recorded, and what it did to the clocks."""
    return {
        "id": str(contact.pk),
        "case_id": str(contact.case_id),
        "kind": str(contact.kind),
        "attended": contact.attended,
        "outcome": str(contact.outcome),
        "occurred_at": instant(contact.occurred_at),
        "recorded_at": instant(contact.recorded_at),
        "clocks": _clocks(by, episode),
        "links": {"episode": reverse("pathways_api:detail", args=[episode.pk])},
    }
