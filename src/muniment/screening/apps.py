"""Screening as a Django app."""

from django.apps import AppConfig


class ScreeningConfig(AppConfig):
    """Counterparties held against lists."""

    name = "muniment.screening"
    label = "screening"
