"""Records that may be of one person, records made one, and what went where, so that it can be taken back exactly."""

from typing import Any
from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from accounts.models import choices, one_of
from referrals.domain.duplicates import Decision, Likeness, RowKind
from referrals.models.people import Person


class PossibleDuplicate(models.Model):
    """Two records that may be of one person, until somebody decides. What was decided is never asked again."""

    one = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    why = models.CharField(max_length=20, choices=choices(Likeness))
    found_at = models.DateTimeField()
    decision = models.CharField(max_length=10, choices=choices(Decision), default=Decision.OPEN)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="referrals_duplicate_once"),
            models.CheckConstraint(condition=Q(one__lt=F("other")), name="referrals_duplicate_in_order"),
            models.CheckConstraint(condition=one_of("why", Likeness), name="referrals_duplicate_why"),
            models.CheckConstraint(condition=one_of("decision", Decision), name="referrals_duplicate_decision"),
            models.CheckConstraint(
                condition=Q(decision=Decision.OPEN, decided_at__isnull=True, decided_by="")
                | (~Q(decision=Decision.OPEN) & Q(decided_at__isnull=False) & ~Q(decided_by="")),
                name="referrals_duplicate_decided_by_with_at",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-found_at", "-id"], condition=Q(decision=Decision.OPEN), name="referrals_duplicate_open"
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Merge(models.Model):
    """Two records made one: `loser` is a pointer to `winner` from then on. Undone, both stand again."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    winner = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    loser = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    filled: Any = models.JSONField(default=dict)
    warnings_added: Any = models.JSONField(default=list)
    done_at = models.DateTimeField()
    done_by_id = models.CharField(max_length=80)
    done_by = models.CharField(max_length=120)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.CharField(max_length=120, blank=True)
    undone_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(winner=F("loser")), name="referrals_merge_of_two"),
            models.UniqueConstraint(
                fields=["loser"], condition=Q(undone_at__isnull=True), name="referrals_merged_into_one"
            ),
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True, undone_by="") | (Q(undone_at__isnull=False) & ~Q(undone_by="")),
                name="referrals_merge_undone_by_with_at",
            ),
        ]
        indexes = [models.Index(fields=["winner", "-done_at"], name="referrals_merge_winner")]

    def __str__(self) -> str:
        return str(self.pk)


class MergeRow(models.Model):
    """One row that hung on one of the two when they were made one: moved to the winner, the winner's own, or left."""

    merge = models.ForeignKey(Merge, on_delete=models.CASCADE, related_name="rows")
    model = models.CharField(max_length=80)
    key = models.CharField(max_length=40)
    kind = models.CharField(max_length=6, choices=choices(RowKind))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merge", "model", "key"], name="referrals_merge_row_once"),
            models.CheckConstraint(condition=one_of("kind", RowKind), name="referrals_merge_row_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.key}"
