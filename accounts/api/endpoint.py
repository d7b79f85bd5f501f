"""What every REST endpoint shares: strict fields in, conditions on writes, pages by cursor."""

import re
from collections.abc import Sequence
from datetime import MAXYEAR, UTC, date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar, cast
from uuid import UUID

from django.core import signing
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.clients import actor_of
from accounts.domain import Permission
from accounts.domain.far import FIRST_YEAR
from accounts.queries import current_codes
from audit.commands import require

PAGE, LONGEST_PAGE = 50, 100
SALT = "icras.api.cursor"
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE)
ENTITY_TAG = re.compile(r'(?:W/)?"?([0-9]{1,9})"?', re.ASCII)


class ConditionMissing(APIException):
    """A write on an existing row without If-Match."""

    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_code = "if_match_missing"
    default_detail = "Send If-Match with the ETag that you were given, so that nobody's change is overwritten."


class ConditionUnread(APIException):
    """An If-Match that holds no version."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "if_match_invalid"
    default_detail = 'If-Match must be one ETag as you were given it, such as "3", or *.'


class CursorUnread(APIException):
    """A cursor that this API did not make."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "cursor_invalid"
    default_detail = "This is not a cursor of this list. Follow `next` as it was given, or begin again without one."


class Text(serializers.CharField):
    """Words of at most so many characters; absent, null and "" are the same unless it is required. Never a number."""

    def __init__(self, longest: int, *, required: bool = False, **kwargs: Any) -> None:
        blank = not required
        super().__init__(max_length=longest, required=required, allow_blank=blank, allow_null=blank, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Return the words, without space around them."""
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class OneOf(serializers.ChoiceField):
    """A word of the software's own list. What was sent is not repeated in the answer."""

    def __init__(self, words: type[StrEnum], leaving_out: Sequence[StrEnum] = (), **kwargs: Any) -> None:
        self.enum = words
        super().__init__(choices=[str(word) for word in words if word not in leaving_out], **kwargs)

    def to_internal_value(self, data: Any) -> StrEnum:
        """Return the member."""
        if not isinstance(data, str) or data not in self.choices:
            raise ValidationError(f"Must be one of: {', '.join(self.choices)}.")
        return self.enum(data)


class YesNo(serializers.BooleanField):
    """true or false, nothing that looks like it."""

    def to_internal_value(self, data: Any) -> bool:
        """Return it."""
        if not isinstance(data, bool):
            raise ValidationError("Must be true or false.")
        return data


class Instant(serializers.DateTimeField):
    """An instant as RFC 3339 with its offset, from 1900 on. One without offset is refused."""

    def to_internal_value(self, data: Any) -> datetime:
        """Return the instant in UTC."""
        if not isinstance(data, str) or not RFC_3339.fullmatch(data):
            raise ValidationError("Must be an instant with its offset, such as 2026-05-11T14:32:00+01:00.")
        try:
            instant = datetime.fromisoformat(data.upper())
        except ValueError:
            raise ValidationError("There is no such day or time.") from None
        if not FIRST_YEAR <= instant.year < MAXYEAR:
            raise ValidationError(f"Must be from {FIRST_YEAR} on.")
        return instant.astimezone(UTC)


class Day(serializers.DateField):
    """A day as YYYY-MM-DD, from 1900 on."""

    def to_internal_value(self, data: Any) -> date:
        """Return the day."""
        if not isinstance(data, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", data, re.ASCII):
            raise ValidationError("Must be a day such as 1935-02-01.")
        try:
            day = date.fromisoformat(data)
        except ValueError:
            raise ValidationError("There is no such day.") from None
        if day.year < FIRST_YEAR:
            raise ValidationError(f"Must be from {FIRST_YEAR} on.")
        return day


class Body(serializers.Serializer[Any]):
    """Fields that are known; any other is refused by name, so that nothing is set that is not meant to be."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the fields, or say everything that is wrong at once."""
        if not isinstance(data, dict):
            raise ValidationError(["Must be an object."])
        wrong: dict[str, Any] = {name[:60]: ["There is no such field."] for name in data if name not in self.fields}
        try:
            known = super().to_internal_value(data)
        except ValidationError as found:
            raise ValidationError({**cast(dict[str, Any], found.detail), **wrong}) from found
        if wrong:
            raise ValidationError(wrong)
        return known


class Page(Body):
    """What every list takes."""

    limit = serializers.IntegerField(
        min_value=1, max_value=LONGEST_PAGE, default=PAGE, help_text=f"Rows on a page: 1 to {LONGEST_PAGE}."
    )
    cursor = serializers.CharField(required=False, max_length=400, help_text="From `next`; opaque.")


class Endpoint(APIView):
    """One address. `permissions` says what each method needs: checked before the body is read, and by the command."""

    permissions: ClassVar[dict[str, Permission]] = {}
    http_method_names = ["get", "head", "post"]

    @classmethod
    def permission_for(cls, method: str) -> Permission | None:
        """Return what a method needs; HEAD needs what GET does."""
        return cls.permissions.get("GET" if method == "HEAD" else method)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse strangers (401), then whoever calls too often (429), then whoever lacks the permission (403)."""
        super().initial(request, *args, **kwargs)
        if permission := self.permission_for(request.method or ""):
            require(actor_of(request), permission)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        """Keep answers out of every cache."""
        done: Response = super().finalize_response(request, response, *args, **kwargs)
        done["Cache-Control"] = "no-store"
        return done


def read_body(request: Request, shape: type[Body]) -> dict[str, Any]:
    """Return the checked body. Raises ValidationError (422) naming every field at fault."""
    return _checked(shape, request.data)


def read_query(request: Request, shape: type[Body]) -> dict[str, Any]:
    """Return the checked query. A "+" that came unescaped, and so as a space, is put back. Raises ValidationError."""
    given = {name: values[-1].replace(" ", "+") for name, values in request.query_params.lists()}
    twice = {name[:60]: ["Give this once."] for name, values in request.query_params.lists() if len(values) > 1}
    if twice:
        raise ValidationError(twice)
    return _checked(shape, given)


def _checked(shape: type[Body], data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise ValidationError(["Must be an object."])
    return dict(_made(shape).run_validation(data))


@cache
def _made(shape: type[Body]) -> Body:
    """Return the one instance that checks this shape: its fields are made once, and checking changes nothing of it."""
    return shape()


def refuse_unknown_codes(**asked: tuple[str, str]) -> None:
    """Raise ValidationError for codes unknown to the place: field=(list, code); "__" in a field stands for a dot."""
    wrong: dict[str, Any] = {}
    lists = current_codes(*(name for name, _ in asked.values()))
    for field, (name, code) in asked.items():
        known = [entry.code for entry in lists[name]]
        if code not in known:
            wrong[field.replace("__", ".")] = [f"Must be one of: {', '.join(known)}."]
    if wrong:
        raise ValidationError(wrong)


def version_matched(request: Request) -> int | None:
    """Return the version that If-Match names, None for "*". Raises ConditionMissing (428), ConditionUnread (400)."""
    if "If-Match" not in request.headers:
        raise ConditionMissing
    given = request.headers["If-Match"].strip()
    if given == "*":
        return None
    found = ENTITY_TAG.fullmatch(given)
    if found is None:
        raise ConditionUnread
    return int(found[1])


def answer(data: dict[str, Any], version: int, code: int = status.HTTP_200_OK, location: str = "") -> Response:
    """Return an answer about one row with its ETag."""
    headers = {"ETag": f'"{version}"'} | ({"Location": location} if location else {})
    return Response(data, status=code, headers=headers)


def instant(at: datetime | None) -> str | None:
    """Return an instant in UTC as RFC 3339: 2026-05-11T13:32:00Z."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def make_cursor(at: datetime, key: UUID) -> str:
    """Return where the next page begins, signed so that nobody makes one up."""
    return signing.dumps([at.isoformat(), str(key)], salt=SALT)


def read_cursor(cursor: str) -> tuple[datetime, UUID]:
    """Return where the page begins. Raises CursorUnread (400)."""
    try:
        at, key = signing.loads(cursor, salt=SALT)
    except signing.BadSignature as wrong:
        raise CursorUnread from wrong
    return datetime.fromisoformat(at), UUID(key)
