"""Lists of people from elsewhere, taken over whole or not at all."""

from uuid import uuid4

from django.db import models
from django.db.models import Q


class PersonImport(models.Model):
    """One file. What was sent is kept until it is taken over, at most a day; then only its mark and the counts."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    digest = models.CharField(max_length=64)
    content = models.BinaryField(null=True)
    sent_at = models.DateTimeField()
    sent_by = models.CharField(max_length=120)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.CharField(max_length=120, blank=True)
    made = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["digest"], name="referrals_import_once"),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, done_by="", content__isnull=False)
                | (Q(done_at__isnull=False, content__isnull=True) & ~Q(done_by="")),
                name="referrals_import_done_keeps_nothing",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
