"""Celery: one application, JSON only, tasks found in every app's tasks.py."""

import gc
import os
from typing import Any

from celery import Celery
from celery.signals import worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "icras.settings")

app = Celery("icras")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def settle(**_: Any) -> None:
    """Leave what stands when a worker begins out of later collections: one would hold a transaction for 100 ms.

    Collected once more, since how much stood then decides how much may come together before the next full collection.
    """
    gc.collect()
    gc.freeze()
    gc.collect()


worker_process_init.connect(settle)
