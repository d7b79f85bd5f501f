"""The one row that says when a case needs somebody next, and what lifts a block on it."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Team
from timelimits.domain import (
    MAX_OVERRIDE,
)


class CaseDeadline(models.Model):
    """When an open case needs somebody next, and who. Every list and the ladder read only this row."""

    case_id = models.UUIDField(primary_key=True)
    next_due_at = models.DateTimeField(null=True, blank=True)
    no_clock_reason = models.CharField(max_length=40, blank=True)
    responsible_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    responsible_team = models.ForeignKey(Team, on_delete=models.PROTECT, db_index=False, related_name="+")
    zone = models.SlugField(max_length=40, blank=True, db_index=False)
    phase = models.CharField(max_length=30)
    crisis = models.BooleanField(default=False)
    step_down = models.BooleanField(default=False)
    reference = models.CharField(max_length=40, blank=True)
    opened_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(next_due_at__isnull=False) | ~Q(no_clock_reason=""), name="timelimits_no_limbo"
            )
        ]
        indexes = [
            models.Index(fields=["next_due_at", "case_id"], name="timelimits_case_all"),
            models.Index(fields=["responsible_team", "next_due_at", "case_id"], name="timelimits_case_team"),
            models.Index(fields=["responsible_user", "next_due_at", "case_id"], name="timelimits_case_user"),
            models.Index(fields=["zone", "next_due_at", "case_id"], name="timelimits_case_zone"),
            models.Index(fields=["phase", "next_due_at", "case_id"], name="timelimits_case_phase"),
            models.Index(fields=["next_due_at", "case_id"], condition=Q(crisis=True), name="timelimits_case_crisis"),
            models.Index(fields=["opened_at"], name="timelimits_case_opened"),
        ]

    def __str__(self) -> str:
        return self.reference or str(self.case_id)


class CaseCount(models.Model):
    """How many open cases came (+) or went (-) of each sort.

    Written by a trigger on CaseDeadline; the sum is the count.
    """

    id = models.BigAutoField(primary_key=True)
    team_id = models.UUIDField()
    zone = models.CharField(max_length=40)
    phase = models.CharField(max_length=30)
    crisis = models.BooleanField()
    step_down = models.BooleanField()
    cases = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.phase} {self.cases}"


class Override(models.Model):
    """A block lifted for one case for a while, so that no rule stands in the way of safe care."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    case_id = models.UUIDField(db_index=True)
    permission = models.CharField(max_length=60)
    reason = models.TextField()
    asked_by = models.CharField(max_length=80)
    asked_label = models.CharField(max_length=120)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    confirm_by = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.CharField(max_length=80, blank=True)
    sent_id = models.UUIDField(null=True, blank=True, unique=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_at=None, confirmed_by="")
                | (Q(confirmed_at__isnull=False) & ~Q(confirmed_by="") & ~Q(confirmed_by=F("asked_by"))),
                name="timelimits_override_second_person",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")) & Q(ends_at__lte=F("starts_at") + MAX_OVERRIDE),
                name="timelimits_override_at_most_72_hours",
            ),
        ]
        indexes = [models.Index(fields=["confirm_by"], condition=Q(confirmed_at=None), name="timelimits_override_open")]

    def __str__(self) -> str:
        return f"{self.permission} until {self.ends_at}"
