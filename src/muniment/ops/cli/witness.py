"""`muniment witness`: a program apart, which cosigns the heads of other people's logs. It needs no installation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from muniment.ops.cli.answers import answer
from muniment.ops.serving import keeping
from muniment.ops.serving import witness as serving
from muniment.proof.errors import Malformed
from muniment.proof.note import parse_keys
from muniment.proof.succession import LARGEST_SUCCESSION
from muniment.spine import ports
from muniment.spine.errors import Clash, Invalid
from muniment.witness import folder as place
from muniment.witness.application import Witness
from muniment.witness.state import State

F = TypeVar("F", bound=Callable[..., Any])


def _own(function: F) -> F:
    """Give a command the folder of the witness and ``--json``; the folder of an installation it never sees."""
    function = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")(function)
    return click.option(
        "--state",
        required=True,
        type=click.Path(path_type=Path, file_okay=False),
        metavar="FOLDER",
        help="Folder of the witness, apart from every installation.",
    )(function)


@click.group()
def witness() -> None:
    """A second pair of eyes: cosigns heads of logs, run where the log's operator has no say."""


@witness.command()
@click.option("--name", required=True, help="The witness's name, like witness.example/one; it never changes.")
@click.option(
    "--url", required=True, help="The address under which logs reach it, like https://witness.example:8444."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8444, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on."
)
@_own
def init(*, state: Path, name: str, url: str, host: str, port: int, as_json: bool) -> None:
    """Make a witness: its keys, its certificate, an empty list of logs. Prints the lines for a policy."""
    folder = state.absolute()
    signer = place.make(folder, place.Settings(name, url, host, port), ports.now())
    lines = place.policy_lines(signer, url)
    keys = [key.encode() for key in signer.cosigner_keys]
    told = {"name": name, "keys": keys, "policy": lines, "certificate": folder / place.TLS / "authority.pem"}
    words = [
        f"The witness {name} is made. Its keys:",
        *keys,
        "Lines for the policy of whoever trusts it:",
        *lines.splitlines(),
        f"Tell the log's operator to trust {told['certificate']}, or put a certificate of your own into {place.TLS}.",
    ]
    answer(told, as_json=as_json, words=words)


@witness.command()
@click.argument("file", type=click.File("rb"))
@_own
def trust(*, file: Any, state: Path, as_json: bool) -> None:
    """Add a log's keys as `muniment ledger checkpoint --keys` prints them, or follow them by its `--succession`.

    Start the witness anew.
    """
    raw = file.read(LARGEST_SUCCESSION + 1)
    try:
        if raw.startswith(b"{"):
            added = place.follow(state.absolute(), raw.rstrip(b"\n"))
        else:
            added = place.trust(state.absolute(), parse_keys(raw))
    except Malformed as why:
        raise Invalid(
            why.what, todo="Take the keys as the log's operator gave them.", where=why.where
        ) from None
    answer(
        {"added": added},
        as_json=as_json,
        words=[f"{one} is known now." for one in added] or "All were known.",
    )


@witness.command()
@click.option(
    "--mirror",
    is_flag=True,
    help="Also keep a copy of the logs, and cosign only heads whose entries are here.",
)
@_own
def serve(*, state: Path, mirror: bool, as_json: bool) -> None:
    """Cosign heads over HTTPS, TLS 1.3 only, until SIGTERM or Ctrl-C."""
    folder = state.absolute()
    told = place.settings(folder)
    try:
        Witness(folder).state.close()
    except Malformed as why:
        raise Invalid(why.what, todo="Mend the witness's folder.", where=why.where) from None
    try:
        keeping.require_free(told.host, told.port)
    except Clash as why:
        raise Clash(why.what, todo=f"Choose another one in {place.SETTINGS}.") from None
    words = f"The witness {told.name} listens on {told.host}:{told.port} until you press Ctrl-C."
    answer({"serving": told.url, "listening": f"{told.host}:{told.port}"}, as_json=as_json, words=words)
    serving.serve(folder, mirror=mirror)


@witness.command()
@_own
def show(*, state: Path, as_json: bool) -> int:
    """Print the last head of every log, and how many heads contradict it; exit 1 when there are any."""
    folder = state.absolute()
    place.settings(folder)
    memory = State(folder)
    seen = memory.seen()
    memory.close()
    told = [
        {
            "log": one.checkpoint.origin,
            "size": one.checkpoint.size,
            "root": one.checkpoint.root.hex(),
            "at": one.at,
            "evidence": one.evidence,
        }
        for one in seen
    ]
    words = [
        f"{one['log']}: {one['size']} entries, cosigned at {one['at']}"
        + (f"; {one['evidence']} in evidence against it" if one["evidence"] else "")
        for one in told
    ]
    answer({"logs": told}, as_json=as_json, words=words or "No log was cosigned yet.")
    return 1 if any(one.evidence for one in seen) else 0
