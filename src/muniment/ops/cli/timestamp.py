"""`muniment timestamp`: a time-stamp authority for tests and demonstrations. It needs no installation."""

from __future__ import annotations

import os
from pathlib import Path

import click

from muniment.ops.cli.answers import answer
from muniment.ops.serving import keeping
from muniment.ops.serving import timestamp as serving
from muniment.spine import ports
from muniment.spine.errors import Absent

AUTHORITY, ROOT, TLS = serving.AUTHORITY, serving.ROOT, serving.TLS


@click.group()
def timestamp() -> None:
    """A time-stamp authority for tests and demonstrations, labelled so; real ones are outside."""


@timestamp.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def init(*, folder: Path, as_json: bool) -> None:
    """Make a test authority in an empty folder: its key, its root, a certificate for its address."""
    serving.make(folder, ports.now())
    told = {"root": (folder / ROOT).absolute(), "certificate": (folder / TLS / "authority.pem").absolute()}
    words = [
        f"The test authority is made. Installations trust {told['root']} for its tokens",
        f"and {told['certificate']} for its address.",
    ]
    answer(told, as_json=as_json, words=words)


@timestamp.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--port", default=8445, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on."
)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def serve(*, folder: Path, port: int, as_json: bool) -> None:
    """Stamp whatever digest is sent, on this machine only, until SIGTERM or Ctrl-C."""
    if not os.access(folder / AUTHORITY, os.R_OK):
        raise Absent(
            "There is no test authority in this folder.", todo="Make one with: muniment timestamp init."
        )
    keeping.require_free("127.0.0.1", port)
    words = f"The test authority listens on https://localhost:{port} until you press Ctrl-C."
    answer({"serving": f"https://localhost:{port}"}, as_json=as_json, words=words)
    serving.serve(folder.absolute(), port)
