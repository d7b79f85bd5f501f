"""Erasures of records: asked by one person, agreed to by another. Who, when and why stays; of whom does not."""

from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from accounts.models import choices, one_of
from referrals.domain.erasures import ErasureReason, ErasureVerdict
from referrals.models.people import Person


class Erasure(models.Model):
    """One request to erase a record. `words` never name the person: they stay."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="erasures")
    reason = models.CharField(max_length=20, choices=choices(ErasureReason))
    words = models.CharField(max_length=300)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=120)
    asked_by_id = models.CharField(max_length=80)
    verdict = models.CharField(max_length=8, choices=choices(ErasureVerdict), blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=120, blank=True)
    decided_by_id = models.CharField(max_length=80, blank=True)
    refused_why = models.CharField(max_length=300, blank=True)
    rows = models.PositiveIntegerField(default=0, help_text="How many rows were blanked or deleted")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=one_of("reason", ErasureReason) & ~Q(words=""), name="referrals_erasure_says_why"
            ),
            models.CheckConstraint(
                condition=Q(verdict="", decided_at__isnull=True, decided_by="", decided_by_id="")
                | (
                    one_of("verdict", ErasureVerdict)
                    & Q(decided_at__gte=F("asked_at"))
                    & ~Q(decided_by="")
                    & ~Q(decided_by_id="")
                ),
                name="referrals_erasure_decided_whole",
            ),
            models.CheckConstraint(
                condition=(Q(verdict=ErasureVerdict.REFUSED) & ~Q(refused_why=""))
                | (~Q(verdict=ErasureVerdict.REFUSED) & Q(refused_why="")),
                name="referrals_erasure_refused_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(decided_by_id=F("asked_by_id")), name="referrals_erasure_by_two_people"
            ),
            models.UniqueConstraint(fields=["person"], condition=Q(decided_at=None), name="referrals_erasure_one_open"),
        ]
        indexes = [models.Index(fields=["asked_at"], condition=Q(decided_at=None), name="referrals_erasure_waiting")]

    def __str__(self) -> str:
        return str(self.pk)
