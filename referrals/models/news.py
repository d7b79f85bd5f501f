"""Who has looked at what came in about a referral after it was sent."""

from django.db import models
from django.db.models import Q

from referrals.models.referrals import ReferralTransition


class NewsSeen(models.Model):
    """News of a referral that somebody has looked at, once: who first, and when."""

    transition = models.OneToOneField(ReferralTransition, on_delete=models.PROTECT, related_name="news_seen")
    seen_at = models.DateTimeField()
    seen_by = models.CharField(max_length=120)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(seen_by=""), name="referrals_news_seen_by")]

    def __str__(self) -> str:
        return f"{self.transition_id}"
