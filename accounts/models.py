"""People who use the service, their organisations, teams, roles and duty, and who may see which case."""

from typing import Any, ClassVar
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from accounts.domain import AccessLevel, DayKind, Duty, Role, TeamKind


def choices(enum: Any) -> list[tuple[str, str]]:
    return [(member.value, member.value) for member in enum]


def one_of(field: str, enum: Any) -> Q:
    return Q(**{f"{field}__in": [member.value for member in enum]})


class Place(models.Model):
    """The one place that this deployment serves (R001), as its bundle named it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=80)
    demo = models.BooleanField(default=False)
    words = models.JSONField(default=dict)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="accounts_place_is_one")]

    def __str__(self) -> str:
        return self.name


class Organisation(models.Model):
    """A council, trust, provider or other body, for as long as it exists (R302)."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=40)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(starts_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="accounts_organisation_ends_after_start",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Team(models.Model):
    """People who work together, across employers (R090)."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    code = models.SlugField(max_length=40, unique=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="teams")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=choices(TeamKind))
    duty_phone = models.CharField(max_length=30, blank=True)
    zones = ArrayField(models.SlugField(max_length=40), default=list, blank=True)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")

    class Meta:
        constraints = [models.CheckConstraint(condition=one_of("kind", TeamKind), name="accounts_team_kind")]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Makes users by e-mail address; asked for by Django's own commands."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """Someone who signs in with an e-mail address."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    phone = models.CharField(max_length=30, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    keyboard_shortcuts = models.BooleanField(default=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="accounts_user_email_ignoring_case")]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A role in a team between two dates. Role follows team, not employer (R021)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=30, choices=choices(Role))
    profession = models.CharField(max_length=60, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=one_of("role", Role), name="accounts_membership_role"),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="accounts_membership_ends_after_start",
            ),
            models.UniqueConstraint(
                fields=["user", "team", "role"], condition=Q(ends_on__isnull=True), name="accounts_membership_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.team_id}"


class CaseAccess(models.Model):
    """Who may see a case: the one table of scope. Past grants stay as dated rows."""

    case_id = models.UUIDField()
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT)
    organisation = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT)
    level = models.CharField(max_length=10, choices=choices(AccessLevel), default=AccessLevel.FULL)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    why = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(team__isnull=False, organisation__isnull=True)
                | Q(team__isnull=True, organisation__isnull=False),
                name="accounts_access_team_or_organisation",
            ),
            models.CheckConstraint(condition=one_of("level", AccessLevel), name="accounts_access_level"),
            models.UniqueConstraint(
                fields=["case_id", "team", "organisation", "level"],
                condition=Q(ends_at__isnull=True),
                nulls_distinct=False,
                name="accounts_access_once",
            ),
        ]
        indexes = [
            models.Index(fields=["team", "case_id"], name="accounts_access_team"),
            models.Index(fields=["organisation", "case_id"], name="accounts_access_org"),
        ]

    def __str__(self) -> str:
        return f"{self.level} {self.case_id}"


class TeamHours(models.Model):
    """One opening period of a team on one weekday (0 Monday to 6 Sunday); a day may have several. Local time."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField()
    opens = models.TimeField()
    closes = models.TimeField(help_text="00:00 means midnight at the end of the day")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(weekday__lte=6), name="accounts_hours_weekday")]
        ordering = ["team", "weekday", "opens"]

    def __str__(self) -> str:
        return f"{self.weekday} {self.opens}-{self.closes}"


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


class CallCount(models.Model):
    """How often a partner system has called in the present stretch of time: one row each, counted on in place."""

    client = models.OneToOneField("PartnerClient", on_delete=models.CASCADE, primary_key=True, related_name="+")
    began_at = models.DateTimeField()
    calls = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.calls}"


class PartnerClient(models.Model):
    """A partner system: an OAuth2 client bound to one organisation."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    application = models.OneToOneField(
        settings.OAUTH2_PROVIDER_APPLICATION_MODEL, on_delete=models.CASCADE, related_name="partner"
    )
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="partner_clients")
    name = models.CharField(max_length=120)
    scopes = ArrayField(models.CharField(max_length=40), default=list)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    secret_changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
