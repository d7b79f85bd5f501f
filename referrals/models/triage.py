"""The rules of triage as the place sets them, what they said of each decision, and who was sent elsewhere."""

from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from accounts.models import one_of
from referrals.domain import Disposition, Service, SignpostResult, Urgency
from referrals.models.referrals import Referral


class TriageRules(models.Model):
    """One version of the rules of triage. `definition` is what the place bundle said; none is ever changed."""

    version = models.PositiveIntegerField(unique=True)
    effective_from = models.DateField()
    definition = models.JSONField()
    published_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.version)


class Recommendation(models.Model):
    """What the rules said when somebody decided, by which version, from what, and whether it was followed (R051)."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="recommendations")
    verb = models.CharField(max_length=20)
    rules = models.ForeignKey(TriageRules, on_delete=models.PROTECT, related_name="+")
    read = models.JSONField(default=dict)
    reasons = models.JSONField(default=list)
    service = models.CharField(max_length=12, blank=True)
    urgency = models.CharField(max_length=10, blank=True)
    disposition = models.CharField(max_length=12)
    followed = models.BooleanField()
    override_reason = models.CharField(max_length=40, blank=True)
    override_note = models.CharField(max_length=1000, blank=True, default="", db_default="")
    decided_at = models.DateTimeField()
    actor_id = models.CharField(max_length=80)
    actor_label = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=one_of("service", Service) | Q(service=""), name="referrals_recommended_service"
            ),
            models.CheckConstraint(
                condition=one_of("urgency", Urgency) | Q(urgency=""), name="referrals_recommended_urgency"
            ),
            models.CheckConstraint(
                condition=one_of("disposition", Disposition), name="referrals_recommended_disposition"
            ),
            models.CheckConstraint(
                condition=Q(followed=True) | ~Q(override_reason=""), name="referrals_override_has_reason"
            ),
        ]
        indexes = [models.Index(fields=["referral", "-id"], name="referrals_recommended")]

    def __str__(self) -> str:
        return f"{self.verb} {self.referral_id}"


class Signposting(models.Model):
    """Somebody we sent elsewhere, followed up until there is a result (R020)."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    referral = models.OneToOneField(Referral, on_delete=models.PROTECT, related_name="signposting")
    signpost = models.CharField(max_length=40)
    where = models.CharField(max_length=200, blank=True, default="", db_default="")
    made_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True, blank=True)
    result = models.CharField(max_length=20, blank=True)
    note = models.CharField(max_length=1000, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=120, blank=True)
    sent_id = models.UUIDField(null=True, blank=True, editable=False, help_text="The sending that was written last")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at=None, result="", ended_by="")
                | (Q(ended_at__isnull=False) & one_of("result", SignpostResult) & ~Q(ended_by="")),
                name="referrals_signposting_ends_with_result",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("made_at")), name="referrals_signposting_forward"
            ),
        ]
        indexes = [
            models.Index(fields=["made_at"], condition=Q(ended_at=None), name="referrals_signposting_open"),
            models.Index(fields=["ended_at"], name="referrals_signposting_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.signpost} {self.referral_id}"


class DecisionCount(models.Model):
    """How often it was decided so on a local day: kept in the transaction of the decision."""

    day = models.DateField()
    zone = models.CharField(max_length=40, blank=True)
    what = models.CharField(max_length=20)
    kind = models.CharField(max_length=20, blank=True)
    reason = models.CharField(max_length=40, blank=True)
    times = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "zone", "what", "kind", "reason"], name="referrals_decision_count")
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.day}"
