"""What browsers report of the security policy: logged as codes, so that nothing a page held gets into a log."""

import json
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.api.rate import wait_for

log = structlog.get_logger("icras.csp")
LONGEST = 16 * 1024
WORDS = frozenset({"inline", "eval", "wasm-eval", "data", "blob", "self", "filesystem", "about"})
DIRECTIVES = frozenset(
    {
        "base-uri", "child-src", "connect-src", "default-src", "font-src", "form-action", "frame-ancestors",
        "frame-src", "img-src", "manifest-src", "media-src", "object-src", "script-src", "script-src-attr",
        "script-src-elem", "style-src", "style-src-attr", "style-src-elem", "worker-src",
    }
)  # fmt: skip


@csrf_exempt
@login_not_required
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """Log that a browser blocked something: which directive, what kind, on which route. Browsers send it themselves."""
    if wait_for(request, "csp", settings.ICRAS_REPORT_RATE):
        return HttpResponse(status=429)
    report = _read(request.read(LONGEST))
    if report is None:
        return HttpResponse(status=400)
    host = request.get_host()
    log.warning("blocked", directive=_directive(report), kind=_kind(report, host), route=_route(report))
    return HttpResponse(status=204)


def _read(raw: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    report = found.get("csp-report") if isinstance(found, dict) else None
    return report if isinstance(report, dict) else None


def _directive(report: dict[str, Any]) -> str:
    said = str(report.get("effective-directive") or report.get("violated-directive") or "").split(" ")[0]
    return said if said in DIRECTIVES else "other"


def _kind(report: dict[str, Any], host: str) -> str:
    said = str(report.get("blocked-uri") or "")
    if said in WORDS:
        return said
    parts = _parts(said)
    return parts[0] if parts[0] in WORDS else "self" if parts[1] == host else "elsewhere"


def _route(report: dict[str, Any]) -> str:
    try:
        return resolve(_parts(str(report.get("document-uri") or ""))[2]).route or "-"
    except Resolver404:
        return "-"


def _parts(address: str) -> tuple[str, str, str]:
    try:
        found = urlsplit(address)
    except ValueError:
        return "", "", ""
    return found.scheme, found.netloc, found.path
