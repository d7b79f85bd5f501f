"""What the product is made of: every package pinned by hash, none below a known fault's mend, no secret in the repository."""

import re
import subprocess

import pytest

from tests.architecture.source import ROOT

LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-installer.lock")
# The first version without a published fault, and which one. Kept by hand from what we know: no advisory
# database is asked, since checks run where none can be reached.
FLOORS = {
    "cryptography": ("44.0.1", "CVE-2024-12797"),
    "django": ("5.2.9", "CVE-2025-64459, CVE-2025-64460, CVE-2025-13372"),
    "django-allauth": ("65.13.0", "CVE-2025-65430, CVE-2025-65431"),
    "djangorestframework": ("3.15.2", "CVE-2024-21520"),
    "jinja2": ("3.1.6", "CVE-2025-27516"),
    "oauthlib": ("3.2.1", "CVE-2022-36087"),
    "requests": ("2.32.4", "CVE-2024-47081"),
    "sqlparse": ("0.5.0", "CVE-2024-4340"),
    "urllib3": ("2.6.0", "CVE-2025-66418, CVE-2025-66471"),
    "certifi": ("2024.7.4", "CVE-2024-39689"),
    "idna": ("3.7", "CVE-2024-3651"),
    "werkzeug": ("3.1.4", "CVE-2025-66221"),
    "redis": ("4.5.4", "CVE-2023-28859"),
    "celery": ("5.2.2", "CVE-2021-23727"),
    "pyyaml": ("5.4", "CVE-2020-14343"),
}
PACKAGE = re.compile(
    r"^([A-Za-z0-9][\w.-]*)(?:\[[^]]*\])?==([^\s;]+)(.*?)(?=^[A-Za-z0-9]|\Z)", re.MULTILINE | re.DOTALL
)
SECRETS = {
    "private key": re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"),
    "cloud key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "service token": re.compile(r"\b(?:ghp|gho|ghs|glpat|xox[abp]|sk_live|rk_live)[_-][0-9A-Za-z-]{16,}"),
    "address with a password": re.compile(
        r"\b[a-z+]+://[^\s:/@\"'{}$<>]+:(?!password@|secret@)[^\s:/@\"'{}$<>*]{4,}@[a-z0-9]"
    ),
    "assigned secret": re.compile(
        r"(?i)\b(?:secret_?key|password|passwd|api_?key|access_?token|client_?secret)\b\s*[:=]\s*[\"'](?=[^\"'\s]{20,}[\"'])(?=[^\"']*\d)(?=[^\"']*[A-Za-z])[^\"'\s{}<>]+[\"']"
    ),
}
TEXT = {
    ".py",
    ".toml",
    ".md",
    ".yml",
    ".yaml",
    ".sh",
    ".html",
    ".txt",
    ".js",
    ".css",
    ".csv",
    ".cfg",
    ".ini",
    ".json",
    ".lock",
    "",
}


def packages(lock: str) -> list[tuple[str, str, str]]:
    return [(found[1].lower(), found[2], found[3]) for found in PACKAGE.finditer((ROOT / lock).read_text())]


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.split("+", maxsplit=1)[0]))


@pytest.mark.parametrize("lock", LOCKS)
def test_lock__pins_every_package_by_hash(lock):
    found = packages(lock)
    assert found
    assert [name for name, _, rest in found if "--hash=sha256:" not in rest] == []
    stray = [
        line for line in (ROOT / lock).read_text().splitlines() if re.match(r"^[A-Za-z0-9]", line) and "==" not in line
    ]
    assert stray == []


@pytest.mark.parametrize("lock", LOCKS)
def test_lock__holds_nothing_with_a_known_fault(lock):
    below = [
        f"{name} {version} is below {FLOORS[name][0]} ({FLOORS[name][1]})"
        for name, version, _ in packages(lock)
        if name in FLOORS and numbers(version) < numbers(FLOORS[name][0])
    ]
    assert below == []


def test_lock__of_the_product_is_part_of_the_developers():
    product, dev = ({name: version for name, version, _ in packages(lock)} for lock in LOCKS[:2])
    assert {name: (version, dev.get(name)) for name, version in product.items() if dev.get(name) != version} == {}


def kept() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False).stdout.decode()
    names = [name for name in listed.split("\0") if name] or [
        str(p.relative_to(ROOT)) for p in ROOT.rglob("*") if p.is_file()
    ]
    return [name for name in names if not name.startswith((".venv", "var/", ".git/"))]


def secrets_in(text: str) -> list[str]:
    return [kind for kind, pattern in SECRETS.items() if pattern.search(text)]


def test_repository__holds_no_secret():
    found = {}
    for name in kept():
        file = ROOT / name
        if file.suffix in TEXT and file.is_file() and (kinds := secrets_in(file.read_text(errors="replace"))):
            found[name] = kinds
    assert {name: kinds for name, kinds in found.items() if name != "tests/attack/test_supply.py"} == {}


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("private key", "-----BEGIN RSA " + "PRIVATE KEY-----"),
        ("cloud key", "AKIA" + "ABCDEFGHIJKLMNOP"),
        ("service token", "ghp_" + "a1" * 18),
        ("address with a password", "postgresql://icras:" + "Tr0ub4dor@db.example/icras"),
        ("assigned secret", 'SECRET_KEY = "' + "k9" * 20 + '"'),
    ],
)
def test_secret__would_be_seen(kind, text):
    assert secrets_in(text) == [kind]


def test_repository__holds_no_file_that_should_stay_at_home():
    bad = (".pem", ".key", ".p12", ".pfx", ".env", ".sqlite3", ".dump", ".sql.gz", "id_rsa", ".netrc", ".pypirc")
    assert [name for name in kept() if name.endswith(bad)] == []
