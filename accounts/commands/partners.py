"""Partner systems: made, given a new secret, stopped. A secret is returned once and kept as a hash only."""

from collections.abc import Sequence
from uuid import UUID

from oauth2_provider.generators import generate_client_id, generate_client_secret
from oauth2_provider.models import AccessToken, Application

from accounts.commands.locks import locked_partner
from accounts.domain import SCOPES, Permission, Scope
from accounts.models import Organisation, PartnerClient
from audit.commands import command, now, record, require
from audit.domain import Actor
from audit.refusals import NotFound, RuleBroken


@command
def add_partner(
    *,
    by: Actor,
    name: str,
    organisation_id: UUID,
    scopes: Sequence[Scope],
    client_id: str = "",
    secret: str = "",
) -> tuple[PartnerClient, str]:
    """Make a partner client bound to one organisation; return it with its secret, which is shown this once.

    `client_id` and `secret` are given for the demo only. Raises NotPermitted; NotFound; RuleBroken no_scope, name_taken
    (a form sent twice: the secret was shown the first time, and is shown to nobody again).
    """
    require(by, Permission.ACCOUNT_MANAGE)
    if not scopes or any(scope not in SCOPES for scope in scopes):
        raise RuleBroken("no_scope", "Choose what it may do.", field="scopes")
    organisation = Organisation.objects.select_for_update().filter(pk=organisation_id).first()
    if organisation is None:
        raise NotFound
    if PartnerClient.objects.filter(organisation=organisation, name__iexact=name).exists():
        words = "There is a system of this name already. Open it for a new secret, or give this one another name."
        raise RuleBroken("name_taken", words, field="name")
    secret = secret or generate_client_secret()
    application = Application.objects.create(
        name=name,
        client_id=client_id or generate_client_id(),
        client_secret=secret,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
    )
    client = PartnerClient.objects.create(
        application=application,
        organisation_id=organisation_id,
        name=name,
        scopes=sorted(str(scope) for scope in scopes),
        created_at=now(),
        secret_changed_at=now(),
    )
    record(case_id=client.pk, event="partner.added", subject=f"client:{client.pk}", organisation=organisation_id)
    return client, secret


@command
def rotate_secret(*, by: Actor, client_id: UUID) -> str:
    """Give the client a new secret and return it, shown this once; the old one and every token end now."""
    require(by, Permission.ACCOUNT_MANAGE)
    client = locked_partner(client_id)
    secret: str = generate_client_secret()
    client.application.client_secret = secret
    client.application.save(update_fields=["client_secret"])
    client.secret_changed_at = now()
    client.save(update_fields=["secret_changed_at"])
    AccessToken.objects.filter(application=client.application).delete()
    record(case_id=client.pk, event="partner.secret_rotated", subject=f"client:{client.pk}")
    return secret


@command
def disable_partner(*, by: Actor, client_id: UUID) -> PartnerClient:
    """Stop the client at once: its tokens end and it gets no new ones. Quiet when already so."""
    require(by, Permission.ACCOUNT_MANAGE)
    client = locked_partner(client_id)
    if client.is_active:
        client.is_active = False
        client.save(update_fields=["is_active"])
        AccessToken.objects.filter(application=client.application).delete()
        record(case_id=client.pk, event="partner.disabled", subject=f"client:{client.pk}")
    return client


@command
def enable_partner(*, by: Actor, client_id: UUID) -> PartnerClient:
    """Let a stopped client ask for tokens again, with the secret it has. Quiet when already so."""
    require(by, Permission.ACCOUNT_MANAGE)
    client = locked_partner(client_id)
    if not client.is_active:
        client.is_active = True
        client.save(update_fields=["is_active"])
        record(case_id=client.pk, event="partner.enabled", subject=f"client:{client.pk}")
    return client
