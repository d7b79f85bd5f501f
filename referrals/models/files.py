"""Files on a person's record. The bytes lie outside the database, under a name that says nothing."""

from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from accounts.models import choices, one_of
from referrals.domain.files import FileKind, Scan
from referrals.models.people import Person

MOST = 50 * 1024 * 1024


class Attachment(models.Model):
    """One file: what it is called and is about, what the scanner said. Struck out it stays as a row, without bytes."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="attachments")
    kind = models.CharField(max_length=4, choices=choices(FileKind))
    name = models.CharField(max_length=100)
    about = models.CharField(max_length=200)
    size = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    stored_as = models.UUIDField(unique=True, default=uuid4, editable=False)
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=120)
    scan = models.CharField(max_length=8, choices=choices(Scan), default=Scan.WAITING)
    scanned_at = models.DateTimeField(null=True, blank=True)
    error_at = models.DateTimeField(null=True, blank=True)
    error_by = models.CharField(max_length=120, blank=True)
    error_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=one_of("kind", FileKind), name="referrals_file_kind"),
            models.CheckConstraint(condition=one_of("scan", Scan), name="referrals_file_scan"),
            models.CheckConstraint(condition=Q(size__gt=0, size__lte=MOST), name="referrals_file_size"),
            models.CheckConstraint(
                condition=Q(scan=Scan.WAITING, scanned_at__isnull=True)
                | (~Q(scan=Scan.WAITING) & Q(scanned_at__isnull=False) & Q(scanned_at__gte=F("added_at"))),
                name="referrals_file_scanned_with_at",
            ),
            models.CheckConstraint(
                condition=Q(error_at__isnull=True, error_by="", error_reason="")
                | (Q(error_at__isnull=False) & ~Q(error_by="") & ~Q(error_reason="")),
                name="referrals_file_error_says_why",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "-added_at"], name="referrals_file_person"),
            models.Index(fields=["added_at"], condition=Q(scan=Scan.WAITING), name="referrals_file_waiting"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
