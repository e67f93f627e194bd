"""What a pack, or the file of one entry, carries so that a stranger sees between which moments it was logged.

Rules (``docs/formats/time-stamps.md``, 13 to 20): only tokens that hold now are carried, one of each authority, and on
each side those about one head; a side that nobody bounds is left out. Nothing is asked of anybody here.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Sequence

from muniment.ledger import logs
from muniment.ledger.models import Checkpoint, Entry, Log
from muniment.ledger.openings import opened_event
from muniment.ledger.tables.time import Stamp
from muniment.ledger.time import authorities, bounds, tokens
from muniment.proof.checkpoint import parse_checkpoint
from muniment.proof.layout import AUTHORITIES, time_name, write_event
from muniment.proof.tiles import Tiles
from muniment.proof.timed import MOST_TOKENS, write_consistency
from muniment.proof.tlogproof import write_tlog_proof
from muniment.spine.scope import DEPLOYMENT, tenant_scope

#: What is shown of an entry that names tokens, and of an anchor: nothing of who acted.
SHOWN_OF_NOTE = frozenset({"action", "outcome", "facts.tokens"})
SHOWN_OF_ANCHOR = frozenset({"action", "subject", "outcome", "facts.size", "facts.root"})


def members(log: Log, checkpoint: bytes, indexes: Sequence[int]) -> dict[str, bytes]:
    """Return the members that bound entries of the current tenant's log in time, by name.

    :param checkpoint: the one under which the entries are proved. :param indexes: their places, in order.
    :returns: nothing when no token bounds them on any side.
    """
    if log.tenant_id == DEPLOYMENT:
        return {}
    names: set[str] = set()
    found = _before(log, checkpoint, indexes, names) | _after(log, checkpoint, indexes, names)
    return {**found, AUTHORITIES: _certificates(names)} if found else {}


def _before(log: Log, checkpoint: bytes, indexes: Sequence[int], names: set[str]) -> dict[str, bytes]:
    """Bound the first entry from below; when no token can, as many of the last ones as one can."""
    noted = bounds.noted_below(indexes[0]) or bounds.noted_between(indexes[0], indexes[-1])
    if noted is None:
        return {}
    entry, rows = noted
    size = parse_checkpoint(checkpoint).size
    return _side("before", entry, SHOWN_OF_NOTE, rows, names) | {
        time_name("before", "tlog-proof"): write_tlog_proof(
            entry.idx, Tiles(logs.folder(log), size).inclusion(entry.idx), checkpoint
        )
    }


def _after(log: Log, checkpoint: bytes, indexes: Sequence[int], names: set[str]) -> dict[str, bytes]:
    """Bound the last entry from above; when no token can yet, as many of the first ones as one can."""
    last = bounds.anchor_above(log, indexes[-1])
    row = None if last is None else bounds.stamp_above(last.idx)
    if row is None:
        row = bounds.newest_stamp()
        last = None if row is None else bounds.anchor_below(log, row.size)
    if row is None or last is None:
        return {}
    with tenant_scope(DEPLOYMENT):
        facts = opened_event(last).facts
        signed = Checkpoint.objects.filter(size=row.size, root=bytes.fromhex(row.root)).first()
        if signed is None or int(facts["size"]) <= indexes[0]:
            return {}
        house = logs.of(DEPLOYMENT)
        hashes = Tiles(logs.folder(house), row.size).inclusion(last.idx)
        found = _side("after", last, SHOWN_OF_ANCHOR, bounds.beside(row), names)
        found[time_name("after", "tlog-proof")] = write_tlog_proof(last.idx, hashes, signed.note.encode())
    return found | _grown(log, parse_checkpoint(checkpoint).size, int(facts["size"]))


def _grown(log: Log, ours: int, anchored: int) -> dict[str, bytes]:
    """Show that the state that was anchored and the one in hand are of one history."""
    old, new = sorted((ours, anchored))
    if old == new:
        return {}
    hashes = Tiles(logs.folder(log), new).consistency(old)
    return {time_name("after", "consistency"): write_consistency(old, hashes)}


def _side(
    side: str, entry: Entry, shown: frozenset[str], rows: Sequence[Stamp], names: set[str]
) -> dict[str, bytes]:
    house = logs.of(DEPLOYMENT)
    openings = tuple(one for one in opened_event(entry).openings if one.path in shown)
    found = {
        time_name(side, "json"): write_event(entry.idx, bytes(entry.leaf), openings),
        time_name(side, "head"): bounds.head_text(rows[0]),
    }
    for number, row in enumerate(rows[:MOST_TOKENS], start=1):
        found[time_name(side, f"{number}.tsr")] = tokens.read(house, row.digest)
        names.add(row.authority)
    return found


def _certificates(names: Collection[str]) -> bytes:
    """Return what the settings hold of these authorities: for information, and as links of chains."""
    held = [one for of in authorities.named() if of.name in names for one in (*of.roots, *of.others)]
    return b"".join(_pem(one.raw) for one in held)


def _pem(raw: bytes) -> bytes:
    begin, end = (f"-----{word} CERTIFICATE-----\n".encode() for word in ("BEGIN", "END"))
    return begin + base64.encodebytes(raw) + end
