"""Erasure as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class LifecycleConfig(AppConfig):
    """Erasure by order, legal holds, the end of a tenant."""

    name = "muniment.lifecycle"
    label = "lifecycle"

    def ready(self) -> None:
        """Let the ledger tell what was erased from what is missing."""
        from muniment.ledger import (  # noqa: PLC0415  # models are not loaded when apps are configured
            erased,
            verify,
        )
        from muniment.ledger.pruning import plan  # noqa: PLC0415  # as above
        from muniment.lifecycle import (  # noqa: PLC0415  # as above
            checking_keys,
            cleaning,
            queries,
            rebuilding,
        )
        from muniment.spine import keyring  # noqa: PLC0415  # as above

        keyring.FORGETTING.append(cleaning.forget)
        plan.STOPS.append(queries.against_pruning)
        erased.ORDERS.append(queries.erased)
        verify.DEEP_CHECKS.append(checking_keys.faults)
        verify.DEEP_CHECKS.append(rebuilding.faults)
