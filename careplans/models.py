"""What belongs to a person's care beside the services: requests to others, risks taken, agreements, messages."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import choices, one_of
from careplans.domain import (
    HIGHEST,
    LOWEST,
    AgreedTo,
    Agreement,
    Felt,
    OnwardOutcome,
    RatedAt,
    RiskFinding,
    Teller,
    Theme,
)


class Written(models.Model):
    """A row somebody wrote about a case."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    case_id = models.UUIDField(db_index=True)
    written_at = models.DateTimeField()
    written_by = models.CharField(max_length=120)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.case_id}"


class OnwardRequest(Written):
    """Another service is asked to help: stroke, falls, continence, breathing, continuing healthcare… (R041 to R043).

    It is followed to its outcome, also when the episode has ended.
    """

    service = models.CharField(max_length=40)
    asked_of = models.CharField(max_length=120)
    why = models.CharField(max_length=1000)
    chase_at = models.DateTimeField()
    outcome = models.CharField(max_length=20, choices=choices(OnwardOutcome), blank=True)
    note = models.CharField(max_length=1000, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at=None, outcome="", answered_by="")
                | (Q(answered_at__isnull=False) & one_of("outcome", OnwardOutcome) & ~Q(answered_by="")),
                name="careplans_onward_answered_whole",
            ),
            models.CheckConstraint(condition=Q(chase_at__gte=F("written_at")), name="careplans_onward_chased_later"),
        ]
        indexes = [
            models.Index(fields=["chase_at", "id"], condition=Q(answered_at=None), name="careplans_onward_open"),
        ]


class Risk(Written):
    """A risk taken on purpose, and how it went when it was looked at again (R066, R067)."""

    benefit = models.CharField(max_length=500)
    harm = models.CharField(max_length=500)
    control = models.CharField(max_length=500)
    agreed_with = models.CharField(max_length=200)
    review_on = models.DateField()
    finding = models.CharField(max_length=12, choices=choices(RiskFinding), blank=True)
    found_note = models.CharField(max_length=500, blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.CharField(max_length=120, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(benefit="") & ~Q(harm="") & ~Q(control="") & ~Q(agreed_with=""),
                name="careplans_risk_whole",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_at=None, finding="", reviewed_by="")
                | (Q(reviewed_at__isnull=False) & one_of("finding", RiskFinding) & ~Q(reviewed_by="")),
                name="careplans_risk_reviewed_whole",
            ),
        ]

    @property
    def version(self) -> int:
        """Return the mark of the last look at it: its instant in microseconds; 0 before the first."""
        return round(self.reviewed_at.timestamp() * 1_000_000) if self.reviewed_at else 0


class Confidence(Written):
    """How sure the person is of managing, from 0 to 10, in their own words too (R065)."""

    rated_at = models.CharField(max_length=5, choices=choices(RatedAt))
    score = models.PositiveSmallIntegerField()
    words = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=one_of("rated_at", RatedAt) & Q(score__gte=LOWEST, score__lte=HIGHEST),
                name="careplans_confidence_in_range",
            )
        ]


class Experience(Written):
    """What somebody told us about how it was for them, in their own words, under one theme (R072)."""

    told_by = models.CharField(max_length=8, choices=choices(Teller))
    theme = models.CharField(max_length=16, choices=choices(Theme))
    felt = models.CharField(max_length=8, choices=choices(Felt))
    words = models.CharField(max_length=1000, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=one_of("told_by", Teller) & one_of("theme", Theme) & one_of("felt", Felt),
                name="careplans_experience_coded",
            )
        ]
        indexes = [models.Index(fields=["written_at"], name="careplans_experience_when")]


class Consent(Written):
    """What the person said to a plan or to moving on (R068)."""

    about = models.CharField(max_length=12, choices=choices(AgreedTo))
    answer = models.CharField(max_length=16, choices=choices(Agreement))
    words = models.CharField(max_length=1000, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=one_of("about", AgreedTo)
                & one_of("answer", Agreement)
                & (Q(answer=Agreement.YES) | ~Q(words="")),
                name="careplans_consent_says_how",
            )
        ]


class RecordLink(Written):
    """Where another system holds a record of the same person (R069)."""

    system = models.CharField(max_length=120)
    address = models.CharField(max_length=500)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(address__startswith="https://") & ~Q(system=""), name="careplans_link_is_https"
            ),
            models.UniqueConstraint(fields=["case_id", "address"], name="careplans_link_once"),
        ]


class CaseMessage(Written):
    """A message to everybody who works with the person, in whatever organisation (R061)."""

    text = models.CharField(max_length=2000)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="careplans_message_says_something")]


class MessageRead(models.Model):
    """Who has seen a message, and when first."""

    message = models.ForeignKey(CaseMessage, on_delete=models.CASCADE, related_name="reads")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "user"], name="careplans_message_read_once")]

    def __str__(self) -> str:
        return f"{self.message_id}"
