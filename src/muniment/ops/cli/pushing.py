"""`muniment ledger pushed`: how far the pushing of entries to the collector is behind."""

from __future__ import annotations

from dataclasses import asdict

import click

from muniment.ledger import logs
from muniment.ledger.pushing import follow
from muniment.ops.cli.answers import answer, common
from muniment.spine import config, ports


@click.command()
@common
def pushed(*, as_json: bool) -> int:
    """Print for each log how many entries the collector has acknowledged; exit 1 when it is behind."""
    if not config.current().otlp_address:
        answer({"to": "", "logs": []}, as_json=as_json, words="Nothing is pushed: no collector is named.")
        return 0
    found = [follow.behind(one) for one in logs.living()]
    words = [
        f"{one.origin}: {one.sent} acknowledged, {one.entries} to be sent, {one.aside} set aside"
        + (f"; {one.fault} Asked again from {one.until}." if one.fault else "")
        for one in found
    ]
    now = ports.now()
    told = [{**asdict(one), "late": one.late(now)} for one in found]
    answer({"to": config.current().otlp_address, "logs": told}, as_json=as_json, words=words)
    return int(any(one.late(now) for one in found))
