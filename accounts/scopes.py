"""Which OAuth2 scopes there are, and which of them a partner client may ask for."""

from typing import Any

from oauth2_provider.scopes import BaseScopes

from accounts.domain import SCOPES
from accounts.models import PartnerClient


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
