"""Who may sign in. An account's own history is kept under its user's id."""

from uuid import UUID

from allauth.mfa.models import Authenticator

from accounts.commands.locks import keep_an_administrator, lock_administrators, locked_user
from accounts.domain import Permission, ResetReason
from accounts.models import User
from accounts.queries.directory import mark_of
from audit.commands import command, record, require
from audit.domain import Actor
from audit.refusals import RuleBroken, Stale


@command
def invite_person(*, by: Actor, email: str, name: str, phone: str = "") -> User:
    """Make an account without a password; the person sets one by the link that is sent to them.

    Raises NotPermitted; RuleBroken email_taken when somebody has this address already, in any capitals.
    """
    require(by, Permission.ACCOUNT_MANAGE)
    if User.objects.filter(email__iexact=email).exists():
        raise RuleBroken("email_taken", "Somebody has this e-mail address already.", field="email")
    user = User.objects.create_user(email, name=name, phone=phone)
    record(case_id=user.pk, event="account.invited", subject=f"user:{user.pk}")
    return user


@command
def change_person(*, by: Actor, user_id: UUID, name: str, phone: str, seen: str | None = None) -> User:
    """Change a person's name and telephone number. The same again is quiet.

    `seen` is the mark of what stood there when it was opened. Raises NotPermitted, NotFound, Stale.
    """
    require(by, Permission.ACCOUNT_MANAGE)
    user = locked_user(user_id)
    if (user.name, user.phone) == (name, phone):
        return user
    if seen is not None and seen != mark_of(user):
        raise Stale("Somebody changed this name or telephone number after you opened it.")
    user.name, user.phone = name, phone
    user.save(update_fields=["name", "phone"])
    record(case_id=user.pk, event="account.changed", subject=f"user:{user.pk}")
    return user


@command
def disable_person(*, by: Actor, user_id: UUID) -> User:
    """Stop a person from signing in, at once; what they did stays. Quiet when already so.

    Raises NotPermitted; NotFound; RuleBroken last_administrator, own_account.
    """
    require(by, Permission.ACCOUNT_MANAGE)
    lock_administrators()
    user = locked_user(user_id)
    if by.user_id == user.pk:
        raise RuleBroken("own_account", "You can’t disable your own account. Ask another administrator.")
    if not user.is_active:
        return user
    user.is_active = False
    user.save(update_fields=["is_active"])
    keep_an_administrator()
    record(case_id=user.pk, event="account.disabled", subject=f"user:{user.pk}")
    return user


@command
def enable_person(*, by: Actor, user_id: UUID) -> User:
    """Let a disabled person sign in again, with the roles they still hold. Quiet when already so."""
    require(by, Permission.ACCOUNT_MANAGE)
    user = locked_user(user_id)
    if not user.is_active:
        user.is_active = True
        user.save(update_fields=["is_active"])
        record(case_id=user.pk, event="account.enabled", subject=f"user:{user.pk}")
    return user


@command
def reset_second_factor(*, by: Actor, user_id: UUID, reason: ResetReason) -> int:
    """Take away a person's second factor, recovery codes and trusted devices; they set it up anew at the next sign-in.

    Returns how many were removed. The administrator is named in the history, with the coded reason.
    Raises NotPermitted; NotFound; RuleBroken own_account: nobody lifts their own second factor.
    """
    require(by, Permission.ACCOUNT_MANAGE)
    user = locked_user(user_id)
    if by.user_id == user.pk:
        raise RuleBroken("own_account", "You can’t reset your own second factor. Ask another administrator.")
    removed: int
    user.factor_changes += 1  # ends every session
    user.save(update_fields=["factor_changes"])
    removed, _ = Authenticator.objects.filter(user_id=user.pk).delete()
    record(case_id=user.pk, event="account.second_factor_reset", subject=f"user:{user.pk}", reason=str(reason))
    return removed


@command
def end_sessions(*, by: Actor, user_id: UUID) -> int:
    """Count one change of a second factor: every session of the person ends, trusted devices are asked again.

    Returns the count, which a session that goes on must carry. Called where the change itself was allowed.
    """
    user = locked_user(user_id)
    user.factor_changes += 1
    user.save(update_fields=["factor_changes"])
    record(case_id=user.pk, event="account.sessions_ended", subject=f"user:{user.pk}")
    return user.factor_changes


@command
def set_letter_keys(*, by: Actor, on: bool) -> None:
    """Switch single-letter keys off or on for oneself (WCAG 2.1.4)."""
    if by.user_id is None:
        return
    user = locked_user(by.user_id)
    user.keyboard_shortcuts = on
    user.save(update_fields=["keyboard_shortcuts"])
