"""Passkeys: allauth's forms, with every unreadable answer of a browser refused as a wrong one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms

UNREADABLE = (AttributeError, IndexError, KeyError, TypeError, ValueError)
WRONG = forms.ValidationError("That passkey is not known here. Use another one, or another way", code="passkey")


@contextmanager
def _said_in_words() -> Iterator[None]:
    """Turn what cannot be read or is not right into one fault; too many tries stay what they are."""
    try:
        yield
    except UNREADABLE as unreadable:
        raise WRONG from unreadable
    except forms.ValidationError as wrong:
        raise (WRONG if getattr(wrong, "code", "") == "incorrect_code" else wrong) from wrong


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey and what its owner calls it."""

    name = forms.CharField(max_length=60, required=False)
    passwordless = None

    def clean(self) -> Any:
        """Check what the browser made. Its owner proved themselves to it: the settings require that."""
        with _said_in_words():
            return super().clean()


class UsePasskeyForm(AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey as second factor."""

    def clean_credential(self) -> Authenticator:
        """Return the passkey that signed."""
        with _said_in_words():
            return super().clean_credential()


class SignInPasskeyForm(UsePasskeyForm, LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey alone: it says who signs in, and is both factors."""


class AgainPasskeyForm(UsePasskeyForm, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey of who is signed in, asked once more."""
