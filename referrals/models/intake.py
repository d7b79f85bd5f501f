"""A crew that waits with somebody, and calls that were no referral."""

from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from accounts.models import Team
from referrals.models.referrals import Referral


class CrewWait(models.Model):
    """An ambulance crew on scene: since when, and our answer: who is responsible, may they leave, what till then."""

    referral = models.OneToOneField(Referral, on_delete=models.PROTECT, related_name="crew")
    since = models.DateTimeField()
    phone = models.CharField(max_length=40, blank=True)
    reference = models.CharField(max_length=40, blank=True)
    may_leave = models.BooleanField(null=True)
    ours_from = models.DateTimeField(null=True, blank=True)
    plan = models.CharField(max_length=1000, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)
    told_by = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(told_at__isnull=True, told_by="", may_leave__isnull=True)
                | (Q(told_at__isnull=False, may_leave__isnull=False) & ~Q(told_by="") & ~Q(plan="")),
                name="referrals_crew_told_whole",
            ),
            models.CheckConstraint(
                condition=~Q(may_leave=True) | Q(ours_from__isnull=False), name="referrals_crew_leaves_when_it_is_ours"
            ),
            models.CheckConstraint(
                condition=Q(told_at=None) | Q(told_at__gte=F("since")), name="referrals_crew_forward"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.referral_id}"


class Enquiry(models.Model):
    """A call that was not about a referral: what was asked and what we said. It may turn out to be one (`referral`)."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    caller_name = models.CharField(max_length=120, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    source_kind = models.CharField(max_length=40, blank=True)
    asked = models.CharField(max_length=2000)
    said = models.CharField(max_length=2000, blank=True)
    taken_by = models.CharField(max_length=120)
    referral = models.OneToOneField(Referral, null=True, blank=True, on_delete=models.PROTECT, related_name="enquiry")
    sent_id = models.UUIDField(null=True, blank=True, unique=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(asked=""), name="referrals_enquiry_asks"),
            models.CheckConstraint(
                condition=Q(received_at__lte=F("recorded_at")), name="referrals_enquiry_received_first"
            ),
        ]
        indexes = [models.Index(fields=["-received_at", "-id"], name="referrals_enquiry_received")]

    def __str__(self) -> str:
        return f"{self.pk}"
