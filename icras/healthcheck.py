"""Ask whether the web server here answers: `python -m icras.healthcheck PORT [PATH]`; exits 1 if it does not."""

import os
import sys
import urllib.error
import urllib.request

SECONDS = 5


def answers(port: int, path: str = "healthz") -> bool:
    """Return whether the web server answers 200 on 127.0.0.1, asked under the first name of ALLOWED_HOSTS."""
    host = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip().lstrip(".") or "127.0.0.1"
    request = urllib.request.Request(f"http://127.0.0.1:{port}/{path}", headers={"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310  (always our own machine)
            return bool(answer.status == 200)
    except OSError:  # refused, timed out, or an answer that is an error
        return False


if __name__ == "__main__":
    sys.exit(0 if answers(int(sys.argv[1]), *sys.argv[2:3]) else 1)
