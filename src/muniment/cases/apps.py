"""Cases as a Django app."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """What waits for a decision."""

    name = "muniment.cases"
    label = "cases"
