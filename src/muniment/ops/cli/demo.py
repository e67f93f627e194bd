"""`muniment demo`: the tour in a process of its own, then the pages with the logins on the screen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import click

from muniment.ops.cli.answers import common, print_json
from muniment.ops.serving import keeping
from muniment.ops.showing import afresh, neighbours, welcome
from muniment.ops.showing.screen import terminal
from muniment.spine import config


def _tour(*, quiet: bool) -> tuple[int, list[dict[str, str]]]:
    """Run the tour; returns its exit code and how the people sign in."""
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "muniment.ops.showing", str(writing), *(["--quiet"] if quiet else [])]
    with subprocess.Popen(command, pass_fds=[writing]) as child:
        os.close(writing)
        with os.fdopen(reading, encoding="utf-8") as pipe:
            told = pipe.read()
    return child.returncode, json.loads(told) if told else []


@click.command()
@click.option("--no-serve", is_flag=True, help="End after the summary instead of serving the pages.")
@common
def demo(*, no_serve: bool, as_json: bool) -> int:
    """Show an invented firm from beginning to end: law, lists, findings, a decision, a proof; then serve the pages.

    The folder must be empty or made by an earlier demonstration, which is then made afresh.
    """
    settings = config.current()
    if not no_serve:
        keeping.require_free(settings.host, settings.port)
    if settings.on_postgres:
        afresh.require_empty(settings.database)
    afresh.prepare(settings.home)
    neighbours.prepare(settings.home)
    settings = config.current()
    code, people = _tour(quiet=as_json)
    if code:
        return 1
    told: dict[str, Any] = json.loads((settings.home / "demo" / "summary.json").read_text(encoding="utf-8"))
    console = terminal(quiet=as_json)
    welcome.summary(console, told)
    if as_json:
        print_json(told)
    if no_serve:
        return 0
    return _served(console, settings, people)


def _served(console: Any, settings: config.Settings, people: list[dict[str, str]]) -> int:
    codes = welcome.Codes(console, people)

    def ready() -> None:
        welcome.logins(console, people, settings.public_url, str(settings.home / "tls" / "authority.pem"))
        console.print("Serving until you press Ctrl-C.")

    with neighbours.running(settings.home):
        return keeping.serve(ready, codes.show)
