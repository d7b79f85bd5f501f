"""Routes of reports."""

from django.urls import path

from reporting.views import tables, two_hour

app_name = "reporting"
urlpatterns = [
    path("reports/two-hour/", two_hour.two_hour, name="two_hour"),
    *(path(f"reports/{code}/", tables.table, {"code": code}, name=code) for code in tables.REPORTS),
]
