"""Packs as a Django app."""

from django.apps import AppConfig


class PacksConfig(AppConfig):
    """Proofs for strangers."""

    name = "muniment.packs"
    label = "packs"

    def ready(self) -> None:
        """Keep the entries of which a proof is being built."""
        from muniment.ledger.pruning import plan  # noqa: PLC0415  # models load after the apps
        from muniment.packs import queries  # noqa: PLC0415  # as above

        plan.KEEPERS.append(queries.needed)
