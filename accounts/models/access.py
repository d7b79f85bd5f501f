"""Who may see which case."""

from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from accounts.domain import AccessLevel, BreakReason, RestrictReason
from accounts.models.people import User
from accounts.models.place import Organisation, Team, choices, one_of


class CaseAccess(models.Model):
    """Who may see a case: the one table of scope. Past grants stay as dated rows."""

    case_id = models.UUIDField()
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT)
    organisation = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT)
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    level = models.CharField(max_length=10, choices=choices(AccessLevel), default=AccessLevel.FULL)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    why = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(team__isnull=False, organisation__isnull=True, user__isnull=True)
                | Q(team__isnull=True, organisation__isnull=False, user__isnull=True)
                | Q(team__isnull=True, organisation__isnull=True, user__isnull=False),
                name="accounts_access_is_of_one",
            ),
            models.CheckConstraint(condition=one_of("level", AccessLevel), name="accounts_access_level"),
            models.UniqueConstraint(
                fields=["case_id", "team", "organisation", "user", "level"],
                condition=Q(ends_at__isnull=True),
                nulls_distinct=False,
                name="accounts_access_one_open",
            ),
        ]
        indexes = [
            models.Index(fields=["case_id"], name="accounts_access_case"),
            models.Index(fields=["team", "case_id"], name="accounts_access_team"),
            models.Index(fields=["organisation", "case_id"], name="accounts_access_org"),
            models.Index(fields=["user", "case_id"], condition=Q(user__isnull=False), name="accounts_access_user"),
        ]

    def __str__(self) -> str:
        return f"{self.level} {self.case_id}"


class Restriction(models.Model):
    """The cases of one person are closed to all but named access, from then on; past ones stay as dated rows.

    `ended_grants` are those that it ended, given again when it is lifted; `lifted_from` the record and cases that it
    had closed until then. The words are about a person: erasable.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    reason = models.CharField(max_length=30, choices=choices(RestrictReason))
    words = models.CharField(max_length=300)
    starts_at = models.DateTimeField()
    started_by = models.CharField(max_length=120)
    ended_grants = ArrayField(models.BigIntegerField(), default=list, blank=True)
    lifted_from = ArrayField(models.UUIDField(), default=list, blank=True, db_default=[])
    ends_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=one_of("reason", RestrictReason), name="accounts_restriction_reason"),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True, ended_by="") | (Q(ends_at__isnull=False) & ~Q(ended_by="")),
                name="accounts_restriction_ended_by",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class RestrictedCase(models.Model):
    """A case that is restricted now: the place-wide route does not lead to it."""

    case_id = models.UUIDField(primary_key=True)
    restriction = models.ForeignKey(Restriction, on_delete=models.PROTECT, related_name="cases")

    def __str__(self) -> str:
        return str(self.pk)


class BreakGlass(models.Model):
    """Somebody opened a restricted record without being named: why, in a code and in words, and until when."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    restriction = models.ForeignKey(Restriction, on_delete=models.PROTECT, related_name="broken")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=30, choices=choices(BreakReason))
    words = models.CharField(max_length=300)
    at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=one_of("reason", BreakReason), name="accounts_break_glass_reason"),
            models.CheckConstraint(condition=~Q(words=""), name="accounts_break_glass_says_why"),
            models.CheckConstraint(condition=Q(until__gt=F("at")), name="accounts_break_glass_ends"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
