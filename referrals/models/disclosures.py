"""What somebody asked to see of what is held about them (subject access), gathered, looked through, handed out."""

from typing import Any
from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from accounts.models import choices, one_of
from referrals.domain.disclosures import Decision
from referrals.models.people import Person


class SubjectAccess(models.Model):
    """One request. What was gathered is kept until it expires; who asked, who released it and when stays."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="subject_accesses")
    asked_by = models.CharField(max_length=200, help_text="Who asks, and how it is known that they may")
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=120)
    opened_by_id = models.CharField(max_length=80)
    progress = models.PositiveSmallIntegerField(default=0, help_text="Per cent; 100 once all is gathered")
    held: Any = models.JSONField(default=list)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.CharField(max_length=120, blank=True)
    released_by_id = models.CharField(max_length=80, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    emptied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(asked_by=""), name="referrals_access_says_who_asks"),
            models.CheckConstraint(condition=Q(progress__lte=100), name="referrals_access_progress"),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True, released_by="", released_by_id="", expires_at__isnull=True)
                | (
                    Q(released_at__isnull=False, expires_at__isnull=False, progress=100)
                    & ~Q(released_by="")
                    & ~Q(released_by_id="")
                    & Q(expires_at__gt=F("released_at"))
                ),
                name="referrals_access_released_whole",
            ),
            models.CheckConstraint(
                condition=~Q(released_by_id=F("opened_by_id")), name="referrals_access_released_by_another"
            ),
            models.CheckConstraint(
                condition=Q(emptied_at__isnull=True) | Q(held=[]), name="referrals_access_emptied_holds_nothing"
            ),
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(released_at__isnull=True, emptied_at__isnull=True),
                name="referrals_access_one_open",
            ),
        ]
        indexes = [
            models.Index(
                fields=["opened_at"],
                condition=Q(progress__lt=100, emptied_at__isnull=True),
                name="referrals_access_gathering",
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


class DisclosureItem(models.Model):
    """One row of what was gathered that may tell of somebody else: released or withheld by a second person."""

    access = models.ForeignKey(SubjectAccess, on_delete=models.CASCADE, related_name="items")
    part = models.CharField(max_length=80)
    key = models.CharField(max_length=80)
    decision = models.CharField(max_length=8, choices=choices(Decision), blank=True)
    reason = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["access", "part", "key"], name="referrals_disclosure_item_once"),
            models.CheckConstraint(
                condition=Q(decision="", decided_at__isnull=True, decided_by="")
                | (one_of("decision", Decision) & Q(decided_at__isnull=False) & ~Q(decided_by="")),
                name="referrals_disclosure_decided_by_with_at",
            ),
            models.CheckConstraint(
                condition=~Q(decision=Decision.WITHHOLD) | ~Q(reason=""), name="referrals_disclosure_withheld_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.part} {self.key}"
