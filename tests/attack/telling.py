"""What the product tells outside its pages: log lines, addresses, e-mails. And which stored words must never be in them."""

import io
import logging
import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote_plus

import structlog
from django.apps import apps
from django.core.mail import EmailMessage
from django.db import models

from icras import logs

ABOUT_PEOPLE = ("referrals", "pathways", "careplans", "casework")
ID = re.compile(r"((user|client|system):)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
HARMLESS = re.compile(
    r"[a-z0-9_:./-]*"  # codes, zones, labels of subjects
    r"|[A-Z]{1,3}-[0-9]{2}-[0-9]+"  # references, made to be told
    r"|(user|client):.*"
    r"|\d{4}-\d\d-\d\d[T ].*"
)
NUMBER = re.compile(r"\d{6,}")


@contextmanager
def listening() -> Iterator[io.StringIO]:
    """Collect every log line, as production would write it."""
    stream, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(stream)
    made = {name: value for name, value in logs.settings("INFO")["formatters"]["json"].items() if name != "()"}
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(**made))
    kept = root.level
    logging.disable(logging.NOTSET)  # whatever another test, or what it started, has switched off
    for logger in logging.root.manager.loggerDict.values():
        if isinstance(logger, logging.Logger):
            logger.disabled = False
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield stream
    finally:
        root.removeHandler(handler)
        root.setLevel(kept)


def words_about_people() -> set[str]:
    """Return every name, number and note that is stored now: all text of these apps but codes and references."""
    found: set[str] = set()
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label in ABOUT_PEOPLE:
            names = [field.attname for field in model._meta.concrete_fields if _holds_text(field)]
            for row in model._default_manager.values_list(*names) if names else ():
                found |= {text.strip() for value in row for text in _texts(value)}
    return {text for text in found if _tells(text)}


def _holds_text(field: Any) -> bool:
    inner = getattr(field, "base_field", field)
    return isinstance(inner, models.CharField | models.TextField | models.JSONField) and not inner.choices


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def _tells(text: str) -> bool:
    return len(text) >= 4 and not ID.fullmatch(text) and (bool(NUMBER.search(text)) or not HARMLESS.fullmatch(text))


def leaks(words: Collection[str], lines: str, addresses: Iterable[str], mail: Iterable[EmailMessage]) -> list[str]:
    """Return which of the words stand in log lines, addresses or e-mails."""
    told = {
        "log": lines,
        "address": "\n".join(f"{address} {unquote_plus(address)}" for address in addresses),
        "e-mail": "\n".join(f"{message.subject}\n{message.body}\n{message.extra_headers}" for message in mail),
    }
    return [f"{where}: {word!r}" for where, text in told.items() for word in sorted(words) if word in text]
