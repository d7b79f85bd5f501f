"""How an endpoint is described in the OpenAPI document: who may call it, what it refuses, with examples."""

from collections.abc import Callable, Sequence
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from accounts.api.endpoint import Endpoint
from accounts.domain import SCOPES

PROBLEM = "application/problem+json"
REFUSALS = {
    400: "Not JSON, or a header or cursor that cannot be read",
    401: "No token, or one that is not valid any more",
    403: "The token's scopes do not allow this",
    404: "There is no such thing, or it is not yours",
    406: "Answers are application/json",
    409: "The move is not possible as things stand, or the key came with another body",
    412: "Somebody changed it since: read it again",
    413: "The body is over 128 KiB",
    415: "The body must be application/json",
    422: "A field is missing or wrong, or a rule says no",
    428: "If-Match is missing",
    429: "Too many requests: wait as long as Retry-After says",
}
ALWAYS = (401, 403, 406, 429)
WITH_BODY = (400, 413, 415, 422)
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, required=True, description='The ETag you were given, such as `"3"`, or *.'
)

IF_MATCH_IF_WANTED = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description="Not needed; when sent it must be the present ETag."
)


class FieldProblemSerializer(serializers.Serializer[Any]):
    """What is wrong with one field."""

    field = serializers.CharField(help_text="Its name; dots lead into objects: `person.born_on`.")
    message = serializers.CharField(help_text="Words for people; they may change.")


class ProblemSerializer(serializers.Serializer[Any]):
    """A refusal, as RFC 9457 has it."""

    type = serializers.CharField(help_text="Always `about:blank`.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable: what a program reads.")
    detail = serializers.CharField(help_text="Words for people; they may change.")
    errors = FieldProblemSerializer(  # type: ignore[assignment]
        many=True, help_text="One for each field at fault; may be empty."
    )


class PartnerScheme(OpenApiAuthenticationExtension):
    """OAuth2 client credentials, and for each operation every scope that allows it."""

    target_class = "accounts.api.clients.PartnerAuthentication"
    name = "partner"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """Return where a token is got, and the scopes there are."""
        scopes = {str(scope): words for scope, (words, _) in SCOPES.items()}
        flow = {"tokenUrl": "/o/token/", "scopes": scopes}
        return {"type": "oauth2", "description": "Client credentials.", "flows": {"clientCredentials": flow}}

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[str]]]:
        """Return the scopes of which one is needed."""
        view = auto_schema.view
        needed = view.permission_for(auto_schema.method) if isinstance(view, Endpoint) else None
        return [{self.name: [str(scope)]} for scope, (_, held) in SCOPES.items() if needed is None or needed in held]


def described(
    *,
    verb: str,
    tag: str,
    summary: str,
    gives: Any,
    status: int = 200,
    takes: Any = None,
    refuses: Sequence[int] = (),
    parameters: Sequence[Any] = (),
    etag: bool = False,
    matched: bool = False,
    examples: Sequence[OpenApiExample] = (),
) -> Callable[[Any], Any]:
    """Describe one operation, named by its verb, with the refusals that every such call may give.

    `takes` and `gives` are serializers, `refuses` further refusals. `matched` asks for If-Match, `etag` gives one.
    """
    known = {*ALWAYS, *refuses, *(WITH_BODY if takes else ()), *((400, 404, 409, 412, 428) if matched else ())}
    answers: dict[Any, Any] = {(status, "application/json"): gives}
    answers |= {(code, PROBLEM): _refusal(code) for code in sorted(known)}
    headers = [_header("Retry-After", "Seconds to wait.", 429)]
    if etag:
        headers.append(_header("ETag", "The version of the row: send it back as If-Match.", status))
    return extend_schema(
        operation_id=verb,
        tags=[tag],
        summary=summary,
        request=takes,
        responses=answers,
        parameters=[*parameters, *([IF_MATCH] if matched else []), *headers],
        examples=list(examples),
    )


def _refusal(code: int) -> OpenApiResponse:
    return OpenApiResponse(ProblemSerializer, REFUSALS[code])


def _header(name: str, words: str, status: int) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=words, response=[status])


def only_known_fields(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say of every body that a field it does not list is refused. Run when the document is made."""
    for name, schema in result.get("components", {}).get("schemas", {}).items():
        if name.endswith("Request"):
            schema["additionalProperties"] = False
    return result
