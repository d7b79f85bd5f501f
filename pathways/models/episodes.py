"""Episodes, their one co-ordinator, spells in the services, contacts and tasks."""

from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q

from accounts.models import Team, choices, one_of
from pathways.domain import ContactKind, ContactOutcome, EndReason, EpisodeStatus, WaitingKind, Way
from referrals.domain import Service
from referrals.models import Person, Referral


class Episode(models.Model):
    """A person's time in intermediate care: begins on acceptance, its co-ordinator named in the same act (R084)."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    reference = models.CharField(max_length=16, unique=True)
    case_id = models.UUIDField(unique=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="episodes")
    opened_by = models.OneToOneField(Referral, on_delete=models.PROTECT, related_name="episode")
    status = models.CharField(max_length=10, choices=choices(EpisodeStatus), default=EpisodeStatus.LIVE)
    coordinator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    coordinator_confirmed = models.BooleanField(default=True)
    zone = models.SlugField(max_length=40, blank=True)
    accepted_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=20, choices=choices(EndReason), blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=one_of("status", EpisodeStatus), name="pathways_episode_status"),
            models.UniqueConstraint(
                fields=["person"], condition=Q(status=EpisodeStatus.LIVE), name="pathways_one_live_episode"
            ),
            models.CheckConstraint(
                condition=Q(status=EpisodeStatus.LIVE, ended_at__isnull=True, end_reason="")
                | (Q(status=EpisodeStatus.ENDED, ended_at__isnull=False) & ~Q(end_reason="")),
                name="pathways_episode_ended_with_reason",
            ),
        ]
        indexes = [models.Index(fields=["person", "-accepted_at"], name="pathways_episode_person")]

    def __str__(self) -> str:
        return self.reference


class CoordinatorTerm(models.Model):
    """Who was co-ordinator from when to when. Terms touch: there is never a gap and never two."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="terms")
    coordinator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    period = DateTimeRangeField()
    reason = models.CharField(max_length=300)
    actor_id = models.CharField(max_length=80)
    actor_label = models.CharField(max_length=120)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="pathways_one_coordinator",
                expressions=[(F("episode"), RangeOperators.EQUAL), (F("period"), RangeOperators.OVERLAPS)],
            )
        ]

    def __str__(self) -> str:
        return f"{self.episode_id}"


class Spell(models.Model):
    """A stay in one of the four services; one main at a time, a crisis response may run beside it (R118, R119)."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="spells")
    service = models.CharField(max_length=12, choices=choices(Service))
    main = models.BooleanField(default=True)
    period = DateTimeRangeField()
    referral = models.ForeignKey(Referral, null=True, blank=True, on_delete=models.PROTECT, related_name="spells")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=one_of("service", Service), name="pathways_spell_service"),
            models.CheckConstraint(
                condition=Q(main=True) | Q(service=Service.CRISIS), name="pathways_only_crisis_beside"
            ),
            ExclusionConstraint(
                name="pathways_main_spells_apart",
                expressions=[(F("episode"), RangeOperators.EQUAL), (F("period"), RangeOperators.OVERLAPS)],
                condition=Q(main=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service} {self.episode_id}"


class Waiting(models.Model):
    """Time between services, and who keeps the person safe meanwhile."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="waitings")
    kind = models.CharField(max_length=12, choices=choices(WaitingKind))
    service = models.CharField(max_length=12, choices=choices(Service), blank=True)
    period = DateTimeRangeField()
    kept_safe_by = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(kept_safe_by=""), name="pathways_waiting_names_who"),
            ExclusionConstraint(
                name="pathways_waitings_apart",
                expressions=[(F("episode"), RangeOperators.EQUAL), (F("period"), RangeOperators.OVERLAPS)],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.episode_id}"


class Contact(models.Model):
    """One contact with, or about, a person: what happened can always be recorded."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    case_id = models.UUIDField(db_index=True)
    kind = models.CharField(max_length=14, choices=choices(ContactKind))
    way = models.CharField(max_length=4, choices=choices(Way))
    attended = models.BooleanField()
    outcome = models.CharField(max_length=14, choices=choices(ContactOutcome))
    with_whom = models.CharField(max_length=120, blank=True)
    about = models.CharField(max_length=1000, blank=True)
    by_profession = models.CharField(max_length=60, blank=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor_id = models.CharField(max_length=80)
    actor_label = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=one_of("kind", ContactKind), name="pathways_contact_kind"),
            models.CheckConstraint(condition=one_of("outcome", ContactOutcome), name="pathways_contact_outcome"),
            models.CheckConstraint(
                condition=Q(occurred_at__lte=F("recorded_at")), name="pathways_contact_happened_first"
            ),
            models.CheckConstraint(
                condition=Q(attended=False) | ~Q(outcome=ContactOutcome.NO_ACCESS),
                name="pathways_no_access_is_not_attended",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.case_id}"


class Task(models.Model):
    """Something somebody has promised to do by a time."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    case_id = models.UUIDField(db_index=True)
    what = models.CharField(max_length=300)
    kind = models.CharField(max_length=30)
    code = models.CharField(max_length=40, blank=True, default="", db_default="")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, done_by="") | (Q(done_at__isnull=False) & ~Q(done_by="")),
                name="pathways_task_done_by_with_at",
            )
        ]
        indexes = [
            models.Index(fields=["owner", "due_at"], condition=Q(done_at__isnull=True), name="pathways_task_open"),
            models.Index(
                fields=["case_id"], condition=Q(done_at__isnull=True, kind="blocker"), name="pathways_task_blocker"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.case_id}"
