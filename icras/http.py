"""What crosses HTTP: request ids, the acting user, and refusals turned into answers once, for pages and for REST."""

import re
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any
from urllib.parse import unquote_to_bytes
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from accounts.models import User
from accounts.queries import actor_for
from accounts.request import actor_of, asked
from audit.commands import note_denial
from audit.domain import ANONYMOUS, Actor
from audit.refusals import NotFound, NotPermitted, Refusal, Stale

GetResponse = Callable[[HttpRequest], HttpResponse]
log = structlog.get_logger("icras.request")
PROBLEM = "application/problem+json"
MOST_ERRORS = 50
UNREADABLE = "\N{REPLACEMENT CHARACTER}"  # what Django puts where bytes are no UTF-8
TAKES_FILES = re.compile(r"/people/([0-9a-f-]{36}/files|import)/")
DENIALS = (NotFound, NotPermitted)


class RequestIdMiddleware:
    """Give every request an id, on every log line and in the answer; one line each, by route, without query or body."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        structlog.contextvars.clear_contextvars()
        request_id = uuid4().hex
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.monotonic()
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        route = request.resolver_match.route if request.resolver_match else "-"
        spent = round((time.monotonic() - started) * 1000)
        log.info("request", method=request.method, route=route, status=response.status_code, ms=spent)
        return response


class NoStoreMiddleware:
    """Keep every answer out of every cache, the sign-in and what a session's end hands back too. Not static files."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if "no-store" not in response.headers.get("Cache-Control", ""):
            add_never_cache_headers(response)
        return response


class ActorMiddleware:
    """Put the Actor of the signed-in user on the request."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        asked(request).actor = actor_for(user) if isinstance(user, User) else ANONYMOUS
        if isinstance(user, User):
            structlog.contextvars.bind_contextvars(actor=f"user:{user.pk}")
        return self.get_response(request)


class LongBodyMiddleware:
    """Answer 413 to a form or a file longer than any form takes, before it is read: nothing may fill memory or disk.

    REST answers for itself. A body that came in chunks has its length from icras.wsgi.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        takes_files = TAKES_FILES.fullmatch(request.path)
        longest: int = settings.ICRAS_FILE_BODY if takes_files else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if request.path.startswith("/api/") or (length.isdecimal() and int(length) <= longest):
            return self.get_response(request)
        request.POST = QueryDict()  # nobody reads it
        request.user = AnonymousUser()
        return render(request, "413.html", status=413)


class UnfitTextMiddleware:
    """Answer 400 to an address or a form with a NUL, and to a form whose bytes are no UTF-8, before anything is saved.

    Nobody types a NUL, and the database keeps none. Bytes that cannot be read would be kept as question marks.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        if request.path.startswith("/api/"):  # these answer for themselves, as problem details
            return
        sent = (*request.GET.lists(), *request.POST.lists())
        if any("\0" in text for name, values in sent for text in (name, *values)):
            raise BadRequest("NUL")
        typed = (text for name, values in request.POST.lists() for text in (name, *values))
        if any(UNREADABLE in text for text in typed) and not _is_utf8(request):
            raise BadRequest("not UTF-8")


def _is_utf8(request: HttpRequest) -> bool:
    """Say whether a form that shows the sign for what cannot be read was sent with that very sign in it.

    A form in parts, as one with a file is, is not kept as it came: nobody can tell any more.
    """
    if request.content_type != "application/x-www-form-urlencoded":
        return False
    try:
        unquote_to_bytes(request.body.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        return False
    return True


class RefusalMiddleware:
    """Turn a refusal that a page did not handle itself into a page that says what happened and what to do."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refusal):
            return None
        _note_denial(actor_of(request), exception, request.resolver_match)
        return render(request, "icras/refusal.html", {"refusal": exception}, status=exception.status)


def _note_denial(by: Actor, refusal: Refusal, match: Any) -> None:
    if not isinstance(refusal, DENIALS):
        return
    tried = [value for value in match.kwargs.values() if isinstance(value, UUID)] if match else []
    note_denial(by=by, what=(match.view_name or match.route)[:60] if match else refusal.code, ids=tried)


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer a REST error as RFC 9457 problem details with a stable `code` and per-field `errors`."""
    request = context["request"]
    if isinstance(error, Refusal):
        by = getattr(request.user, "actor", ANONYMOUS)
        _note_denial(by, error, request.resolver_match)
        errors = [{"field": error.field, "message": error.message}] if error.field else []
        status = 412 if isinstance(error, Stale) else error.status  # in REST the version comes as a condition, If-Match
        return _answer(status, error.code, error.message, errors)
    answer = exception_handler(error, context)
    if answer is None:
        return None
    kept = {name: answer[name] for name in ("WWW-Authenticate", "Retry-After", "Allow") if name in answer}
    response = _answer(_status(error, answer.status_code), *_words(error))
    for name, value in kept.items():
        response[name] = value
    return response


def _status(error: Exception, status: int) -> int:
    return 422 if isinstance(error, exceptions.ValidationError) else status


def _words(error: Exception) -> tuple[str, str, list[dict[str, str]]]:
    if isinstance(error, exceptions.ValidationError):
        return (
            "invalid",
            "Some of what you sent is missing or wrong.",
            list(islice(_field_errors(error.detail), MOST_ERRORS)),
        )
    if isinstance(error, exceptions.APIException):
        return str(error.default_code), str(error.detail), []
    return "not_found", "There is nothing here.", []


def _field_errors(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
    if isinstance(detail, dict):
        for key, value in detail.items():
            yield from _field_errors(value, f"{path}.{key}" if path else str(key))
    elif isinstance(detail, list):
        for index, value in enumerate(detail):
            nested = isinstance(value, (dict, list))
            yield from _field_errors(value, f"{path}.{index}" if nested else path)
    else:
        yield {"field": path, "message": str(detail)}


def _answer(status: int, code: str, detail: str, errors: list[dict[str, str]]) -> Response:
    body = {"type": "about:blank", "title": code.replace("_", " "), "status": status, "code": code, "detail": detail}
    return Response({**body, "errors": errors}, status=status, content_type=PROBLEM)
