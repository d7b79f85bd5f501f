"""The floor of a page: a Django view without log-in, scope, forms or templates that reads fifty rows by an index."""

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.urls import path

FIFTY = "select case_id, next_due_at, zone, phase, reference from timelimits_casedeadline order by next_due_at limit 50"


def fifty(request: HttpRequest) -> JsonResponse:
    """Return the fifty cases whose limit comes next."""
    with connection.cursor() as cursor:
        cursor.execute(FIFTY)
        return JsonResponse({"rows": cursor.fetchall()})


urlpatterns = [path("fifty/", fifty)]
