"""Access as a Django app."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Who may come in, and what they may do."""

    name = "muniment.access"
    label = "access"

    def ready(self) -> None:
        """Let the pages of the ledger, a room below, say who somebody is."""
        from muniment.access import queries  # noqa: PLC0415  # models are not loaded when apps are configured
        from muniment.ledger import sentences  # noqa: PLC0415  # as above

        sentences.WHO.append(
            lambda ids: {one: found.name for one, found in queries.described_all(ids).items()}
        )
