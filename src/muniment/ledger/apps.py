"""The ledger as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """The tamper-evident record of everything that was done."""

    name = "muniment.ledger"
    label = "ledger"

    def ready(self) -> None:
        """Say which entries are never pruned, and hold the ledger's own settings against its entries."""
        from muniment.ledger import verify  # noqa: PLC0415  # models load after the apps
        from muniment.ledger.checks import rebuilt  # noqa: PLC0415  # as above
        from muniment.ledger.pruning import plan  # noqa: PLC0415  # as above
        from muniment.ledger.trust import keeping  # noqa: PLC0415  # as above

        plan.KEEPERS.append(keeping.needed)
        verify.DEEP_CHECKS.append(rebuilt.faults)
