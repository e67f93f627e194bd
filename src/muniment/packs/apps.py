"""Packs as a Django app."""

from django.apps import AppConfig


class PacksConfig(AppConfig):
    """Proofs for strangers."""

    name = "muniment.packs"
    label = "packs"
