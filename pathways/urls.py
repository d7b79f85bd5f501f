"""Routes of episodes, and of what is done to a referral that makes or ends one. The address keeps the noun."""

from django.urls import path

from pathways.views import acts, discharges, finding

app_name = "pathways"
urlpatterns = [
    path("people/find/", finding.find, name="find"),
    path("referrals/find/", finding.match, name="match"),
    *(path(f"referrals/<uuid:pk>/{verb}/", acts.act, {"verb": verb}, name=verb) for verb in acts.OF_REFERRAL),
    *(path(f"episodes/<uuid:pk>/{verb}/", acts.act, {"verb": verb}, name=verb) for verb in acts.OF_EPISODE),
    path("cases/<uuid:pk>/tasks/new/", acts.act, {"verb": "task"}, name="task"),
    path("discharge/", discharges.discharge_list, name="discharge_list"),
    *(path(f"discharge/<uuid:pk>/{verb}/", discharges.act, {"verb": verb}, name=verb) for verb in discharges.PAGES),
    path("liaison/<uuid:pk>/answer/", discharges.liaison_answer, name="liaison_answer"),
    path("tasks/<uuid:pk>/done/", acts.finish_task, name="task_done"),
]
