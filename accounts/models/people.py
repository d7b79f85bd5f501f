"""People who sign in, and the roles they hold."""

from typing import Any, ClassVar
from uuid import uuid4

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from accounts.domain import Role
from accounts.models.place import Team, choices, one_of


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
    factor_changes = models.PositiveIntegerField(default=0, db_default=0)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="accounts_user_email_ignoring_case")]

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Return what every session of this user carries: another password or second factor ends the sessions."""
        if not self.factor_changes:
            return str(super()._get_session_auth_hash(secret=secret))  # type: ignore[misc]
        said = f"{self.password}|{self.factor_changes}"
        return salted_hmac("icras.session", said, secret=secret, algorithm="sha256").hexdigest()

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
    provider = models.SlugField(
        max_length=40, blank=True, default="", db_default="", help_text="The work sign-in that gave it; empty: by hand"
    )

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
            models.UniqueConstraint(
                fields=["user", "team", "role", "provider", "starts_on", "ends_on"],
                condition=Q(ends_on__isnull=False),
                name="accounts_membership_once_between",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.team_id}"


class ClaimRole(models.Model):
    """A value of a claim of a work sign-in, and the role in a team that it brings, as the place's bundle says.

    Not administrator: whoever keeps a directory of another house must not let themselves in to every account here.
    """

    provider = models.SlugField(max_length=40)
    claim = models.CharField(max_length=200)
    value = models.CharField(max_length=200)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="claim_roles")
    role = models.CharField(max_length=30, choices=choices(Role))
    profession = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=one_of("role", Role) & ~Q(role__in=[Role.ADMINISTRATOR.value, Role.PARTNER_SYSTEM.value]),
                name="accounts_claim_role",
            ),
            models.UniqueConstraint(
                fields=["provider", "claim", "value", "team", "role"], name="accounts_claim_role_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.claim}={self.value}: {self.role}"
