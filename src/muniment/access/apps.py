"""Access as a Django app."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Who may come in, and what they may do."""

    name = "muniment.access"
    label = "access"
