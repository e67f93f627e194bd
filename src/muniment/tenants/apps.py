"""The register of tenants as a Django app."""

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    """Which organisations this installation serves."""

    name = "muniment.tenants"
    label = "tenants"
