"""Requests for help, their moves and the questions asked before deciding."""

from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from accounts.models import Team, choices, one_of
from referrals.domain import Agrees, Channel, Direction, Identity, LocationKind, Service, Status, Urgency
from referrals.domain.triage import UCR_NEEDS, BedGround, PlannedReason, Trigger, WouldBe
from referrals.models.people import Person


class Referral(models.Model):
    """One request for help arriving at the single point of access, by any channel (R032)."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    reference = models.CharField(max_length=16, unique=True)
    case_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    form_id = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    follows = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="followed_by")
    told_name = models.CharField(max_length=210, blank=True, default="", db_default="")
    helped_before = models.BooleanField(null=True)
    joined_case_id = models.UUIDField(null=True, blank=True, db_index=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="referrals")
    identity = models.CharField(max_length=20, choices=choices(Identity), default=Identity.AS_TOLD)
    version = models.PositiveIntegerField(default=1)
    status = models.CharField(max_length=20, choices=choices(Status), default=Status.NEW)
    channel = models.CharField(max_length=10, choices=choices(Channel))
    direction = models.CharField(max_length=10, choices=choices(Direction))
    urgency = models.CharField(max_length=10, choices=choices(Urgency))
    service = models.CharField(max_length=12, choices=choices(Service), blank=True)
    received_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    zone = models.SlugField(max_length=40, blank=True)
    front_door = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    held_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    held_at = models.DateTimeField(null=True, blank=True)

    reason = models.CharField(max_length=40, blank=True)
    summary = models.TextField()
    location_kind = models.CharField(max_length=12, choices=choices(LocationKind), default=LocationKind.HOME)
    location_lines = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    location_postcode = models.CharField(max_length=12, blank=True)
    location_phone = models.CharField(max_length=40, blank=True)
    access = models.CharField(max_length=300, blank=True)
    who_is_with_them = models.CharField(max_length=200, blank=True)
    source_kind = models.CharField(max_length=40, blank=True)
    source_organisation = models.CharField(max_length=120, blank=True)
    caller_name = models.CharField(max_length=120, blank=True)
    caller_relationship = models.CharField(max_length=80, blank=True)
    ring_back = models.CharField(max_length=40, blank=True)
    contact_name = models.CharField(max_length=120, blank=True)
    contact_relationship = models.CharField(max_length=80, blank=True)
    contact_phone = models.CharField(max_length=40, blank=True)
    agrees = models.CharField(max_length=16, choices=choices(Agrees), default=Agrees.NOT_ASKED)
    hospital_site = models.CharField(max_length=80, blank=True)
    hospital_ward = models.CharField(max_length=80, blank=True)
    ready_on = models.DateField(null=True, blank=True)
    medically_stable = models.BooleanField(null=True)
    stable_confirmed_by = models.CharField(max_length=120, blank=True, default="", db_default="")
    medicines_addressed = models.BooleanField(null=True)
    red_flags = models.JSONField(default=dict)
    trigger = models.CharField(max_length=20, choices=choices(Trigger), blank=True, default="", db_default="")
    needs = ArrayField(models.CharField(max_length=40), default=list, blank=True, db_default=[])
    would_be = models.CharField(max_length=20, choices=choices(WouldBe), blank=True, default="", db_default="")
    planned_reason = models.CharField(
        max_length=20, choices=choices(PlannedReason), blank=True, default="", db_default=""
    )
    bed_ground = models.CharField(max_length=30, choices=choices(BedGround), blank=True, default="", db_default="")
    emergency_called_by = models.CharField(max_length=120, blank=True)
    emergency_called_at = models.DateTimeField(null=True, blank=True)
    emergency_reference = models.CharField(max_length=40, blank=True)
    emergency_confirmed_at = models.DateTimeField(null=True, blank=True)
    emergency_confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=one_of("status", Status), name="referrals_referral_status"),
            models.CheckConstraint(condition=one_of("urgency", Urgency), name="referrals_referral_urgency"),
            models.CheckConstraint(condition=one_of("direction", Direction), name="referrals_referral_direction"),
            models.CheckConstraint(condition=one_of("agrees", Agrees), name="referrals_referral_agrees"),
            models.CheckConstraint(condition=one_of("location_kind", LocationKind), name="referrals_referral_location"),
            models.CheckConstraint(
                condition=Q(follows__isnull=True) | ~Q(follows=F("id")), name="referrals_referral_not_after_itself"
            ),
            models.CheckConstraint(
                condition=one_of("service", Service) | Q(service=""), name="referrals_referral_service"
            ),
            models.CheckConstraint(
                condition=(one_of("trigger", Trigger) | Q(trigger=""))
                & (one_of("would_be", WouldBe) | Q(would_be=""))
                & (one_of("planned_reason", PlannedReason) | Q(planned_reason="")),
                name="referrals_referral_why_now",
            ),
            models.CheckConstraint(
                condition=one_of("bed_ground", BedGround) | Q(bed_ground=""), name="referrals_referral_bed_ground"
            ),
            models.CheckConstraint(
                condition=Q(needs__contained_by=list(UCR_NEEDS)), name="referrals_referral_known_needs"
            ),
            models.CheckConstraint(
                condition=Q(received_at__lte=F("recorded_at")), name="referrals_referral_received_first"
            ),
            models.CheckConstraint(
                condition=Q(held_by__isnull=True, held_at__isnull=True)
                | Q(held_by__isnull=False, held_at__isnull=False),
                name="referrals_referral_held_by_with_at",
            ),
            models.CheckConstraint(
                condition=Q(emergency_confirmed_by__isnull=True, emergency_confirmed_at__isnull=True)
                | Q(emergency_confirmed_by__isnull=False, emergency_confirmed_at__isnull=False),
                name="referrals_referral_999_by_with_at",
            ),
            models.CheckConstraint(
                condition=Q(joined_case_id__isnull=True) | Q(status__in=[Status.ACCEPTED, Status.WITHDRAWN]),
                name="referrals_referral_joins_when_accepted",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[Status.NEW, Status.WAITING, Status.ACCEPTED]) | Q(done_at__isnull=False),
                name="referrals_referral_ended_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "-received_at"], name="referrals_referral_person"),
            models.Index(fields=["-done_at"], condition=Q(done_at__isnull=False), name="referrals_referral_done"),
            models.Index(fields=["-received_at", "-id"], name="referrals_referral_received"),
            models.Index(fields=["hospital_site", "case_id"], condition=Q(done_at=None), name="referrals_at_hospital"),
        ]

    def __str__(self) -> str:
        return self.reference


class ReferralTransition(models.Model):
    """One move of a referral, never changed: what was done, why, by whom, when it happened and when it was written."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="transitions")
    verb = models.CharField(max_length=20)
    from_status = models.CharField(max_length=20, blank=True)
    to_status = models.CharField(max_length=20, choices=choices(Status))
    reason = models.CharField(max_length=40, blank=True)
    signpost = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=20, blank=True, default="", db_default="")
    note = models.CharField(max_length=1000, blank=True)
    changes = models.JSONField(default=dict, db_default={}, blank=True)
    actor_id = models.CharField(max_length=80)
    actor_label = models.CharField(max_length=120)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    sent_id = models.UUIDField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(verb="decline") | (~Q(reason="") & ~Q(signpost="")),
                name="referrals_decline_has_reason_and_signpost",
            )
        ]
        indexes = [models.Index(fields=["referral", "-id"], name="referrals_transition_latest")]

    def __str__(self) -> str:
        return f"{self.verb} {self.referral_id}"


class InformationRequest(models.Model):
    """Something asked of somebody before deciding. It never stops the crisis clock."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="information_requests")
    asked_of = models.CharField(max_length=120)
    phone = models.CharField(max_length=40, blank=True)
    question = models.CharField(max_length=500)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=120)
    answer = models.CharField(max_length=1000, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    chases = models.PositiveSmallIntegerField(default=0, db_default=0)
    chased_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    to_referrer = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answer="") | (Q(answered_at__isnull=False) & ~Q(answer="")),
                name="referrals_information_answer_with_time",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(answered_at=None), name="referrals_information_closed_unanswered"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.referral_id}"
