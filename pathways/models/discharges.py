"""Leaving hospital: the plan on the ward, and what psychiatric liaison was asked."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from accounts.models import choices, one_of
from pathways.domain import BackReason, Criteria, Destination, DischargeStatus, LiaisonOutcome, Pathway, RehabOffer
from referrals.domain import BedGround
from referrals.models import Referral


def code(enum: object, longest: int = 20) -> "models.CharField[str, str]":
    """Return a column for one code of an enum, or empty: not said yet."""
    return models.CharField(max_length=longest, choices=choices(enum), blank=True, default="")


def known(field: str, enum: object) -> Q:
    """Return the rule of such a column."""
    return one_of(field, enum) | Q(**{field: ""})


class Discharge(models.Model):
    """The discharge of one person referred from hospital: when, on which pathway and why, where to (R045)."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    referral = models.OneToOneField(Referral, on_delete=models.PROTECT, related_name="discharge")
    status = models.CharField(max_length=12, choices=choices(DischargeStatus), default=DischargeStatus.PLANNED)
    version = models.PositiveIntegerField(default=1)
    expected_on = models.DateField(null=True, blank=True)
    criteria = models.CharField(max_length=12, choices=choices(Criteria), default=Criteria.NOT_KNOWN)
    criteria_at = models.DateTimeField(null=True, blank=True)
    pathway = code(Pathway)
    grounds = models.CharField(max_length=300, blank=True)
    bed_ground = code(BedGround, 30)
    destination = code(Destination)
    destination_reason = models.CharField(max_length=300, blank=True)
    needs = models.CharField(max_length=2000, blank=True)
    rehab = code(RehabOffer)
    rehab_reason = models.CharField(max_length=300, blank=True)
    mh_professional = models.CharField(max_length=120, blank=True)
    mh_phone = models.CharField(max_length=40, blank=True)
    changed_at = models.DateTimeField()
    changed_label = models.CharField(max_length=120)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.CharField(max_length=120, blank=True)
    unconfirmed_at = models.DateTimeField(null=True, blank=True)
    unconfirmed_why = models.CharField(
        max_length=20, choices=choices(BackReason), blank=True, default="", db_default=""
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    left_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=one_of("status", DischargeStatus), name="pathways_discharge_status"),
            models.CheckConstraint(
                condition=one_of("criteria", Criteria)
                & known("pathway", Pathway)
                & known("bed_ground", BedGround)
                & known("destination", Destination)
                & known("rehab", RehabOffer),
                name="pathways_discharge_codes",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at=None, confirmed_by="")
                | (Q(confirmed_at__isnull=False) & ~Q(confirmed_by="") & ~Q(pathway="") & ~Q(grounds="")),
                name="pathways_discharge_confirmed_whole",
            ),
            models.CheckConstraint(
                condition=Q(unconfirmed_at=None, unconfirmed_why="")
                | (Q(unconfirmed_at__isnull=False, confirmed_at=None) & one_of("unconfirmed_why", BackReason)),
                name="pathways_discharge_unconfirmed_whole",
            ),
            models.CheckConstraint(
                condition=~Q(status=DischargeStatus.CONFIRMED) | Q(confirmed_at__isnull=False),
                name="pathways_discharge_confirmed_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(rehab=RehabOffer.EXCEPTION, status=DischargeStatus.CONFIRMED) | ~Q(rehab_reason=""),
                name="pathways_rehab_exception_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[DischargeStatus.LEFT, DischargeStatus.CANCELLED], ended_at__isnull=False)
                | Q(status__in=[DischargeStatus.PLANNED, DischargeStatus.CONFIRMED], ended_at=None),
                name="pathways_discharge_ended_has_time",
            ),
        ]
        indexes = [models.Index(fields=["expected_on", "id"], condition=Q(ended_at=None), name="pathways_discharge_on")]

    def __str__(self) -> str:
        return f"{self.status} {self.referral_id}"


class LiaisonRequest(models.Model):
    """A new mental health concern at discharge, put to psychiatric liaison first (R101, R178)."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    case_id = models.UUIDField(db_index=True)
    concern = models.CharField(max_length=1000)
    asked_of = models.CharField(max_length=120)
    phone = models.CharField(max_length=40, blank=True)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=120)
    outcome = code(LiaisonOutcome)
    note = models.CharField(max_length=1000, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at=None, outcome="", answered_by="")
                | (Q(answered_at__isnull=False) & one_of("outcome", LiaisonOutcome) & ~Q(answered_by="")),
                name="pathways_liaison_answered_whole",
            )
        ]

    def __str__(self) -> str:
        return f"{self.case_id}"
