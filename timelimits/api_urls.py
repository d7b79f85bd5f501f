"""REST routes of clocks, under /api/v1/."""

from django.urls import path

from timelimits import api

app_name = "timelimits_api"
urlpatterns = [path("clocks/<uuid:clock_id>/explain/", api.ExplainClock.as_view(), name="explain")]
