"""Access as a Django app."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Who may come in, and what they may do."""

    name = "muniment.access"
    label = "access"

    def ready(self) -> None:
        """Let the ledger, a room below, say who somebody is, and hold the roles against its entries."""
        from muniment.access import (  # noqa: PLC0415  # models are not loaded when apps are configured
            queries,
            rebuilding,
        )
        from muniment.ledger import sentences, verify  # noqa: PLC0415  # as above

        verify.DEEP_CHECKS.append(rebuilding.faults)
        sentences.WHO.append(
            lambda ids: {one: found.name for one, found in queries.described_all(ids).items()}
        )
