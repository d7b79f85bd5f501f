"""Legal holds: a record that must not be erased, whatever its age."""

from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from referrals.models.people import Person


class LegalHold(models.Model):
    """Somebody said why a record must be kept: a claim, an inquest, an inquiry. Lifted it stays, with who and why."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="legal_holds")
    why = models.CharField(max_length=300)
    since = models.DateTimeField()
    set_by = models.CharField(max_length=120)
    review_on = models.DateField(db_index=True, help_text="When somebody looks whether it is still needed")
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.CharField(max_length=120, blank=True)
    lifted_why = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(lifted_at=None), name="referrals_hold_one_stands"),
            models.CheckConstraint(condition=~Q(why="") & ~Q(set_by=""), name="referrals_hold_says_why"),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_by="", lifted_why="")
                | (Q(lifted_at__isnull=False, lifted_at__gte=F("since")) & ~Q(lifted_by="") & ~Q(lifted_why="")),
                name="referrals_hold_lifted_says_why",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
