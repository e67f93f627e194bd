"""Sources as a Django app."""

from django.apps import AppConfig


class SourcesConfig(AppConfig):
    """Law and lists, verbatim."""

    name = "muniment.sources"
    label = "sources"
