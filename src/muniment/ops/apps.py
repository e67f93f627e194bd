"""Operating as a Django app."""

from django.apps import AppConfig


class OpsConfig(AppConfig):
    """Making, running and checking an installation."""

    name = "muniment.ops"
    label = "ops"
