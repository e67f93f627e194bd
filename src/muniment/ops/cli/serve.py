"""`muniment serve`: the pages, the worker and the ledger, until stopped."""

from __future__ import annotations

import click

from muniment.ops.cli.answers import answer, common
from muniment.ops.serving import keeping
from muniment.spine import config


@click.command()
@common
def serve(*, as_json: bool) -> int:
    """Serve the pages, do the work that waits and settle the ledger, until SIGTERM or Ctrl-C."""
    settings = config.current()
    told = {"serving": settings.public_url, "listening": f"{settings.host}:{settings.port}"}
    words = f"Serving {settings.public_url} until you press Ctrl-C."
    return keeping.serve(lambda: answer(told, as_json=as_json, words=words))
