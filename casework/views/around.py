"""What stands around the page of a request: read once, when it is first asked for."""

from typing import cast

from django.http import HttpRequest

from accounts.request import actor_of
from casework.queries.around import Around, around


class _Read(HttpRequest):
    around: Around


def around_of(request: HttpRequest) -> Around:
    """Return the place, the last sweep and the messages of who asks; the view and the shell share one reading."""
    read = cast(_Read, request)
    if not hasattr(read, "around"):
        read.around = around(actor_of(request))
    return read.around
