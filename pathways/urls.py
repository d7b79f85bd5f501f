"""Routes of episodes, and of what is done to a referral that makes or ends one. The address keeps the noun."""

from django.urls import path

from pathways import views
from pathways.act_pages import OF_EPISODE, OF_REFERRAL

app_name = "pathways"
urlpatterns = [
    path("people/find/", views.find, name="find"),
    path("referrals/find/", views.match, name="match"),
    *(path(f"referrals/<uuid:pk>/{verb}/", views.act, {"verb": verb}, name=verb) for verb in OF_REFERRAL),
    *(path(f"episodes/<uuid:pk>/{verb}/", views.act, {"verb": verb}, name=verb) for verb in OF_EPISODE),
    path("cases/<uuid:pk>/tasks/new/", views.act, {"verb": "task"}, name="task"),
    path("tasks/<uuid:pk>/done/", views.finish_task, name="task_done"),
]
