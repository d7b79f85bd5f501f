"""Work sign-in: who somebody is, and which roles their organisation's claims bring, looked at anew at each sign-in."""

from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

from allauth.socialaccount.models import SocialAccount
from django.db.models import Q

from accounts.commands.locks import locked_user
from accounts.domain import Permission
from accounts.domain.rota import LONDON
from accounts.models import ClaimRole, Membership, Place, User
from accounts.queries import current_memberships
from accounts.sign_in.claims import Identity, is_left_out, values_at
from audit.commands import command, now, record, require
from audit.domain import Actor
from audit.refusals import NotPermitted, RuleBroken

Held = tuple[UUID, str]  # team, role


@command
def sign_in_with_claims(*, by: Actor, identity: Identity) -> User | None:
    """Return whom the identity belongs to, with their roles brought to what its claims say; None: nobody who may enter.

    Known by the provider's own number. At the first time by an e-mail address that the provider vouches for, when an
    active account has it and no other identity of this provider. An unknown one is admitted only where the provider's
    settings say so and a claim is mapped. Somebody left without any role may not enter.
    """
    require(by, Permission.ACCOUNT_MANAGE)
    user = _linked(identity) or _invited(identity) or _admitted(identity)
    if user is None or not user.is_active:
        return None
    _bring_roles(user, identity)
    return user if current_memberships(now()).filter(user=user).exists() else None


@command
def link_identity(*, by: Actor, identity: Identity) -> None:
    """Let the actor sign in with this identity from now on; they have proved both. Quiet when it is theirs already.

    Raises NotPermitted for who is no person; RuleBroken identity_taken when it, or their place at this provider, is
    somebody else's.
    """
    if by.user_id is None:
        raise NotPermitted("account.link")
    user = locked_user(by.user_id)
    held = SocialAccount.objects.filter(
        Q(uid=identity.subject) | Q(user=user), provider=identity.provider
    ).select_for_update()
    if any((one.user_id, one.uid) != (user.pk, identity.subject) for one in held):
        raise RuleBroken("identity_taken", "That sign-in belongs to another account, or you have another one there.")
    if not held:
        _link(user, identity)


@command
def unlink_identity(*, by: Actor, user_id: UUID, provider: str) -> None:
    """Forget which identity of a provider is this person's, and end the roles that it brought.

    Quiet when there is none. The next sign-in there links anew, by a vouched address. Raises NotPermitted, NotFound.
    """
    require(by, Permission.ACCOUNT_MANAGE)
    user = locked_user(user_id)
    removed, _ = SocialAccount.objects.filter(user=user, provider=provider).delete()
    for membership in _brought(user, provider):
        _end(membership)
    if removed:
        record(case_id=user.pk, event="account.unlinked", subject=f"user:{user.pk}", provider=provider)


def _linked(identity: Identity) -> User | None:
    found = SocialAccount.objects.filter(provider=identity.provider, uid=identity.subject).first()
    return locked_user(found.user_id) if found else None


def _invited(identity: Identity) -> User | None:
    """Link the account that has the vouched address. An address handed on to a successor opens nothing."""
    if not identity.email:
        return None
    user = User.objects.select_for_update().filter(email__iexact=identity.email, is_active=True).first()
    if user is None:
        return None
    held = SocialAccount.objects.filter(user=user, provider=identity.provider).first()
    if held is not None:  # linked while we waited for the lock, or somebody else's number
        return user if held.uid == identity.subject else None
    _link(user, identity)
    return user


def _admitted(identity: Identity) -> User | None:
    """Make an account for who is unknown, where the provider may and a claim is mapped."""
    if not identity.admits or not identity.email or not _wanted(identity):
        return None
    list(Place.objects.select_for_update())  # one newcomer after the other: nobody is made twice
    if User.objects.filter(email__iexact=identity.email).exists():
        return _invited(identity)
    user = User.objects.create_user(identity.email, name=identity.name)
    record(case_id=user.pk, event="account.admitted", subject=f"user:{user.pk}", provider=identity.provider)
    _link(user, identity)
    return user


def _link(user: User, identity: Identity) -> None:
    SocialAccount.objects.create(user=user, provider=identity.provider, uid=identity.subject)
    record(case_id=user.pk, event="account.linked", subject=f"user:{user.pk}", provider=identity.provider)


def _wanted(identity: Identity) -> dict[Held, ClaimRole]:
    """Return the roles that the claims bring."""
    mapped = ClaimRole.objects.filter(provider=identity.provider).order_by("pk")
    return {(one.team_id, one.role): one for one in mapped if one.value in values_at(identity.claims, one.claim)}


def _today() -> date:
    return now().astimezone(LONDON).date()


def _brought(user: User, provider: str) -> list[Membership]:
    """Return the roles in force that this provider brought, locked."""
    in_force = Q(ends_on=None) | Q(ends_on__gte=_today())
    return list(Membership.objects.select_for_update().filter(in_force, user=user, provider=provider).order_by("pk"))


def _bring_roles(user: User, identity: Identity) -> None:
    """Give what the claims say and end what they no longer say. Roles given by hand are left alone."""
    wanted, held = _wanted(identity), _brought(user, identity.provider)
    for membership in held:
        if (membership.team_id, membership.role) not in wanted and not _unsaid(membership, identity):
            _end(membership)
    here = Membership.objects.filter(Q(ends_on=None) | Q(provider=identity.provider, ends_on__gte=_today()), user=user)
    _give(user, {key: one for key, one in wanted.items() if key not in set(here.values_list("team_id", "role"))})


def _unsaid(membership: Membership, identity: Identity) -> bool:
    """Say whether the token holds back the claim that brought the role: then it is neither kept nor lost by it."""
    mapped = ClaimRole.objects.filter(
        provider=identity.provider, team_id=membership.team_id, role=membership.role
    ).values_list("claim", flat=True)
    return any(is_left_out(identity.claims, claim) for claim in mapped)


def _give(user: User, missing: Mapping[Held, ClaimRole]) -> None:
    for (team_id, role), mapped in missing.items():
        Membership.objects.create(
            user=user,
            team_id=team_id,
            role=role,
            profession=mapped.profession,
            starts_on=_today(),
            provider=mapped.provider,
        )
        _note("account.role_given", user.pk, team_id, role, mapped.provider)


def _end(membership: Membership) -> None:
    """End a role at once. One of today leaves its two events and no row: a day is the least that a row can say."""
    if membership.starts_on >= _today():
        membership.delete()
    else:
        membership.ends_on = _today() - timedelta(days=1)
        membership.save(update_fields=["ends_on"])
    _note("account.role_ended", membership.user_id, membership.team_id, membership.role, membership.provider)


def _note(event: str, user_id: UUID, team_id: UUID, role: str, provider: str) -> None:
    record(case_id=user_id, event=event, subject=f"user:{user_id}", role=role, team=team_id, provider=provider)
