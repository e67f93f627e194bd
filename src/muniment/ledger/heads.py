"""What is signed, held against what is stored: the keys of a log, its head, its checkpoint rows, its published file.

Rules: a sentence names the row or file; what the log signed counts and what the database says about it does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from muniment.ledger import logs, vouch
from muniment.ledger.models import Checkpoint, Log
from muniment.ledger.sequence import compact_range
from muniment.proof import checkpoint as note
from muniment.proof.errors import Malformed
from muniment.proof.kept import COSIGNED, LARGEST_SMALL, cosigned_sizes, read_file, require_named
from muniment.proof.merkle import CompactRange, leaf_hash
from muniment.proof.note import COSIGNED_MLDSA44, Key, parse_key, parse_note
from muniment.proof.tiles import WIDTH, Tiles
from muniment.spine.envelope import Tampered
from muniment.spine.errors import Busy

FILE = "checkpoint"
STRETCH = 64 * WIDTH


@dataclass(frozen=True, slots=True)
class Published:
    """The checkpoint file as it was before anything else was read.

    :param raw: what it holds; empty when there is none.
    :param cosigned: at which sizes heads were kept with their cosignatures then.
    """

    raw: bytes
    head: note.Checkpoint | None
    fault: str
    cosigned: tuple[int, ...] = ()


def keys_of(log: Log) -> tuple[Key, ...]:
    """Return the public keys of a log.

    :raises Malformed: when its row does not hold them.
    """
    return tuple(parse_key(line) for line in log.vkeys.splitlines())


def published(log: Log, keys: Sequence[Key]) -> Published:
    """Read the checkpoint file and verify it.

    It is read before the tables are: a file that is newer than them would look like one of another log.
    """
    path = logs.folder(log) / FILE
    kept = tuple(cosigned_sizes(logs.folder(log)))
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return Published(b"", None, "", kept)
    except OSError:
        return Published(b"", None, f"the file {FILE} cannot be read", kept)
    try:
        head, _ = note.open_checkpoint(raw, keys, origin=log.origin)
    except Malformed as why:
        return Published(raw, None, f"the file {FILE} is not signed by the log ({why})", kept)
    return Published(raw, head, "", kept)


def key_faults(log: Log, keys: Sequence[Key]) -> Iterator[str]:
    """Hold the public keys in the database against the signing keys, when these are on this machine."""
    try:
        pairs = logs.pairs(log)
    except Malformed as why:
        yield f"the rows of its keys cannot be read ({why.what})"
        return
    if not {key for pair in pairs for key in pair.keys} <= set(keys):
        yield "the rows of its keys name others than its own row"
    for pair in pairs:
        if pair.last is not None and pair.last < log.published:
            continue  # let go, and its signing keys destroyed
        try:
            mine = logs.opened_signer(log, pair.number).keys
        except Busy:
            continue
        except (Malformed, Tampered):
            yield "the file of its signing keys was changed"
            continue
        if set(pair.keys) != set(mine):
            yield "its public keys in the database are not those of its signing keys"


def head_faults(log: Log, key: bytes | None, walked: CompactRange) -> Iterator[str]:
    """Hold the stored head against the entries."""
    if key is not None and not vouch.vouched(key, log):
        yield "its row is not as the ledger wrote it"
    try:
        stored = compact_range(log)
    except Malformed as why:
        yield f"its stored head cannot be read ({why.what})"
        return
    if (stored.size, stored.hashes) != (walked.size, walked.hashes):
        yield "the entries do not lead to the stored head"


def row_faults(
    log: Log, keys: Sequence[Key], key: bytes | None, after: Checkpoint | None = None
) -> Iterator[str]:
    """Hold every checkpoint row against its signatures, and the rows against each other.

    :param after: only those that follow this one.
    """
    last, number = (0, 0) if after is None else (after.size, after.number + 1)
    try:
        pairs = logs.pairs(log)
    except Malformed:
        return  # told where the keys are looked at
    held = Checkpoint.objects.filter(number__gte=number).order_by("number", "size")
    for row in held.iterator(chunk_size=100):
        name = f"checkpoint row {row.id.hex} at {row.size} entries"
        if row.number != number:
            yield (
                f"checkpoint number {number} has no row"
                if row.number > number
                else f"{name}: another row bears its number"
            )
        number = row.number + 1
        if key is not None and not vouch.vouched(key, row):
            yield f"{name}: it is not as the ledger wrote it"
        if row.size <= last:
            yield f"{name}: it does not go beyond the one before"
        last = row.size
        yield from _signed_faults(log, keys, row, name, pairs)
    if last != log.published:
        yield f"its newest checkpoint row is at {last} entries and it was published at {log.published}"


def _signed_faults(
    log: Log, keys: Sequence[Key], row: Checkpoint, name: str, pairs: Sequence[logs.Pair]
) -> Iterator[str]:
    try:
        raw = row.note.encode("utf-8")
        head, signed = note.open_checkpoint(raw, keys, origin=log.origin)
    except (Malformed, UnicodeEncodeError) as why:
        yield f"{name}: it is not signed by the log ({why})"
        return
    in_force = {key for pair in pairs if pair.signs(row.size) for key in pair.keys}
    if in_force != {*signed.good, *signed.unchecked}:
        yield f"{name}: it is not signed by exactly the keys that were in force then"
    if (head.size, head.root) != (row.size, bytes(row.root)):
        yield f"{name}: it is not what was signed"
    timed = {one.key_id for one in keys if one.kind == COSIGNED_MLDSA44}
    times = [int.from_bytes(one.raw[:8], "big") for one in parse_note(raw).signatures if one.key_id in timed]
    if int(row.at.timestamp()) not in times:
        yield f"{name}: it was signed at another time than it says"


def kept_faults(log: Log, file: Published, keys: Sequence[Key], witnesses: Sequence[Key]) -> Iterator[str]:
    """Hold the heads that are kept with their cosignatures against the rows, the log's keys and the witnesses'."""
    folder = logs.folder(log)
    for size in file.cosigned:
        name = f"{COSIGNED}/{size}"
        try:
            raw = read_file(folder / name, LARGEST_SMALL)
            if raw is None:
                continue  # the worker keeps the newest ones only, and let this one go meanwhile
            head, _ = note.open_checkpoint(raw, (*keys, *witnesses), origin=log.origin)
            require_named(name, head.size)
        except Malformed as why:
            yield f"the file {name} does not hold ({why.what})"
            continue
        roots = Checkpoint.objects.filter(size=size).values_list("root", flat=True)
        if head.root not in {bytes(root) for root in roots}:
            yield f"the file {name} is signed by the log, and no checkpoint row says the same"


def file_faults(log: Log, file: Published, begin: int = 0) -> Iterator[str]:
    """Hold the published file, and the tiles and bundles below it, against the tables and each other.

    :param begin: bundles before this index, a multiple of 256, are not looked at: they were pruned, or are known.
    """
    if file.fault:
        yield file.fault
        return
    if file.head is None:
        if log.published:
            yield f"the file {FILE} is missing, and the log was published at {log.published} entries"
        return
    size, root = file.head.size, file.head.root
    row = Checkpoint.objects.filter(size=size).first()
    if row is None or bytes(row.root) != root:
        yield f"the file {FILE} is signed at {size} entries, and no checkpoint row says the same"
    if size < log.published:
        yield (
            f"the file {FILE} is signed at {size} entries, and the log was published at {log.published};"
            " after a crash the worker, or muniment ledger settle, puts the newest one there"
        )
    tiles = Tiles(logs.folder(log), size)
    try:
        if tiles.range().root() != root:
            yield "the tiles do not lead to the published checkpoint"
        bundled = Tiles(logs.folder(log), begin).range()
        for first in range(begin, size, STRETCH):
            for leaf in tiles.entries(first, min(size, first + STRETCH)):
                bundled.append(leaf_hash(leaf))
        if bundled.root() != root:
            yield "the entry bundles do not lead to the published checkpoint"
    except Malformed as why:
        yield f"{why}"
