"""Routes of a plan. The address keeps the noun."""

from django.urls import path

from careplans import views

app_name = "careplans"
urlpatterns = [
    path("cases/<uuid:pk>/plan/", views.plan, name="plan"),
    *(path(f"cases/<uuid:pk>/plan/{verb}/", views.act, {"verb": verb}, name=verb) for verb in views.OF_CASE),
    path("onward/", views.onward, name="onward"),
    path("onward/<uuid:pk>/answer/", views.act, {"verb": "answer_onward"}, name="answer_onward"),
    path("risks/<uuid:pk>/review/", views.act, {"verb": "review_risk"}, name="review_risk"),
]
