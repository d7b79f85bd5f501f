from importlib import import_module

from django.apps import AppConfig


class IcrasConfig(AppConfig):
    name = "icras"
    verbose_name = "ICRAS deployment"

    def ready(self) -> None:
        """Register what stops a production start; it reads models, so not before all are there."""
        import_module("icras.checks")
