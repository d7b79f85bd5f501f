"""A passkey without a browser: what a phone would answer when it is asked to make one."""

import hashlib
import json
import secrets
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

Flag = AuthenticatorData.FLAG
OWNER_PROVED = Flag.USER_PRESENT | Flag.USER_VERIFIED | Flag.ATTESTED


def new_passkey(options: dict[str, Any], origin: str) -> str:
    """Return the answer, as JSON, to the options of a page that adds a passkey."""
    asked = options["publicKey"]
    key = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    credential_id = secrets.token_bytes(16)
    made = AttestedCredentialData.create(b"\0" * 16, credential_id, key)
    rp = hashlib.sha256(asked["rp"]["id"].encode()).digest()
    data = AuthenticatorData.create(rp, OWNER_PROVED, 0, made)
    client = {"type": "webauthn.create", "challenge": asked["challenge"], "origin": origin, "crossOrigin": False}
    answer = {
        "clientDataJSON": websafe_encode(json.dumps(client).encode()),
        "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
    }
    name = websafe_encode(credential_id)
    told = {"id": name, "rawId": name, "type": "public-key", "response": answer}
    return json.dumps(told | {"clientExtensionResults": {}, "authenticatorAttachment": "platform"})
