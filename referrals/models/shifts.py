"""What one shift leaves to the next: people worried about, and the hand-over itself."""

from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Team


class Worry(models.Model):
    """Somebody whom staff worry about, and why, until one of them says that it is settled."""

    case_id = models.UUIDField(db_index=True)
    why = models.CharField(max_length=300)
    by = models.CharField(max_length=120)
    since = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by="") | (Q(ended_at__isnull=False) & ~Q(ended_by="")),
                name="referrals_worry_ended_by_with_at",
            ),
            models.CheckConstraint(condition=~Q(why=""), name="referrals_worry_says_why"),
            models.UniqueConstraint(
                fields=["case_id", "why"], condition=Q(ended_at=None), name="referrals_worry_said_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.case_id}"


class HandOver(models.Model):
    """One team's work handed from a shift to the next: what was listed then, and who took it on.

    `listed`: sort of item → ids (cases, questions, tasks, worries), as they stood when it was handed over.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=2000, blank=True)
    listed: Any = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    handed_at = models.DateTimeField()
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True, accepted_by__isnull=True)
                | Q(accepted_at__gte=F("handed_at"), accepted_by__isnull=False),
                name="referrals_handover_accepted_by_with_at",
            ),
            models.CheckConstraint(
                condition=Q(accepted_by__isnull=True) | ~Q(accepted_by=F("by")),
                name="referrals_handover_by_two_people",
            ),
            models.UniqueConstraint(
                fields=["team"], condition=Q(accepted_at=None), name="referrals_handover_one_waiting"
            ),
        ]
        indexes = [models.Index(fields=["team", "-handed_at"], name="referrals_handover_latest")]

    def __str__(self) -> str:
        return f"{self.team_id} {self.handed_at}"
