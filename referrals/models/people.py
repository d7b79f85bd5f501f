"""People."""

from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from accounts.models import choices, one_of
from audit.models import field_history
from referrals.domain.duplicates import NumberStatus


class Person(models.Model):
    """Someone referred. They may have no NHS number; names are as typed."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    nhs_number = models.CharField(max_length=10, null=True, blank=True, db_index=True)
    nhs_number_status = models.CharField(
        max_length=2, choices=choices(NumberStatus), default=NumberStatus.TRACE_REQUIRED, db_default="03"
    )
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged")
    family_name = models.CharField(max_length=100)
    given_name = models.CharField(max_length=100, blank=True)
    born_on = models.DateField(null=True, blank=True)
    age_about = models.PositiveSmallIntegerField(null=True, blank=True)
    address_lines = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    postcode = models.CharField(max_length=12, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    called = models.CharField(max_length=100, blank=True, default="", db_default="")
    email = models.CharField(max_length=254, blank=True, default="", db_default="")
    changed_at = models.DateTimeField(null=True, blank=True)
    changed_label = models.CharField(max_length=120, blank=True, default="", db_default="")
    gp_practice = models.CharField(max_length=120, blank=True)
    warnings = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    created_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True, blank=True, help_text="Since when only a stub is left")
    version = models.PositiveIntegerField(default=1)
    history = field_history()
    closed = False
    """Somebody shown in the place of a restricted record that is closed to the reader."""

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(family_name=""), name="referrals_person_has_a_name"),
            models.CheckConstraint(
                condition=one_of("nhs_number_status", NumberStatus)
                & (Q(nhs_number__isnull=True) | ~Q(nhs_number_status__in=["07", "08"]))
                & (Q(nhs_number__isnull=False) | ~Q(nhs_number_status__in=["01", "02"])),
                name="referrals_person_number_status",
            ),
            models.UniqueConstraint(
                fields=["nhs_number"], condition=Q(merged_into__isnull=True), name="referrals_person_number_once"
            ),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="referrals_person_not_into_itself"),
            models.CheckConstraint(
                condition=Q(age_about__isnull=True) | Q(age_about__lte=130), name="referrals_person_age"
            ),
        ]
        indexes = [
            models.Index(fields=["postcode"], name="referrals_person_postcode"),
            models.Index(fields=["phone"], name="referrals_person_phone"),
            models.Index(
                fields=["created_at", "id"], condition=Q(merged_into=None), name="referrals_person_held_since"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
