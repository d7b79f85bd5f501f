"""Who is on which duty, and who stands in."""

from django.db import models
from django.db.models import F, Q

from accounts.domain import DayKind, Duty
from accounts.models.people import User
from accounts.models.place import Team, choices, one_of


class ShiftPattern(models.Model):
    """A repeating shift: who is on which duty for a team, on which kind of day. Local time, also past midnight."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="shift_patterns")
    duty = models.CharField(max_length=20, choices=choices(Duty))
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="shift_patterns")
    day_kind = models.CharField(max_length=20, choices=choices(DayKind))
    begins = models.TimeField()
    ends = models.TimeField(help_text="Equal to begins means the whole 24 hours")
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=one_of("duty", Duty), name="accounts_pattern_duty"),
            models.CheckConstraint(condition=one_of("day_kind", DayKind), name="accounts_pattern_day_kind"),
            models.UniqueConstraint(
                fields=["team", "duty", "user", "day_kind", "begins", "ends", "valid_from"],
                condition=Q(valid_until=None),
                name="accounts_pattern_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.duty} {self.day_kind}"


class Shift(models.Model):
    """One shift on one day, added to what the patterns say."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="shifts")
    duty = models.CharField(max_length=20, choices=choices(Duty))
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="shifts")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=one_of("duty", Duty), name="accounts_shift_duty"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="accounts_shift_ends_after_start"),
            models.UniqueConstraint(
                fields=["team", "duty", "user", "starts_at", "ends_at"], name="accounts_shift_once"
            ),
        ]
        indexes = [models.Index(fields=["team", "duty", "starts_at"], name="accounts_shift_on_duty")]

    def __str__(self) -> str:
        return f"{self.duty} {self.starts_at:%Y-%m-%d %H:%M}"


class Cover(models.Model):
    """Somebody away, and who answers for them meanwhile."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="covered")
    covered_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="covers")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(user=F("covered_by")), name="accounts_cover_by_someone_else"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="accounts_cover_ends_after_start"),
        ]

    def __str__(self) -> str:
        return f"cover {self.starts_at:%Y-%m-%d}"
