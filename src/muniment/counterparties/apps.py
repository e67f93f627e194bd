"""Counterparties as a Django app."""

from django.apps import AppConfig


class CounterpartiesConfig(AppConfig):
    """Whom the firm deals with."""

    name = "muniment.counterparties"
    label = "counterparties"
