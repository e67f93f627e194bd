"""Whether a receipt was honoured: held against a proof of the entry, or against a whole log.

Rules (`docs/formats/receipt.md`): the head was verified before anything is asked here. A proof can show that a promise
was kept and never that it was broken; for that all entries under a head that is newer than the deadline are needed,
and they must lead to that head. What cannot be told is told as that.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from muniment.proof.canonical import encode64
from muniment.proof.checkpoint import Checkpoint
from muniment.proof.errors import Malformed
from muniment.proof.merkle import CompactRange, leaf_hash, verify_consistency
from muniment.proof.note import COSIGNED_MLDSA44, LARGEST_NOTE, Key, Signed, parse_note
from muniment.proof.receipt import (
    LARGEST_RECEIPT,
    Receipt,
    open_announcement,
    open_receipt,
    parse_receipt,
    promised_leaf,
    receipt_name,
)
from muniment.proof.succession import LARGEST_SUCCESSION, follow_keys, open_by
from muniment.proof.tlogproof import TlogProof

KEPT, NOT_DUE, BROKEN, NOT_TOLD = "honoured", "not yet due", "dishonoured", "not known"
FORGED = "refused"
#: How a program ends that was asked about a receipt: 0 honoured, 1 not or forged, 2 it cannot be told (yet).
ENDS = {KEPT: 0, BROKEN: 1, FORGED: 1, NOT_DUE: 2, NOT_TOLD: 2}
BUNDLE = 256
LARGEST_BUNDLE = BUNDLE * (65535 + 2)


@dataclass(frozen=True)
class Verdict:
    """What came of a receipt: one of the five words, and the sentence to quote.

    :param index: where the entry stands; None when it was not found.
    """

    state: str
    said: str
    index: int | None = None


@dataclass(frozen=True)
class SeenHead:
    """A verified head, and when the log says that it signed it.

    :param at: whole seconds since 1970 out of the log's ML-DSA-44 signature; None when that was not checked here.
    """

    checkpoint: Checkpoint
    at: int | None


def head_of(raw: bytes, found: Checkpoint, signed: Signed) -> SeenHead:
    """Return a head that `open_checkpoint` verified, with the time in the log's own signature."""
    ours = {one.key_id for one in signed.good if (one.name, one.kind) == (found.origin, COSIGNED_MLDSA44)}
    times = [int.from_bytes(one.raw[:8], "big") for one in parse_note(raw).signatures if one.key_id in ours]
    return SeenHead(found, min(times) if times else None)


def judge_proof(receipt: Receipt, leaf: bytes, proof: TlogProof, heads: Sequence[SeenHead]) -> Verdict:
    """Hold a receipt against one entry and the proof of where it stands.

    :param heads: verified heads of the log, the smallest first; the proof is under the last one, and the first one
        that covers the entry tells since when it stands there.
    :raises Malformed: when the proof does not hold.
    """
    newest = heads[-1].checkpoint
    _same_log(receipt, newest)
    proof.require(leaf_hash(leaf), newest)
    return _found(receipt, leaf, proof.index, heads)


def judge_before(receipt: Receipt, proof: Sequence[bytes], newest: SeenHead) -> Verdict | None:
    """Return what is wrong when a log does not go on from where it was when the receipt was given, else None.

    :param proof: that the newest head continues the one in the receipt; empty when that was of no entries.
    """
    head = newest.checkpoint
    try:
        if receipt.size:
            verify_consistency(receipt.size, head.size, proof, receipt.root, head.root)
    except Malformed:
        return _other(receipt)
    return None


def judge_entries(
    receipt: Receipt, entries: Iterable[bytes], heads: Sequence[SeenHead], now: int | None = None
) -> Verdict:
    """Hold a receipt against every entry of a log.

    :param entries: all of them from the first, in order, as far as the last head goes.
    :param heads: verified heads of the log, the smallest first; usually the newest alone.
    :param now: whole seconds since 1970, when this is the log itself as it stands now and not a copy of it.
    :raises Malformed: when the entries do not lead to the head, or it is another log's.
    """
    newest = heads[-1]
    _same_log(receipt, newest.checkpoint)
    mark = f'"x":"{encode64(receipt.body)}"}}'.encode()
    walked, then, at, leaf = CompactRange(), CompactRange().root(), -1, b""
    for index, entry in enumerate(entries):
        if at < 0 and entry.endswith(mark):
            at, leaf = index, entry
        walked.append(leaf_hash(entry))
        if walked.size == receipt.size:
            then = walked.root()
    if (walked.size, walked.root()) != (newest.checkpoint.size, newest.checkpoint.root):
        raise Malformed("The entries do not lead to the signed head.")
    if walked.size < receipt.size:
        return _put_back(receipt, newest, now)
    if then != receipt.root:
        return _other(receipt)
    if at >= 0:
        return _found(receipt, leaf, at, heads)
    return _not_found(receipt, newest, now)


def judge_copy(raw: bytes, folder: Path, trusted: Sequence[Key]) -> tuple[Receipt, Verdict]:
    """Hold a receipt against a copy of a log's folder, with keys that were obtained apart from both.

    :param trusted: keys of the log, and its receipt key when it was given; else the folder must announce that.
    :raises Malformed: when it is no receipt, or the folder's head or announcement does not hold.
    """
    receipt = parse_receipt(raw)
    told = read_file(folder / "checkpoint", LARGEST_NOTE)
    line = None
    if (folder / "succession").is_file():
        line = follow_keys(read_file(folder / "succession", LARGEST_SUCCESSION), trusted)
    checkpoint, signed = open_by(line, told, trusted)
    keys = list(trusted)
    if receipt_name(checkpoint.origin) not in {key.name for key in keys}:
        said = read_file(folder / "receipt-key", LARGEST_RECEIPT)
        known = trusted if line is None else line.keys
        keys.append(open_announcement(said, known, checkpoint.origin))
    heads = [head_of(told, checkpoint, signed)]
    return receipt, judged_by(
        raw, keys, lambda: judge_entries(receipt, copied_entries(folder, checkpoint.size), heads)
    )


