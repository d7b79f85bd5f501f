"""A small OpenID Connect provider in a thread of the test: discovery, keys, authorize, token, userinfo, sign-out.

It signs in whoever the test says (`claims`), checks what a provider checks (client, redirect address, PKCE, one use of a
code), and lies on purpose where the test says (`lies`: changes to the ID token, `key`: another key, `down`: no answer).
"""

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "icras-test", "a secret of the test"
KEY, OTHER_KEY = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
KID = "key-1"


class Provider(ThreadingHTTPServer):
    """The provider's state. Its issuer is `url`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("localhost", 0), _Answers)
        self.url = f"http://localhost:{self.server_address[1]}"
        self.claims: dict[str, Any] = {"sub": "subject-1"}
        self.info: dict[str, Any] | None = None  # userinfo; the claims when None
        self.lies: dict[str, Any] = {}
        self.described: dict[str, Any] = {}  # changes to the discovery document
        self.key: Any = KEY
        self.algorithm = "RS256"
        self.down: frozenset[str] = frozenset()
        self.refuses = ""  # an error instead of a code
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[dict[str, str]] = []  # what was asked of authorize and of sign-out
        self.lock = threading.Lock()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that goes away is no fault."""

    def description(self) -> dict[str, Any]:
        """Return the discovery document."""
        ends = ("authorization", "token", "userinfo", "end_session")
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/keys",
            **{f"{end}_endpoint": f"{self.url}/{end}" for end in ends},
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        } | self.described

    def id_token(self, asked: dict[str, str]) -> str:
        """Return a signed token about who signs in, with the lies of the test."""
        at = int(time.time())
        body = {"iss": self.url, "aud": CLIENT, "iat": at, "exp": at + 300, "nonce": asked.get("nonce")}
        body = {name: value for name, value in (body | self.claims | self.lies).items() if value is not None}
        if self.algorithm == "none":
            return jwt.encode(body, None, algorithm="none", headers={"kid": KID})
        if self.algorithm == "HS256":
            return _signed_with_the_public_key(body)
        return jwt.encode(body, self.key, algorithm=self.algorithm, headers={"kid": KID})

    def answer(self, path: str, sent: dict[str, str], token: str) -> tuple[int, dict[str, Any] | str]:
        """Return the status, and an object or the address to go on to."""
        end = path.strip("/")
        if end in self.down or (end.startswith(".well-known") and "discovery" in self.down):
            return 503, {"error": "down"}
        answers = {
            ".well-known/openid-configuration": lambda: (200, self.description()),
            "keys": lambda: (200, {"keys": [_public(KEY)]}),
            "authorization": lambda: self._authorize(sent),
            "token": lambda: self._token(sent),
            "userinfo": lambda: (200, self.claims if self.info is None else self.info),
            "end_session": lambda: self._end(sent),
        }
        return answers.get(end, lambda: (404, {}))()

    def _authorize(self, sent: dict[str, str]) -> tuple[int, str]:
        self.asked.append(sent)
        assert (sent["client_id"], sent["response_type"]) == (CLIENT, "code")
        assert sent["code_challenge"]
        code = secrets.token_urlsafe(8)
        with self.lock:
            self.codes[code] = sent
        back = {"error": self.refuses} if self.refuses else {"code": code}
        return 302, f"{sent['redirect_uri']}?{urlencode(back | {'state': sent['state']})}"

    def _token(self, sent: dict[str, str]) -> tuple[int, dict[str, Any]]:
        with self.lock:
            asked = self.codes.pop(sent.get("code", ""), None)
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        proof = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        right = (sent.get("client_id"), sent.get("client_secret")) == (CLIENT, SECRET)
        if not asked or not right or proof != asked["code_challenge"] or sent["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "opaque", "token_type": "Bearer", "id_token": self.id_token(asked)}

    def _end(self, sent: dict[str, str]) -> tuple[int, str]:
        self.asked.append(sent)
        return 302, sent["post_logout_redirect_uri"]


def _signed_with_the_public_key(body: dict[str, Any]) -> str:
    """Return a token whose secret is the key that everybody can read: the classic confusion."""
    shape = serialization.PublicFormat.SubjectPublicKeyInfo
    secret = KEY.public_key().public_bytes(serialization.Encoding.PEM, shape)
    head = {"alg": "HS256", "typ": "JWT", "kid": KID}
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (head, body)]
    signature = hmac.new(secret, b".".join(parts), "sha256").digest()
    return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()


def _public(key: Any) -> dict[str, Any]:
    found = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    return {**found, "kid": KID, "use": "sig", "alg": "RS256"}


class _Answers(BaseHTTPRequestHandler):
    server: Provider

    def _go(self, words: str) -> None:
        sent = {name: values[0] for name, values in parse_qs(words).items()}
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        status, found = self.server.answer(urlsplit(self.path).path, sent, token)
        body = b"" if isinstance(found, str) else json.dumps(found).encode()
        self.send_response(status)
        if isinstance(found, str):
            self.send_header("Location", found)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self._go(urlsplit(self.path).query)

    def do_POST(self) -> None:
        self._go(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def running():
    """Yield a provider that answers until the block ends."""
    server = Provider()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def configured(server: Provider, **changes: Any) -> dict[str, Any]:
    """Return SOCIALACCOUNT_PROVIDERS with this provider, called "town"; changes are to its own settings."""
    own = {
        "server_url": server.url,
        "scope": ["openid", "profile", "email"],
        "auth_params": {},
        "fetch_userinfo": True,
        "email_domains": [],
        "second_factor": [],
        "admits": False,
    }
    app = {"provider_id": "town", "name": "Town Council", "client_id": CLIENT, "secret": SECRET}
    return {"openid_connect": {"APPS": [{**app, "settings": own | changes}], "OAUTH_PKCE_ENABLED": True}}
