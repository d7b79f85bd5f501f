"""A death, recorded once."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from referrals.models.people import Person


class Death(models.Model):
    """Somebody died. `act` names what ended with it; entered in error it stays, struck out."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="deaths")
    died_on = models.DateField()
    told_by = models.CharField(max_length=120)
    act = models.UUIDField(unique=True, default=uuid4, editable=False)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=120)
    error_at = models.DateTimeField(null=True, blank=True)
    error_by = models.CharField(max_length=120, blank=True)
    error_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(error_at=None), name="referrals_death_once"),
            models.CheckConstraint(
                condition=Q(error_at__isnull=True, error_by="", error_reason="")
                | (Q(error_at__isnull=False) & ~Q(error_by="") & ~Q(error_reason="")),
                name="referrals_death_error_says_why",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
