"""Routes of messages."""

from django.urls import path

from notifications import views

app_name = "notifications"
urlpatterns = [
    path("messages/", views.messages, name="messages"),
    path("messages/read/", views.read_all, name="read_all"),
    path("messages/<uuid:message_id>/read/", views.read, name="read"),
]
