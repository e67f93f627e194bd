"""What a witness is asked and what it decides (C2SP tlog-witness, add-checkpoint), without a network or a store.

Rules: the witness knows for each log its keys, the last head that it cosigned, and heads that it cosigned before. It
cosigns only what continues the last head, by proof. The numbers of a refusal are those of the protocol: 400
misshapen, 403 not signed by the log, 404 another log, 409 not from the last head, 422 no consistency. An empty tree
(size 0) is not cosigned, since nothing follows from it; the first head of a log is trusted as it comes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from muniment.proof.canonical import decode64, encode64
from muniment.proof.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint_text
from muniment.proof.errors import Malformed
from muniment.proof.merkle import verify_consistency
from muniment.proof.note import Key, parse_note

LARGEST_SUBMISSION = 256 * 1024
MOST_HASHES = 63
#: Why a head is kept as evidence.
FORK, NO_PROOF, ROLL_BACK = "fork", "no-proof", "roll-back"
_OLD = re.compile(rb"old (0|[1-9][0-9]{0,18})")


class Declined(Malformed):  # a plain word, like the others
    """The witness does not cosign.

    :param status: the number of the protocol (HTTP).
    :param size: of 409, the size of the head that was cosigned last.
    :param contradiction: why the head is worth keeping, or nothing.
    """

    def __init__(self, status: int, what: str, *, size: int = 0, contradiction: str = "") -> None:
        super().__init__(what)
        self.status = status
        self.size = size
        self.contradiction = contradiction


@dataclass(frozen=True)
class Submission:
    """A request taken apart: the size that the log believes was cosigned last, the proof from there, the head."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes


@dataclass(frozen=True)
class Head:
    """A request whose head is signed by a log that the witness knows."""

    checkpoint: Checkpoint
    old: int
    proof: tuple[bytes, ...]
    note: bytes


def write_submission(old: int, proof: Sequence[bytes], note: bytes) -> bytes:
    """Write the body of a request.

    :raises Malformed: when the result could not be read back.
    """
    head = "".join([f"old {old}\n", *(encode64(one) + "\n" for one in proof)])
    raw = head.encode() + b"\n" + note
    parse_submission(raw)
    return raw


def parse_submission(raw: bytes) -> Submission:
    """Read the body of a request; the head is not believed yet.

    :raises Malformed: for another shape, more than 63 hashes, or a size with leading zeros.
    """
    if len(raw) > LARGEST_SUBMISSION:
        raise Malformed("The request is too long.")
    head, blank, note = raw.partition(b"\n\n")
    first, *rest = head.split(b"\n")
    old = _OLD.fullmatch(first)
    if old is None or not blank or len(rest) > MOST_HASHES:
        raise Malformed(
            "A request is one line with the old size, at most 63 hashes, an empty line, and a checkpoint."
        )
    try:
        lines = [line.decode("ascii") for line in rest]
    except UnicodeDecodeError:
        raise Malformed("A hash of the request is not base64.") from None
    return Submission(int(old.group(1)), tuple(decode64(line, length=32) for line in lines), note)


def open_submission(raw: bytes, logs: Mapping[str, Sequence[Key]]) -> Head:
    """Read a request and make sure that a known log signed its head.

    :param logs: the trusted keys by origin.
    :raises Declined: with 400, 404 or 403.
    """
    try:
        asked = parse_submission(raw)
        head = parse_checkpoint_text(parse_note(asked.note).text)
    except Malformed as error:
        raise Declined(400, error.what) from None
    keys = logs.get(head.origin)
    if not keys:
        raise Declined(404, "This log is not known here.")
    try:
        open_checkpoint(asked.note, keys, origin=head.origin)
    except Malformed as error:
        raise Declined(403, error.what) from None
    if asked.old > head.size or head.size == 0:
        raise Declined(400, "The old size is greater than the new one, or the tree is empty.")
    return Head(head, asked.old, asked.proof, asked.note)


def require_continued(head: Head, last: Checkpoint | None, known_root: Callable[[int], bytes | None]) -> None:
    """Make sure that a head continues the one that was cosigned last.

    :param last: the head that was cosigned last; None before the first.
    :param known_root: gives the root that was cosigned at a size, or None when that is not remembered.
    :raises Declined: with 409 or 422, and with the reason to keep the head where it contradicts what was cosigned.
    """
    new = head.checkpoint
    size = 0 if last is None else last.size
    known = last.root if last is not None and new.size == size else known_root(new.size)
    if known is not None and known != new.root:
        raise Declined(
            409, "This log has shown another root at this very size: a fork.", size=size, contradiction=FORK
        )
    if head.old != size:
        unknown = new.size < size and known is None
        raise Declined(
            409,
            "The old size is not the one that was cosigned last.",
            size=size,
            contradiction=ROLL_BACK if unknown else "",
        )
    try:
        if last is None:
            if head.proof:
                raise Malformed("From nothing there is no proof.")
        else:
            verify_consistency(last.size, new.size, head.proof, last.root, new.root)
    except Malformed as error:
        raise Declined(422, error.what, contradiction=NO_PROOF if new.size > size else "") from None
