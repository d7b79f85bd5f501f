"""Routes of reports."""

from django.urls import path

from reporting import views

app_name = "reporting"
urlpatterns = [path("reports/two-hour/", views.two_hour, name="two_hour")]
