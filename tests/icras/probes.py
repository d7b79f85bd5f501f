"""Routes that exist in the tests of HTTP only: each raises or returns what its word says."""

from http import HTTPStatus

import structlog
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import Http404, HttpResponse
from django.urls import path
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.commands import command, record
from audit.refusals import IllegalMove, NotFound, NotPermitted, RuleBroken, Stale
from icras.urls import urlpatterns as ours

SECRET = "9991234004"
ERRORS = {
    "not_found": NotFound,
    "not_permitted": lambda: NotPermitted("referral.accept"),
    "illegal": lambda: IllegalMove("already_accepted", "It was accepted."),
    "stale": lambda: Stale("Bob changed this referral at 10:42."),
    "rule": lambda: RuleBroken("reason_missing", "Say why.", field="reason"),
    "bug": lambda: ValueError(f"a value of a person: {SECRET}"),
    "invalid": lambda: exceptions.ValidationError(
        {"person": {"postcode": ["Too long."]}, "tags": [["No."], {"a": "B"}]}
    ),
    "throttled": lambda: exceptions.Throttled(wait=30),
    "unread": lambda: exceptions.ParseError("Not JSON."),
    "gone": Http404,
}


@command
def try_something(*, by, key, what):
    record(case_id=key, event="probe.tried", subject=f"probe:{key}")
    raise ERRORS[what]()


def probe(request, key, what):
    if what == "ok":
        structlog.get_logger("icras.probe").warning("inside")
        return HttpResponse("ok")
    if what == "database":
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO icras_cache VALUES (%s, %s, now()), (%s, '', now())", [SECRET, "", SECRET])
    return try_something(by=request.actor, key=key, what=what)


@login_not_required
def open_probe(request, key, what):
    return probe(request, key, what)


class RestProbe(APIView):
    def get(self, request, key, what):
        if what == "ok":
            return Response({"client": request.user.actor.label, "may": sorted(request.user.actor.permissions)})
        return try_something(by=request.user.actor, key=key, what=what)


def server_error(request):
    return HttpResponse("Something went wrong.", status=HTTPStatus.INTERNAL_SERVER_ERROR)


handler500 = "tests.icras.probes.server_error"
urlpatterns = [
    path("probe/<uuid:key>/<str:what>/", probe, name="probe"),
    path("open-probe/<uuid:key>/<str:what>/", open_probe, name="open-probe"),
    path("api/v1/probe/<uuid:key>/<str:what>/", RestProbe.as_view(), name="rest-probe"),
    *ours,  # last: they end with what answers any other address of the API
]
