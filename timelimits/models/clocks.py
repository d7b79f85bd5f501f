"""Clocks, what moves them, and what came of them."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.domain import Duty
from accounts.models import one_of
from timelimits.domain import (
    CancelReason,
    ExtensionReason,
    MissReason,
    Outcome,
)
from timelimits.models.policies import Policy


class Clock(models.Model):
    """One running instance of a time limit on one subject of a case.

    `due_at`, `soon_at`, `paused_at` and `next_check_at` are kept copies of what `timelimits.rules` says.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    case_id = models.UUIDField()
    subject = models.CharField(max_length=80)
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="clocks")
    policy_code = models.SlugField(max_length=40, db_index=False)
    started_at = models.DateTimeField()
    start_recorded_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)
    stop_recorded_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, blank=True)
    cancel_reason = models.CharField(max_length=30, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    soon_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    next_check_at = models.DateTimeField(null=True, blank=True)
    stopped_label = models.CharField(max_length=120, blank=True)
    faults = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(stopped_at=None, stop_recorded_at=None, outcome="")
                | (Q(stopped_at__isnull=False, stop_recorded_at__isnull=False) & one_of("outcome", Outcome)),
                name="timelimits_outcome_with_stop",
            ),
            models.CheckConstraint(
                condition=Q(due_at__isnull=False) | Q(paused_at__isnull=False), name="timelimits_due_unless_paused"
            ),
            models.CheckConstraint(
                condition=Q(stopped_at=None) | Q(next_check_at=None), name="timelimits_stopped_is_not_watched"
            ),
            models.CheckConstraint(
                condition=~Q(outcome=Outcome.MET) | Q(stopped_at__lte=F("due_at")), name="timelimits_met_is_in_time"
            ),
            models.CheckConstraint(
                condition=~Q(outcome=Outcome.BREACHED) | Q(stopped_at__gt=F("due_at")),
                name="timelimits_breached_is_late",
            ),
            models.CheckConstraint(
                condition=(Q(cancel_reason="") & ~Q(outcome=Outcome.CANCELLED)) | one_of("cancel_reason", CancelReason),
                name="timelimits_cancelled_with_reason",
            ),
            models.UniqueConstraint(
                fields=["subject", "policy_code"], condition=Q(stopped_at=None), name="timelimits_one_running"
            ),
        ]
        indexes = [
            models.Index(fields=["case_id", "started_at"], name="timelimits_clock_case"),
            models.Index(fields=["subject"], name="timelimits_clock_subject"),
            models.Index(
                fields=["started_at"], condition=Q(policy_code="crisis_response"), name="timelimits_clock_two_hour"
            ),
            models.Index(
                fields=["next_check_at"], condition=Q(next_check_at__isnull=False), name="timelimits_clock_watch"
            ),
            models.Index(
                fields=["policy_code", "stopped_at"], condition=~Q(outcome=""), name="timelimits_clock_outcome"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy_code} {self.subject}"


class Pause(models.Model):
    """A stretch of a clock that does not count."""

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="pauses")
    paused_at = models.DateTimeField()
    resumed_at = models.DateTimeField(null=True, blank=True)
    reason = models.SlugField(max_length=40)
    asked_by = models.CharField(max_length=80)
    asked_label = models.CharField(max_length=120)
    approved_by = models.CharField(max_length=80, blank=True)
    approved_label = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(approved_by=F("asked_by")), name="timelimits_pause_second_person"),
            models.CheckConstraint(
                condition=Q(resumed_at=None) | Q(resumed_at__gte=F("paused_at")), name="timelimits_pause_forward"
            ),
            models.UniqueConstraint(fields=["clock"], condition=Q(resumed_at=None), name="timelimits_one_open_pause"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.paused_at}"


class Extension(models.Model):
    """A later due instant, agreed by somebody other than the asker."""

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="extensions")
    agreed_at = models.DateTimeField()
    new_due_at = models.DateTimeField()
    reason = models.CharField(max_length=40)
    asked_by = models.CharField(max_length=80)
    asked_label = models.CharField(max_length=120)
    approved_by = models.CharField(max_length=80)
    approved_label = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(approved_by=F("asked_by")), name="timelimits_extension_second_person"),
            models.CheckConstraint(condition=~Q(approved_by=""), name="timelimits_extension_approved"),
            models.CheckConstraint(condition=Q(new_due_at__gt=F("agreed_at")), name="timelimits_extension_forward"),
            models.CheckConstraint(condition=one_of("reason", ExtensionReason), name="timelimits_extension_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.new_due_at}"


class ClockEvent(models.Model):
    """A stage that a clock reached: once for each clock, stage and due instant, whatever overlaps, crashes or repeats.

    `happened_at` is when it was so (for a breach the due instant), `noticed_at` when the sweep saw it. `rung` and
    `climb_at` say how far up the ladder it has gone and when it goes on, until somebody acknowledges it.
    """

    id = models.BigAutoField(primary_key=True)
    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="events")
    case_id = models.UUIDField()
    stage = models.CharField(max_length=40)
    due_at = models.DateTimeField()
    happened_at = models.DateTimeField()
    noticed_at = models.DateTimeField()
    rung = models.SmallIntegerField(default=-1)
    climb_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.CharField(max_length=80, blank=True)
    annotation = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clock", "stage", "due_at"], name="timelimits_event_once"),
            models.CheckConstraint(
                condition=Q(acknowledged_at=None, acknowledged_by="")
                | (Q(acknowledged_at__isnull=False, climb_at=None) & ~Q(acknowledged_by="")),
                name="timelimits_event_acknowledged_by",
            ),
        ]
        indexes = [
            models.Index(fields=["climb_at"], condition=Q(climb_at__isnull=False), name="timelimits_event_climb"),
            models.Index(fields=["case_id"], name="timelimits_event_case"),
        ]

    def __str__(self) -> str:
        return f"{self.stage} {self.due_at}"


class Alert(models.Model):
    """One rung of a stage told to one person."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    event = models.ForeignKey(ClockEvent, on_delete=models.CASCADE, related_name="alerts")
    rung = models.SmallIntegerField()
    duty = models.CharField(max_length=20)
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="alerts")
    sent_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "rung", "recipient"], name="timelimits_alert_once"),
            models.CheckConstraint(condition=one_of("duty", Duty), name="timelimits_alert_duty"),
        ]

    def __str__(self) -> str:
        return f"{self.duty} {self.rung}"


class BreachReason(models.Model):
    """Why a limit was missed, as somebody explained it; several clocks explained together share a batch."""

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="breach_reasons")
    batch = models.UUIDField()
    reason = models.CharField(max_length=40)
    note = models.TextField(blank=True)
    given_at = models.DateTimeField()
    given_by = models.CharField(max_length=80)
    given_label = models.CharField(max_length=120)

    class Meta:
        constraints = [models.CheckConstraint(condition=one_of("reason", MissReason), name="timelimits_miss_reason")]

    def __str__(self) -> str:
        return self.reason
