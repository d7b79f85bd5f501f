from django.apps import AppConfig


class IcrasConfig(AppConfig):
    name = "icras"
    verbose_name = "ICRAS deployment"
