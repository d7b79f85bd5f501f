"""The lists of the board that somebody keeps under a name."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower


class SavedView(models.Model):
    """What one person has chosen to see of the board, under a name of theirs: codes only, as in the address."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=40)
    tab = models.CharField(max_length=20, blank=True)
    zone = models.CharField(max_length=40, blank=True)
    show = models.CharField(max_length=20, blank=True)
    urgency = models.CharField(max_length=10, blank=True)
    hospital = models.CharField(max_length=40, blank=True)
    first = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint("user", Lower("name"), name="referrals_saved_view_name"),
            models.UniqueConstraint(fields=["user"], condition=Q(first=True), name="referrals_saved_view_one_first"),
            models.CheckConstraint(condition=~Q(name=""), name="referrals_saved_view_named"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.user_id}"
