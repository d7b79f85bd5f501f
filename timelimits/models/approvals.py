"""What needs a second person, who was asked, and how they decided."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Cast, Concat

from accounts.models import one_of
from timelimits.domain import ApprovalKind, Verdict


class Approval(models.Model):
    """One thing that a second person agrees to, or refuses, by their own sign-in. Never the one who asked."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    case_id = models.UUIDField(db_index=True)
    kind = models.CharField(max_length=30)
    subject = models.CharField(max_length=80)
    reason = models.CharField(max_length=40)
    note = models.CharField(max_length=1000, blank=True)
    terms = models.JSONField(default=dict)
    asked_by = models.CharField(max_length=80)
    asked_label = models.CharField(max_length=120)
    asked_at = models.DateTimeField()
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    verdict = models.CharField(max_length=10, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=80, blank=True)
    decided_label = models.CharField(max_length=120, blank=True)
    decided_note = models.CharField(max_length=1000, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=one_of("kind", ApprovalKind), name="timelimits_approval_kind"),
            models.CheckConstraint(
                condition=Q(verdict="", decided_at=None, decided_by="")
                | (one_of("verdict", Verdict) & Q(decided_at__isnull=False) & ~Q(decided_by="")),
                name="timelimits_approval_decided_whole",
            ),
            models.CheckConstraint(
                condition=~Q(decided_by=F("asked_by")) | Q(verdict=Verdict.LAPSED),
                name="timelimits_approval_second_person",
            ),
            models.CheckConstraint(
                condition=Q(approver=None)
                | ~Q(asked_by=Concat(Value("user:"), Cast("approver_id", models.CharField(max_length=36)))),
                name="timelimits_approval_asked_of_another",
            ),
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(decided_at=None), name="timelimits_approval_one_open"
            ),
        ]
        indexes = [
            models.Index(fields=["approver"], condition=Q(decided_at=None), name="timelimits_approval_waiting"),
            models.Index(fields=["kind", "-asked_at"], name="timelimits_approval_kind_at"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
