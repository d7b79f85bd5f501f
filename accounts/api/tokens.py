"""Tokens of partner systems: which clients may ask for one, and for which scopes."""

from typing import Any

from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.scopes import BaseScopes

from accounts.domain import SCOPES
from accounts.models import PartnerClient


class PartnerValidator(OAuth2Validator):  # type: ignore[misc]
    """An application that belongs to no active partner client is as unknown as one that does not exist."""

    def _load_application(self, client_id: str, request: Any) -> Any:
        application = super()._load_application(client_id, request)
        known = PartnerClient.objects.filter(application=application, is_active=True)
        return application if application is not None and known.exists() else None


class PartnerScopes(BaseScopes):  # type: ignore[misc]
    """A client may ask for its own scopes only; a token without any named gets them all."""

    def get_all_scopes(self) -> dict[str, str]:
        return {str(scope): words for scope, (words, _) in SCOPES.items()}

    def get_available_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        client = PartnerClient.objects.filter(application=application, is_active=True).first()
        return list(client.scopes) if client else []

    def get_default_scopes(self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any) -> list[str]:
        return self.get_available_scopes(application)
