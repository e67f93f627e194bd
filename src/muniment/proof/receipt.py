"""Receipts: what a write is answered with until the log shows it, signed by a key that the log's own key announces.

Rules (`docs/formats/receipt.md`): a receipt is a signed note (C2SP signed-note) of eight lines. It names the leaf that
will carry the event by its digest with the number in its stream left out, which is not known yet; nothing of the
event can be read from it. The key has the log's name with `/receipts` behind it and never signs a head.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from muniment.proof.canonical import decode64, encode64
from muniment.proof.checkpoint import Checkpoint
from muniment.proof.errors import Malformed
from muniment.proof.leaf import parse_leaf
from muniment.proof.note import ED25519, Key, Signature, parse_key, parse_note, verify_note, write_note

RECEIPT_KIND = "muniment.receipt/1"
RECEIPT_KEY_KIND = "muniment.receipt-key/1"
#: Seconds within which an event stands under a signed head.
PROMISE = 60
LONGEST_PROMISE = 86_400
LARGEST_RECEIPT = 4096
MOST_RECEIPTS = 1000
_ENTRY = re.compile(r"[0-9a-f]{32}")
_WHOLE = re.compile(r"0|[1-9][0-9]{0,15}")


@dataclass(frozen=True)
class Receipt:
    """What was promised: that an event will stand in a log by a time.

    :param origin: the log. :param entry: the event's identifier, 32 hexadecimal digits.
    :param leaf: digest of its leaf with the number 0, see `promised_leaf`. :param body: `x` of that leaf.
    :param recorded: whole seconds since 1970, `t` of the leaf. :param due: until when it will stand there.
    :param size: entries under the newest head when the receipt was made. :param root: of that head.
    """

    origin: str
    entry: str
    leaf: bytes
    body: bytes
    recorded: int
    due: int
    size: int
    root: bytes

    def text(self) -> str:
        """Write the lines that are signed.

        :raises Malformed: when a part is out of range.
        """
        Checkpoint(self.origin, self.size, self.root).text()
        if not _ENTRY.fullmatch(self.entry) or len(self.leaf) != 32 or len(self.body) != 32:
            raise Malformed("The entry or a digest of a receipt has the wrong form.")
        if not 0 <= self.recorded < self.due <= self.recorded + LONGEST_PROMISE:
            raise Malformed("The times of a receipt are out of range.")
        return (
            f"{RECEIPT_KIND}\n{self.origin}\nentry {self.entry}\nleaf {encode64(self.leaf)}\n"
            f"body {encode64(self.body)}\nrecorded {self.recorded}\ndue {self.due}\n"
            f"head {self.size} {encode64(self.root)}\n"
        )


def receipt_name(origin: str) -> str:
    """Return the name of the key that signs the receipts of a log."""
    return f"{origin}/receipts"


def promised_leaf(raw: bytes) -> bytes:
    """Return the digest that a receipt bears of a leaf: SHA-256 of its bytes with 0 for the number in its stream.

    :raises Malformed: when it is no leaf.
    """
    return hashlib.sha256(replace(parse_leaf(raw), sn=0).encode()).digest()


def write_receipt(receipt: Receipt, key: Key, sign: Callable[[bytes], bytes]) -> bytes:
    """Sign a receipt.

    :param key: the receipt key of the log. :param sign: signs bytes with it (Ed25519).
    :raises Malformed: when a part is out of range, or the key is another log's.
    """
    if (key.name, key.kind) != (receipt_name(receipt.origin), ED25519):
        raise Malformed("A receipt is signed by the receipt key of its log.")
    text = receipt.text()
    return write_note(text, [Signature(key.name, key.key_id, sign(text.encode()))])


def parse_receipt(raw: bytes) -> Receipt:
    """Read a receipt without believing it; `open_receipt` is the one that verifies.

    :raises Malformed: for anything that `write_receipt` would not write.
    """
    if len(raw) > LARGEST_RECEIPT:
        raise Malformed(f"A receipt is at most {LARGEST_RECEIPT} bytes.")
    text = parse_note(raw).text
    lines = text.split("\n")
    if len(lines) != 9 or lines[0] != RECEIPT_KIND:
        raise Malformed("This is not a receipt.")
    told = [lines[2 + at].split(" ") for at in range(6)]
    names = ("entry", "leaf", "body", "recorded", "due", "head")
    if [one[0] for one in told] != list(names) or [len(one) for one in told] != [2, 2, 2, 2, 2, 3]:
        raise Malformed("The lines of a receipt are not entry, leaf, body, recorded, due and head.")
    found = Receipt(
        origin=lines[1],
        entry=told[0][1],
        leaf=decode64(told[1][1], length=32),
        body=decode64(told[2][1], length=32),
        recorded=_count(told[3][1]),
        due=_count(told[4][1]),
        size=_count(told[5][1]),
        root=decode64(told[5][2], length=32),
    )
    found.text()
    return found


def open_receipt(raw: bytes, keys: Iterable[Key]) -> Receipt:
    """Verify a receipt against keys that are trusted.

    :param keys: among them the receipt key of the log; others are left out.
    :raises Malformed: when it is no receipt, its key is not among them, or its signature does not hold.
    """
    found = parse_receipt(raw)
    name = receipt_name(found.origin)
    ours = [key for key in keys if (key.name, key.kind) == (name, ED25519)]
    if not ours:
        raise Malformed("The receipt key of this log is not among the trusted keys.")
    verify_note(parse_note(raw), ours)
    return found


def split_receipts(raw: bytes) -> tuple[bytes, ...]:
    """Return the receipts of a file that holds one after the other.

    :raises Malformed: when it holds none, or too many.
    """
    head = f"{RECEIPT_KIND}\n".encode()
    parts = raw.split(head)
    if parts[0] or not 2 <= len(parts) <= MOST_RECEIPTS + 1:
        raise Malformed("The file holds no receipts, or something else in front of them, or too many.")
    return tuple(head + part for part in parts[1:])


def write_announcement(key: Key, signed_by: Sequence[tuple[Key, Callable[[bytes], bytes]]]) -> bytes:
    """Announce the receipt key of a log under the log's own keys.

    :param signed_by: Ed25519 keys of the log, each with what signs with it.
    :raises Malformed: when a key is not the log's.
    """
    origin = key.name.removesuffix("/receipts")
    text = f"{RECEIPT_KEY_KIND}\n{origin}\n{key.encode()}\n"
    lines = []
    for own, sign in signed_by:
        if (own.name, own.kind) != (origin, ED25519):
            raise Malformed("A receipt key is announced by the Ed25519 key of its log.")
        lines.append(Signature(own.name, own.key_id, sign(text.encode())))
    raw = write_note(text, lines)
    open_announcement(raw, [own for own, _ in signed_by], origin)
    return raw


def open_announcement(raw: bytes, keys: Iterable[Key], origin: str) -> Key:
    """Return the receipt key that a log announces.

    :param keys: trusted keys; the log's own Ed25519 key must be among them.
    :raises Malformed: when the log did not sign it, or it is about another log.
    """
    note = parse_note(raw)
    lines = note.text.split("\n")
    if len(lines) != 4 or lines[0] != RECEIPT_KEY_KIND or lines[1] != origin:
        raise Malformed("This does not announce the receipt key of this log.")
    verify_note(note, [key for key in keys if (key.name, key.kind) == (origin, ED25519)])
    found = parse_key(lines[2])
    if (found.name, found.kind) != (receipt_name(origin), ED25519):
        raise Malformed("The key that is announced is no receipt key of this log.")
    return found


def _count(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise Malformed("A number of a receipt is not written as whole digits.")
    return int(text)
