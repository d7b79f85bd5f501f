"""People and requests for help."""

from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Lower

from accounts.models import PartnerClient, Team, choices, one_of
from audit.models import field_history
from referrals.domain import Agrees, Channel, Direction, Identity, LocationKind, Service, Status, Urgency


class Person(models.Model):
    """Someone referred. They may have no NHS number; names are as typed."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    nhs_number = models.CharField(max_length=10, null=True, blank=True, unique=True)
    family_name = models.CharField(max_length=100)
    given_name = models.CharField(max_length=100, blank=True)
    born_on = models.DateField(null=True, blank=True)
    age_about = models.PositiveSmallIntegerField(null=True, blank=True)
    address_lines = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    postcode = models.CharField(max_length=12, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    gp_practice = models.CharField(max_length=120, blank=True)
    warnings = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    search_name = models.GeneratedField(
        expression=Lower(Concat(F("given_name"), Value(" "), F("family_name"))),
        output_field=models.TextField(),
        db_persist=True,
    )
    history = field_history(excluded_fields=["search_name"])

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(family_name=""), name="referrals_person_has_a_name"),
            models.CheckConstraint(
                condition=Q(age_about__isnull=True) | Q(age_about__lte=130), name="referrals_person_age"
            ),
        ]
        indexes = [
            GinIndex(fields=["search_name"], opclasses=["gin_trgm_ops"], name="referrals_person_name"),
            models.Index(fields=["postcode"], name="referrals_person_postcode"),
            models.Index(fields=["phone"], name="referrals_person_phone"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Referral(models.Model):
    """One request for help arriving at the single point of access, by any channel (R032)."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    reference = models.CharField(max_length=16, unique=True)
    case_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    form_id = models.UUIDField(null=True, blank=True, unique=True, editable=False)
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
    medicines_addressed = models.BooleanField(null=True)
    red_flags = models.JSONField(default=dict)
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
                condition=one_of("service", Service) | Q(service=""), name="referrals_referral_service"
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
    note = models.CharField(max_length=1000, blank=True)
    actor_id = models.CharField(max_length=80)
    actor_label = models.CharField(max_length=120)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

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

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answer="") | (Q(answered_at__isnull=False) & ~Q(answer="")),
                name="referrals_information_answer_with_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.referral_id}"


class IdempotencyKey(models.Model):
    """The first answer given to a partner's key, kept 30 days, written with what it made."""

    client = models.ForeignKey(PartnerClient, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    answer: Any = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="referrals_key_once")]

    def __str__(self) -> str:
        return str(self.pk)


class Draft(models.Model):
    """What somebody has typed and not yet sent: one for each user and form, so that nothing is lost."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    form = models.CharField(max_length=40)
    typed = models.JSONField(default=dict)
    started_at = models.DateTimeField()
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "form"], name="referrals_draft_once")]

    def __str__(self) -> str:
        return self.form
