"""The options with which a command learns who works in a firm's name."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import click

from muniment.ledger.action import receipts as collected
from muniment.ops import acting
from muniment.ops.cli import receipts, recording
from muniment.spine.errors import Invalid

F = TypeVar("F", bound=Callable[..., Any])


def as_somebody(function: F) -> Callable[..., Any]:
    """Give a command ``--token-file`` and ``--login``, and hand it the actor who proved to be that.

    With ``--receipt`` the receipts of what it puts on record are saved.

    Password and code are asked for on the terminal; from a pipe they are read as two lines.
    """

    @functools.wraps(function)
    def command(*, login: str | None, token_file: Path | None, receipt_file: Path | None, **rest: Any) -> Any:
        actor = _who(login, token_file)
        recording.known(actor)
        if receipt_file is None:
            return function(actor=actor, **rest)
        with closing(receipts.begin(receipt_file)) as opened, collected() as events:
            try:
                return function(actor=actor, **rest)
            finally:
                # Also when it failed half-way: what is on record is.
                receipts.save(opened, actor.tenant, events)

    options = [
        click.option("--login", help="Act as this person; password and code are asked for."),
        click.option("--token-file", type=click.Path(path_type=Path), help="Act by the token in this file."),
        click.option(
            "--receipt",
            "receipt_file",
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE",
            help="Save the signed receipts of what this puts on record; the file must be new.",
        ),
    ]
    for option in options:
        command = option(command)
    return command


def _who(login: str | None, token_file: Path | None) -> Any:
    if (login is None) == (token_file is None):
        raise Invalid("Nobody says who acts here.", todo="Give either --login or --token-file.")
    if token_file is not None:
        return acting.by_token(token_file)
    if sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True)
        code = click.prompt(
            "Code of the authenticator app (empty when there is none)", default="", show_default=False
        )
    else:
        password = sys.stdin.readline(2000).rstrip("\n")
        code = sys.stdin.readline(20).strip()
    return acting.by_login(str(login), password, code)
