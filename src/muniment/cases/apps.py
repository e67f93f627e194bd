"""Cases as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """What waits for a decision."""

    name = "muniment.cases"
    label = "cases"

    def ready(self) -> None:
        """Keep the entries of a case that waits: its decision and its proof rest on them."""
        from muniment.cases import (  # noqa: PLC0415  # models are not loaded when apps are configured
            queries,
            rebuilding,
        )
        from muniment.ledger import verify  # noqa: PLC0415  # as above
        from muniment.ledger.pruning import plan  # noqa: PLC0415  # as above

        plan.KEEPERS.append(queries.unfinished)
        verify.DEEP_CHECKS.append(rebuilding.faults)
