"""The vault as a Django app."""

from django.apps import AppConfig


class VaultConfig(AppConfig):
    """Documents and evidence, encrypted."""

    name = "muniment.vault"
    label = "vault"
