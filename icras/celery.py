"""Celery: one application, JSON only, tasks found in every app's tasks.py."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "icras.settings")

app = Celery("icras")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
