"""Logs: one JSON line each, with the request id, without personal data (no bodies, queries, addresses or names).

An exception is told by its type and the lines it passed through, never by its message: the database puts values there
("Key (nhs_number)=(…) already exists"). A library that logs an exception or an address has its line rewritten likewise.
"""

import logging
import traceback
from collections.abc import Iterator
from typing import Any

import structlog

EventDict = dict[str, Any]
FRAMES = 25
TELLS_ADDRESSES = ("django.request", "django.security", "django.server")
TELLS_VALUES = ("celery.app.trace", "celery.worker", "kombu", "oauthlib", "oauth2_provider", "allauth")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _told(error: BaseException) -> EventDict:
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    kind = type(error)
    return {
        "type": f"{kind.__module__}.{kind.__qualname__}",
        "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }


def types_and_frames(exc_info: structlog.typing.ExcInfo) -> list[EventDict]:
    """Return the types of the exception and of those behind it, and the lines each passed through, outermost first."""
    return [_told(each) for each in _chain(exc_info[1])]


def without_values(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Keep a library's template and drop what it would fill in, where that may be an address or a value."""
    record: logging.LogRecord = event["_record"]
    if record.name.startswith(TELLS_ADDRESSES):
        event["event"] = f"HTTP {getattr(record, 'status_code', 'refused')}"
        _add_route(event, getattr(record, "request", None))
    elif "exc_info" in event or (record.name.startswith(TELLS_VALUES) and record.levelno >= logging.WARNING):
        event["event"] = str(record.msg)
    given = event.pop("positional_args", ())
    if isinstance(given, dict):
        event |= {f"task_{key}": str(given[key]) for key in ("id", "name") if key in given}
    return event


def _add_route(event: EventDict, request: Any) -> None:
    match = getattr(request, "resolver_match", None)
    event["method"], event["route"] = getattr(request, "method", "-"), match.route if match else "-"


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.ExceptionRenderer(types_and_frames),
]


def configure() -> None:
    """Send structlog through the standard library, so that every library's lines look alike."""
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def settings(level: str) -> dict[str, Any]:
    """Return Django's LOGGING. Django's own handlers (mail to administrators) are dropped: they tell values."""
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processor": structlog.processors.JSONRenderer(),
        "pass_foreign_args": True,
        "foreign_pre_chain": [without_values, *SHARED],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": []},
            "django.server": {"level": "ERROR"},
            "django.request": {"level": "ERROR"},
            "django.db.backends": {"level": "WARNING"},
        },
    }
