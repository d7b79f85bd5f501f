"""Which OAuth2 clients may ask for a token: partner systems that have not been stopped."""

from typing import Any

from oauth2_provider.oauth2_validators import OAuth2Validator

from accounts.models import PartnerClient


class PartnerValidator(OAuth2Validator):  # type: ignore[misc]
    """An application that belongs to no active partner client is as unknown as one that does not exist."""

    def _load_application(self, client_id: str, request: Any) -> Any:
        application = super()._load_application(client_id, request)
        known = PartnerClient.objects.filter(application=application, is_active=True)
        return application if application is not None and known.exists() else None
