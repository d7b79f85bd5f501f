"""What ended together with one act, and what it was before: the list that an undo goes by."""

from django.db import models
from django.db.models import Q


class Closed(models.Model):
    """One piece of open work that an act ended. `before` is what it takes to open it again."""

    id = models.BigAutoField(primary_key=True)
    act = models.UUIDField()
    case_id = models.UUIDField()
    kind = models.CharField(max_length=30)
    key = models.CharField(max_length=40)
    before = models.JSONField(default=dict)
    closed_at = models.DateTimeField()
    closed_by = models.CharField(max_length=80)
    reopened_at = models.DateTimeField(null=True, blank=True)
    reopened_by = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["act", "kind", "key"], name="timelimits_closed_once"),
            models.CheckConstraint(
                condition=Q(reopened_at=None, reopened_by="") | (Q(reopened_at__isnull=False) & ~Q(reopened_by="")),
                name="timelimits_closed_reopened_by_with_at",
            ),
        ]
        indexes = [models.Index(fields=["case_id"], name="timelimits_closed_case")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
