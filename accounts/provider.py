"""Work sign-in: an organisation's own OpenID Connect provider. allauth finds this module by its name.

Stricter than allauth's own class: the signature of the ID token is always checked, its nonce too, and its issuer is the
one that was configured. The sign-in provider is the one network call that a page waits for.
"""

import hmac
from collections.abc import Mapping
from typing import Any

import jwt
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest

from accounts.sign_in.claims import Identity, asserts_second_factor, full_name, nonce_of, vouched_email
from accounts.sign_in.device import is_shared

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
REQUIRED = ("iss", "sub", "aud", "exp", "iat", "nonce")
LONGEST_SUBJECT = 191  # what the table of links holds
LEEWAY = 60  # seconds that two clocks may differ
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class WorkAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """Talks to the provider during one sign-in. Raises OAuth2Error for what must not be believed."""

    nonce = ""

    @property
    def openid_config(self) -> dict[str, Any]:
        """Return the provider's description of itself; one of another issuer is refused (Discovery 4.3)."""
        if not hasattr(self, "_openid_config"):
            app = self.get_provider().app
            found = self._fetch(f"{app.settings['server_url']}/.well-known/openid-configuration")
            if found.get("issuer") != app.settings["server_url"]:
                raise OAuth2Error("discovery: another issuer")
            if not all(isinstance(found.get(name), str) for name in ENDPOINTS):
                raise OAuth2Error("discovery: an endpoint is missing")
            self._openid_config = found
        return self._openid_config

    def _fetch(self, url: str, **headers: str) -> dict[str, Any]:
        with get_adapter().get_requests_session() as session:
            answer = session.get(url, headers=headers)
            answer.raise_for_status()
            found = answer.json()
        if not isinstance(found, dict):
            raise OAuth2Error("not an object")
        return found

    def get_access_token_data(
        self, request: HttpRequest, app: Any, client: Any, pkce_code_verifier: str | None = None
    ) -> dict[str, Any]:
        """Change the code for tokens, and remember which nonce belongs to this sign-in."""
        self.nonce = nonce_of(pkce_code_verifier or "")
        try:
            found: dict[str, Any] = super().get_access_token_data(request, app, client, pkce_code_verifier)
        except (KeyError, ValueError) as unreadable:
            raise OAuth2Error("the token answer cannot be read") from unreadable
        return found

    def parse_token(self, data: Mapping[str, Any]) -> SocialToken:
        """Return the access token; it is used once, for userinfo, and not kept."""
        return SocialToken(token=str(data["access_token"]))

    def complete_login(self, request: HttpRequest, app: Any, token: SocialToken, **kwargs: Any) -> SocialLogin:
        """Return who has signed in, after every check."""
        signed = self.checked(app, kwargs["response"].get("id_token"))
        told = self._userinfo(token.token) if app.settings["fetch_userinfo"] else {}
        if told and told.get("sub") != signed["sub"]:
            raise OAuth2Error("userinfo: another subject")
        login = self.get_provider().sociallogin_from_response(request, {"id_token": signed})
        login.identity = identity_of(app, {**told, **signed})
        login.second_factor = asserts_second_factor(signed, app.settings["second_factor"])
        login.end_session = str(self.openid_config.get("end_session_endpoint", ""))
        return login

    def _userinfo(self, access_token: str) -> dict[str, Any]:
        url = self.openid_config.get("userinfo_endpoint")
        return self._fetch(url, Authorization=f"Bearer {access_token}") if url else {}

    def checked(self, app: Any, id_token: Any) -> dict[str, Any]:
        """Return the claims of an ID token: signed by the provider, for us, in time, asked for by this browser."""
        try:
            keys = jwt.PyJWKSet.from_dict(self._fetch(self.openid_config["jwks_uri"]))
            key = keys[jwt.get_unverified_header(id_token).get("kid", "")]
            claims: dict[str, Any] = jwt.decode(
                id_token,
                key,
                algorithms=ALGORITHMS,
                audience=app.client_id,
                issuer=app.settings["server_url"],
                leeway=LEEWAY,
                options={"require": list(REQUIRED)},
            )
        except (jwt.PyJWTError, KeyError, TypeError, AttributeError) as wrong:
            raise OAuth2Error("id token") from wrong
        if not hmac.compare_digest(str(claims["nonce"]).encode(), self.nonce.encode()):
            raise OAuth2Error("id token: nonce")
        if claims.get("azp", app.client_id) != app.client_id:
            raise OAuth2Error("id token: another party")
        if not claims["sub"].isprintable() or not 0 < len(claims["sub"]) <= LONGEST_SUBJECT:
            raise OAuth2Error("id token: subject")
        return claims


def identity_of(app: Any, claims: Mapping[str, Any]) -> Identity:
    """Return the identity that checked claims describe."""
    email = vouched_email(claims, app.settings["email_domains"])
    return Identity(
        provider=app.provider_id,
        subject=claims["sub"],
        email=email,
        name=full_name(claims, email),
        claims=claims,
        admits=app.settings["admits"],
    )


class WorkProvider(OpenIDConnectProvider):  # type: ignore[misc]
    """One organisation's provider. Of what it tells, only its own number for the person is stored."""

    oauth2_adapter_class = WorkAdapter

    def get_pkce_params(self) -> dict[str, str]:
        """Return the code challenge, with the nonce that belongs to it."""
        found: dict[str, str] = generate_code_challenge()
        return found | {"nonce": nonce_of(found["code_verifier"])}

    def get_auth_params(self) -> dict[str, str]:
        """Return what else is asked of the provider: on a shared device never to let the last user in again."""
        asked: dict[str, str] = super().get_auth_params()
        return asked | ({"prompt": "login"} if is_shared(self.request) else {})

    def extract_uid(self, data: Mapping[str, Any]) -> str:
        """Return the provider's own, lasting number for the person."""
        return str(data["id_token"]["sub"])

    def extract_extra_data(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Store nothing else."""
        return {}

    def extract_common_fields(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Prefill nothing: no account is made here."""
        return {}

    def extract_email_addresses(self, data: Mapping[str, Any]) -> list[Any]:
        """Match no address here: the command decides who it is."""
        return []


provider_classes = [WorkProvider]
