"""The ledger as a Django app."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """The tamper-evident record of everything that was done."""

    name = "muniment.ledger"
    label = "ledger"
