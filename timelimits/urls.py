"""Routes of time limits."""

from django.urls import path

from timelimits.views import approvals, corrections
from timelimits.views import clocks as views

app_name = "timelimits"
urlpatterns = [
    path("clocks/missed/", views.missed, name="missed"),
    path("clocks/<uuid:clock_id>/explain/", views.explain, name="explain"),
    path("clocks/<uuid:clock_id>/pause/", views.pause, name="pause"),
    path("clocks/<uuid:clock_id>/resume/", views.resume, name="resume"),
    path("clocks/<uuid:clock_id>/extend/", views.extend, name="extend"),
    path("clocks/<uuid:clock_id>/correct/", corrections.correct_start, name="correct_start"),
    path("clocks/<uuid:clock_id>/rebase/", corrections.rebase, name="rebase"),
    path("alerts/<uuid:alert_id>/", views.alert, name="alert"),
    path("alerts/<uuid:alert_id>/acknowledge/", views.acknowledge, name="acknowledge"),
    path("cases/<uuid:case_id>/override/", views.override, name="override_block"),
    path("overrides/<uuid:override_id>/", views.overridden, name="override"),
    path("overrides/<uuid:override_id>/confirm/", views.confirm, name="confirm_override"),
    path("approvals/<uuid:approval_id>/", approvals.approval, name="approval"),
    path("approvals/<uuid:approval_id>/approve/", approvals.approve, name="approve"),
    path("approvals/<uuid:approval_id>/refuse/", approvals.refuse, name="refuse"),
    path("limits/", views.limits, name="limits"),
    path("limits/health/", views.health, name="health"),
]
