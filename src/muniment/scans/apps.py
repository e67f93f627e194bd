"""Scans as a Django app."""

from django.apps import AppConfig


class ScansConfig(AppConfig):
    """Duties held against the firm's documents."""

    name = "muniment.scans"
    label = "scans"
