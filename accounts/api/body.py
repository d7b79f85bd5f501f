"""JSON as it comes in, read strictly. Apart from the endpoints, because Django REST framework loads parsers first."""

import json
import re
from collections.abc import Iterable
from typing import Any

from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

BODY_BYTES = 128 * 1024
DEPTH = 8
UNFIT = re.compile("[\x00\ud800-\udfff]")


class BodyTooLarge(APIException):
    """The body is over the limit."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "body_too_large"
    default_detail = f"The body may have {BODY_BYTES // 1024} KiB."


class StrictJSONParser(BaseParser):
    """JSON in UTF-8 of at most 128 KiB, at most 8 levels deep, no name twice, no NaN (400 or 413)."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return what the body holds."""
        raw = b""
        while len(raw) <= BODY_BYTES and (more := stream.read(BODY_BYTES + 1 - len(raw))):
            raw += more
        if len(raw) > BODY_BYTES:
            raise BodyTooLarge
        return read_json(raw)


def read_json(raw: bytes) -> Any:
    """Return the data. Raises ParseError for what is not JSON, or is too deep, or names a field twice."""
    try:
        data = json.loads(raw.decode(), object_pairs_hook=_object, parse_constant=_refuse)
        _refuse_deep(data, DEPTH)
    except json.JSONDecodeError as wrong:
        raise ParseError(f"The body is not JSON: {wrong.msg}, line {wrong.lineno} column {wrong.colno}.") from wrong
    except RecursionError as wrong:
        raise ParseError("The body is nested too deeply.") from wrong
    except ValueError as wrong:
        raise ParseError("The body is not JSON in UTF-8, or names a field twice, or is nested too deeply.") from wrong
    return data


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs) or any(UNFIT.search(name) for name in found):
        raise ValueError
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _refuse_deep(value: Any, left: int) -> None:
    inner: Iterable[Any] = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if left == 0 and isinstance(value, dict | list):
        raise ValueError
    for item in inner:
        _refuse_deep(item, left - 1)
