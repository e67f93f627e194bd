"""The register of tenants as a Django app."""

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    """Which organisations this installation serves."""

    name = "muniment.tenants"
    label = "tenants"

    def ready(self) -> None:
        """Hold the register against the ledger's entries."""
        from muniment.ledger import verify  # noqa: PLC0415  # models are not loaded when apps are configured
        from muniment.tenants import rebuilding  # noqa: PLC0415  # as above

        verify.DEEP_CHECKS.append(rebuilding.faults)
