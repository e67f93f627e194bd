"""`muniment ledger stream`: a file that shows a stranger that nothing of one stream is left out."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from muniment.ledger import publish, queries, reading, sequence, streams
from muniment.ops.cli.answers import answer, common
from muniment.ops.cli.exports import write_new
from muniment.ops.cli.somebody import as_somebody
from muniment.proof.checkpoint import parse_checkpoint
from muniment.proof.streamproof import write_stream_proof
from muniment.spine.actor import Actor
from muniment.spine.errors import Clash, Invalid

TAG: Final = "tag:"


@click.command()
@click.argument("name")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="The file to write; never overwritten."
)
@as_somebody
@common
def stream(*, actor: Actor, name: str, out: Path, as_json: bool) -> None:
    """Write the proof that the stream NAME is whole (such as cases.Case/…, or tag:… in hex), or that there is none."""
    if out.exists():
        raise Clash("There is a file of that name already.", todo="Choose another name.")
    reading.read(actor, wanted=queries.Wanted(subject=name, most=1))
    tag = _tag(name) if name.startswith(TAG) else streams.tag_of(actor.tenant, name)
    sequence.sequence(actor.tenant)
    streams.make(actor.tenant)
    publish.publish(actor.tenant)
    proof = streams.proof(actor.tenant, tag)
    whole = proof.require(parse_checkpoint(proof.checkpoint))
    digest = write_new(out, [write_stream_proof(proof)])
    told = {
        "stream": tag.hex(),
        "entries": len(whole.places),
        "classes": whole.classes,
        "size": whole.size,
        "file": out,
        "sha256": digest,
    }
    how = f"{len(whole.places)} entries" if whole.places else "no such stream"
    words = f"{out}: {how}, whole among the first {whole.size} entries of the log; SHA-256 {digest}"
    answer(told, as_json=as_json, words=words)


def _tag(name: str) -> bytes:
    try:
        tag = bytes.fromhex(name.removeprefix(TAG))
    except ValueError:
        tag = b""
    if len(tag) != 16:
        raise Invalid("The tag of a stream is 32 hex digits.", where="name")
    return tag
