"""Where Chromium is, and what a skipped browser test means."""

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
REQUIRED = os.environ.get("ICRAS_REQUIRE_BROWSER") == "1"
MISSING = "No Chromium on this machine: browser tests are skipped (Debian: apt-get install chromium)."


def executable() -> str | None:
    """Return Chromium's path: ICRAS_CHROMIUM, else the first one found."""
    return os.environ.get("ICRAS_CHROMIUM") or next((found for name in NAMES if (found := shutil.which(name))), None)
