"""The NHS.UK stylesheet and script, taken out of their wheel without the remote font.

The wheel's css asks another host for Frutiger, which is licensed to nhs.uk only and which our security policy
refuses; so every @font-face rule and that family name are cut out and text falls back to Arial.
"""

import importlib.util
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

PREFIX = "nhsuk"
VERSION = "10.4.2"
FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}")
SOURCE_MAP = re.compile(r"^(/\*|//)# sourceMappingURL=.*$", re.MULTILINE)  # the wheel has no maps
FONT_FAMILY = re.compile(r"[\"']?Frutiger W01[\"']?\s*,\s*")


def wheel() -> Path:
    """Return the folder of built assets inside the installed wheel. Raises LookupError when it is missing."""
    spec = importlib.util.find_spec("wagtailnhsukfrontend")
    if spec is None or not spec.submodule_search_locations:
        raise LookupError("wagtail-nhsuk-frontend is not installed: it ships the NHS.UK css and js.")
    return Path(spec.submodule_search_locations[0]) / "static" / "wagtailnhsukfrontend"


def without_remote_font(css: str) -> str:
    """Return the stylesheet without its remote font."""
    return FONT_FAMILY.sub("", FONT_FACE.sub("", without_source_map(css)))


def without_source_map(text: str) -> str:
    """Return css or js without the reference to a map that is not shipped, which collectstatic would look for."""
    return SOURCE_MAP.sub("", text)


def prepare(target: Path) -> Path:
    """Write nhsuk.css, nhsuk.js and the icons to `target`, once per version, and return it."""
    mark = target / f"version-{VERSION}-1"
    if mark.exists():
        return target
    source = wheel()
    target.mkdir(parents=True, exist_ok=True)
    css = (source / "css" / f"nhsuk-frontend-{VERSION}.min.css").read_text(encoding="utf-8")
    _write(target / "nhsuk.css", without_remote_font(css).encode())
    script = (source / "js" / f"nhsuk-frontend-{VERSION}.min.js").read_text(encoding="utf-8")
    _write(target / "nhsuk.js", without_source_map(script).encode())
    for name in ("favicon.svg", "favicon.ico", "apple-touch-icon-180x180.png"):
        _write(target / name, (source / "favicons" / name).read_bytes())
    mark.touch()
    return target


def _write(path: Path, content: bytes) -> None:
    """Replace the file in one step: two processes may start at once."""
    part = path.with_name(f"{path.name}.{id(content)}.part")
    part.write_bytes(content)
    part.replace(path)


class NhsukFinder(BaseFinder):
    """A staticfiles finder: {% static 'nhsuk/nhsuk.css' %} comes from the wheel."""

    def __init__(self, app_names: Iterable[str] | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.storage = FileSystemStorage(location=prepare(Path(settings.ICRAS_ASSETS)))
        # collectstatic reads this name to put the files under nhsuk/
        self.storage.prefix = PREFIX  # type: ignore[attr-defined]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """Return the file's place on disk, or an empty list when it is not ours."""
        head, _, name = path.partition("/")
        if head != PREFIX or not name or not self.storage.exists(name):
            return []
        return [self.storage.path(name)] if find_all else self.storage.path(name)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[tuple[str, FileSystemStorage]]:
        """Yield every file with its storage."""
        _, names = self.storage.listdir("")
        return [(name, self.storage) for name in sorted(names) if not name.startswith("version-")]
