"""What somebody told of a person that is not what we hold: shown until somebody answers."""

from django.db import models
from django.db.models import Q

from referrals.models.people import Person
from referrals.models.referrals import Referral


class ToldDifference(models.Model):
    """One detail told with a referral that differs from the record, until it is taken over or left."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="told_differences")
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="told_differences")
    field = models.CharField(max_length=20)
    told = models.CharField(max_length=1000)
    told_at = models.DateTimeField()
    answer = models.CharField(max_length=10, blank=True, default="")
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_label = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True, answered_label="")
                | (Q(answer__in=["taken", "left"], answered_at__isnull=False) & ~Q(answered_label="")),
                name="referrals_told_answer_with_time",
            ),
            models.UniqueConstraint(fields=["referral", "field"], name="referrals_told_once"),
        ]
        indexes = [
            models.Index(fields=["person"], condition=Q(answer=""), name="referrals_told_open"),
        ]

    def __str__(self) -> str:
        return f"{self.field} {self.referral_id}"
