"""WSGI entry point, served by granian."""

import os
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "icras.settings")
WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
MOST_BYTES = 1024 * 1024 + 1  # one more than any body may have, so that a longer one is still seen to be too long


def with_length(inner: WSGI) -> WSGI:
    """Give a body that came in chunks its length: Django takes one without a length for an empty one."""

    def run(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        chunked = "chunked" in str(environ.get("HTTP_TRANSFER_ENCODING", "")).lower()
        if chunked and environ.get("wsgi.input_terminated") and not environ.get("CONTENT_LENGTH"):
            body = environ["wsgi.input"].read(MOST_BYTES)
            environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        return inner(environ, start_response)

    return run


application = with_length(get_wsgi_application())
