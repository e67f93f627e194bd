"""The file ``pruned.json`` beside a log's tiles: by it a stranger without keys sees that a bound was signed.

Rules: it opens the facts of one entry, which is still in its bundle, and nothing of a person stands in them; a reader
holds each opening against the leaf and the leaf against a signed checkpoint, so the file itself need not be believed.
"""

from __future__ import annotations

from muniment.ledger import logs
from muniment.ledger.models import Log
from muniment.ledger.pruning.bound import Bound
from muniment.proof.canonical import canonical
from muniment.proof.folder import PRUNED, PRUNED_KIND
from muniment.proof.tiles import TileWriter

SHOWN = frozenset({"action", "at"})


def show(log: Log, bound: Bound) -> None:
    """Write the file, whole or not at all; doing it again changes nothing."""
    openings = [
        one.shown() for one in bound.shown.openings if one.path in SHOWN or one.path.startswith("facts.")
    ]
    raw = canonical({"index": bound.index, "k": PRUNED_KIND, "openings": openings, "origin": log.origin})
    path = logs.folder(log) / PRUNED
    if not path.is_file() or path.read_bytes() != raw:
        TileWriter(logs.folder(log)).keep(PRUNED, raw)
