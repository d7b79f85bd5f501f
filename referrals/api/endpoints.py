"""Endpoints of the single point of access: thin, calling the same commands as the pages."""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any, ClassVar, cast
from urllib.parse import urlencode
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.clients import actor_of
from accounts.api.document import described
from accounts.api.endpoint import (
    Body,
    Endpoint,
    answer,
    make_cursor,
    read_body,
    read_cursor,
    read_query,
    version_matched,
)
from accounts.domain import Permission
from audit.commands import now
from audit.domain import Actor
from referrals import queries
from referrals.api import examples, inputs, outputs
from referrals.commands import once, register_referral, triage_referral
from referrals.models import Referral
from timelimits.queries import clocks_told

KEY = re.compile(r"[\x21-\x7e]{1,200}", re.ASCII)
KEY_HEADER = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="Yours, 1 to 200 visible characters; a new one for every new request. Kept 30 days.",
)
KEY_IF_WANTED = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Not needed; with one a repeated call makes nothing twice.",
)
Made = tuple[int, dict[str, Any]]


class KeyMissing(APIException):
    """A request to make something, without an Idempotency-Key."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "idempotency_key_missing"
    default_detail = "Send an Idempotency-Key, so that a repeated call makes nothing twice."


class KeyUnread(APIException):
    """An Idempotency-Key that is too long or holds spaces."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "idempotency_key_invalid"
    default_detail = "An Idempotency-Key has 1 to 200 visible characters without spaces."


def answered_once(
    request: Request, shape: type[Body], make: Callable[[dict[str, Any]], Made], *, needed: bool = True
) -> Made:
    """Make something with `make(checked body)`, or repeat the first answer given to this Idempotency-Key.

    Where no key is `needed`, a call without one is simply made. Raises KeyMissing and KeyUnread (400), and
    IllegalMove key_reused (409) when the key came with another body.
    """
    if "Idempotency-Key" not in request.headers:
        if needed:
            raise KeyMissing
        return make(read_body(request, shape))
    key = request.headers["Idempotency-Key"]
    if not KEY.fullmatch(key):
        raise KeyUnread
    told, by = read_body(request, shape), actor_of(request)
    sent = json.dumps([request.path, request.data], sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(sent.encode()).hexdigest()
    return once(by=by, client_id=cast(UUID, by.client_id), key=key, body_hash=digest, make=lambda: make(told))


class Referrals(Endpoint):
    """All referrals that the client may see."""

    permissions: ClassVar = {"GET": Permission.REFERRAL_READ, "POST": Permission.REFERRAL_REGISTER}

    @described(
        verb="list_referrals",
        tag="Referrals",
        summary="List referrals",
        parameters=[inputs.ReferralListSerializer],
        gives=outputs.ReferralPageSerializer,
        refuses=(400, 422),
        examples=[examples.PAGE],
    )
    def get(self, request: Request) -> Response:
        """List the referrals of your organisation and its teams, newest received first.

        A page holds `limit` referrals (50 unless told, 100 at most). Follow `next` until it is null: a referral that
        arrives meanwhile moves nothing. Any other parameter is refused.
        """
        by, asked = actor_of(request), read_query(request, inputs.ReferralListSerializer)
        limit = asked.pop("limit")
        after = read_cursor(asked.pop("cursor")) if "cursor" in asked else None
        rows = queries.latest(by, after=after, limit=limit + 1, **asked)
        shown = rows[:limit]
        more = make_cursor(shown[-1].received_at, shown[-1].pk) if len(rows) > limit else None
        return Response({"results": outputs.page_of_referrals(by, shown, now()), "next": _next_page(request, more)})

    @described(
        verb="register_referral",
        tag="Referrals",
        summary="Make a referral",
        takes=inputs.ReferralSerializer,
        gives=outputs.ReferralMadeSerializer,
        status=201,
        refuses=(409,),
        parameters=[KEY_HEADER],
        etag=True,
        examples=[examples.REFERRAL, examples.SHORTEST, examples.MADE],
    )
    def post(self, request: Request) -> Response:
        """Make a referral; its time limits run from `received_at`, by day and night (R032, R126).

        Only person, direction, urgency, source, reason and summary are needed; null says not known yet, and stops
        no crisis. The same Idempotency-Key with the same body gives the first answer again, and makes nothing; with
        another body it is refused (409, `key_reused`). A refused call keeps no key. Limits: 128 KiB, 8 lines of an
        address of 120 characters, names 100, summary 5,000. NUL and lone surrogates are refused; everything else is
        kept as it is written. An unknown field is refused by name.
        """

        def make(told: dict[str, Any]) -> Made:
            return status.HTTP_201_CREATED, _register(actor_of(request), told)

        code, data = answered_once(request, inputs.ReferralSerializer, make)
        return answer(data, data["version"], code, data["links"]["self"])


def _register(by: Actor, told: dict[str, Any]) -> dict[str, Any]:
    inputs.refuse_codes_not_of_the_place(told)
    referral = register_referral(by=by, details=inputs.details_of(told), person=inputs.person_of(told))
    clocks = outputs.clocks_by_case(clocks_told([referral.case_id]), now())
    alike = {"possible_duplicates": queries.alike_referrals(by, referral)}
    return outputs.referral_answer(by, referral, clocks[referral.case_id]) | alike


def _next_page(request: Request, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    asked = {name: value for name, value in request.query_params.items() if name != "cursor"}
    return f"{request.path}?{urlencode(asked | {'cursor': cursor})}"


class ReferralDetail(Endpoint):
    """One referral."""

    permissions: ClassVar = {"GET": Permission.REFERRAL_READ}

    @described(
        verb="read_referral",
        tag="Referrals",
        summary="Read a referral",
        gives=outputs.ReferralAdvisedSerializer,
        refuses=(404,),
        etag=True,
        examples=[examples.ADVISED],
    )
    def get(self, request: Request, referral_id: UUID) -> Response:
        """Return a referral as it stands: status, time limits, what may be done next. Never who the person is.

        The ETag is its version: it changes with every move, not with the passing of time.
        """
        by = actor_of(request)
        referral = queries.get(by, referral_id, queries.STATUS_LEVELS)
        return answer(outputs.advised_referral(by, referral, now()), referral.version)


def moved(
    request: Request,
    referral_id: UUID,
    shape: type[Body],
    move: Callable[..., Referral],
    read: Callable[[dict[str, Any]], dict[str, Any]] = dict,
) -> Response:
    """Do one move on a referral with what the body says, and return the referral as it stands then.

    `read` turns the checked body into what the command takes.
    """
    version = version_matched(request)
    by, told = actor_of(request), read_body(request, shape)
    referral = move(by=by, referral_id=referral_id, version=version, **read(told))
    return answer(outputs.one_referral(by, referral, now()), referral.version)


class Triage(Endpoint):
    """Set urgency and service."""

    permissions: ClassVar = {"POST": Permission.REFERRAL_TRIAGE}

    @described(
        verb="triage_referral",
        tag="Referrals",
        summary="Triage a referral",
        takes=inputs.TriageSerializer,
        gives=outputs.ReferralDetailSerializer,
        matched=True,
        etag=True,
        examples=[examples.TRIAGE, examples.STANDS],
    )
    def post(self, request: Request, referral_id: UUID) -> Response:
        """Set urgency and service while the referral is new or waiting.

        Made crisis on the same facts, the two hours run from receipt; made crisis because the person got worse, from
        `worse_since` (R126). Made planned, the two-hour limit is cancelled.
        """
        return moved(request, referral_id, inputs.TriageSerializer, triage_referral, inputs.why_now_of)
