"""The deployment: settings, routes, Celery, answers to refusals. Nothing imports this package."""

from icras.celery import app as celery_app

__all__ = ["celery_app"]
