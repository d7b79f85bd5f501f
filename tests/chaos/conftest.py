"""One ICRAS of its own for all that breaks it: made once for each worker of the tests."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories.installation import Installation


@pytest.fixture(scope="session")
def installed() -> Iterator[Installation]:
    folder = Path("/tmp") / f"icras-chaos-{secrets.token_hex(4)}"  # a socket's path must stay short
    folder.mkdir(mode=0o755)
    made = Installation(folder)
    try:
        made.prepare()
        yield made
    finally:
        made.stop()


@pytest.fixture
def what() -> str:
    """Words that no other test's referrals have."""
    return f"Fell in the bathroom. {secrets.token_hex(6)}"
