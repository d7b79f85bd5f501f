"""Routes of time limits."""

from django.urls import URLPattern

app_name = "timelimits"
urlpatterns: list[URLPattern] = []