def judged_by(raw: bytes, keys: Sequence[Key], judge: Callable[[], Verdict]) -> Verdict:
    """Return what comes of a receipt that these keys signed; one that they did not is refused.

    :param judge: holds it against the log; what cannot be read there leaves the answer open.
    """
    try:
        open_receipt(raw, keys)
    except Malformed as why:
        return Verdict(FORGED, f"This receipt is not of this log's making. {why}")
    try:
        return judge()
    except Malformed as why:
        return Verdict(NOT_TOLD, f"The log cannot be read as it should. {why}")


def told_of(receipt: Receipt, verdict: Verdict) -> dict[str, Any]:
    """Return what came of a receipt, for other programs."""
    return {
        "entry": receipt.entry,
        "index": verdict.index,
        "log": receipt.origin,
        "said": verdict.said,
        "state": verdict.state,
    }


def copied_entries(folder: Path, size: int) -> Iterator[bytes]:
    """Return the entries in a copy of a log's folder, from the first one on.

    :raises Malformed: when a bundle is missing or damaged.
    """
    for number in range(-(-size // BUNDLE)):
        width = min(BUNDLE, size - number * BUNDLE)
        name = f"{number % 1000:03}"
        above = number
        while above := above // 1000:
            name = f"x{above % 1000:03}/{name}"
        full = folder / "tile" / "entries" / name
        part = full.with_name(f"{full.name}.p") / str(width)
        raw = read_file(part if width < BUNDLE and part.exists() else full, LARGEST_BUNDLE)
        start = 0
        for _ in range(width):
            end = start + 2 + int.from_bytes(raw[start : start + 2], "big")
            if start + 2 > len(raw) or end > len(raw):
                raise Malformed("An entry bundle is cut off.", where=name)
            yield raw[start + 2 : end]
            start = end


def read_file(path: Path, most: int) -> bytes:
    """Return what a file of a log holds.

    :raises Malformed: when it is missing, cannot be read, or is longer than any such file.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(most + 1)
    except OSError:
        raise Malformed("A file of the log is missing or cannot be read.", where=path.name) from None
    if len(raw) > most:
        raise Malformed("A file of the log is longer than any such file.", where=path.name)
    return raw


def clock_time(seconds: int) -> str:
    """Write a time in whole seconds as people read it; as the bare number when no calendar has it."""
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))
    except (ValueError, OverflowError, OSError):
        return str(seconds)


def _same_log(receipt: Receipt, newest: Checkpoint) -> None:
    if receipt.origin != newest.origin:
        raise Malformed("The receipt is of another log.")


def _found(receipt: Receipt, leaf: bytes, index: int, heads: Sequence[SeenHead]) -> Verdict:
    if promised_leaf(leaf) != receipt.leaf:
        return Verdict(
            BROKEN, f"What stands in the log as entry {index} is not what the receipt promised.", index
        )
    first = next(one for one in heads if one.checkpoint.size > index)
    due = clock_time(receipt.due)
    if first.at is not None and first.at <= receipt.due:
        return Verdict(
            KEPT, f"It stands in the log as entry {index}, under a head signed before {due}.", index
        )
    if len(heads) == 1 or first.at is None:
        said = f"It stands in the log as entry {index}; whether it did before {due} cannot be told from this."
        return Verdict(KEPT, said, index)
    late = first.at - receipt.due
    return Verdict(BROKEN, f"It stands in the log as entry {index}, and came {late} s too late.", index)


def _other(receipt: Receipt) -> Verdict:
    said = f"The log is another one than when the receipt was given: its first {receipt.size} entries differ."
    return Verdict(BROKEN, said)


def _put_back(receipt: Receipt, newest: SeenHead, now: int | None) -> Verdict:
    if now is not None or (newest.at is not None and newest.at > receipt.recorded):
        return Verdict(
            BROKEN,
            f"The log was put back: it held {receipt.size} entries when the receipt was given, and its newest head"
            f" holds {newest.checkpoint.size}.",
        )
    return Verdict(NOT_TOLD, "This is the log as it was before the receipt was given.")


def _not_found(receipt: Receipt, newest: SeenHead, now: int | None) -> Verdict:
    due = clock_time(receipt.due)
    if newest.at is not None and newest.at >= receipt.due:
        signed = clock_time(newest.at)
        return Verdict(
            BROKEN, f"It is not in the log: it was due at {due}, and a head signed at {signed} is without it."
        )
    if now is not None and now > receipt.due:
        return Verdict(BROKEN, f"It is not in the log, and it was due at {due}.")
    if now is not None:
        return Verdict(NOT_DUE, f"It is not in the log yet, and it is not due before {due}.")
    if newest.at is None:
        return Verdict(
            NOT_TOLD, "It is not in the log, and when its head was signed could not be checked here."
        )
    said = f"It is not in this copy, whose newest head was signed before {due}: take a newer copy."
    return Verdict(NOT_TOLD, said)
