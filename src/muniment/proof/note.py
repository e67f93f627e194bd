"""Signed notes (C2SP signed-note v1.0.0): a text, a blank line, and one line for each signature.

Rules: signatures of unknown keys are ignored, which makes rotation and witnesses possible; a known key whose
signature fails rejects the whole note; a note without any good signature of a known key is rejected. A known
key counts once. Sixteen signatures and more are read, up to `MOST_SIGNATURES`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from muniment.proof.canonical import decode64, encode64
from muniment.proof.ed25519 import verify_ed25519
from muniment.proof.errors import Malformed

ED25519 = 0x01
COSIGNED_ED25519 = 0x04
COSIGNED_MLDSA44 = 0x06
KEY_LENGTHS = {ED25519: 32, COSIGNED_ED25519: 32, COSIGNED_MLDSA44: 1312}
KIND_NAMES = {
    ED25519: "Ed25519",
    COSIGNED_ED25519: "Ed25519 cosignature",
    COSIGNED_MLDSA44: "ML-DSA-44 cosignature",
}
LARGEST_NOTE = 1024 * 1024
MOST_SIGNATURES = 128
MOST_KEYS = 1024
_DASH = "\u2014"
_NAME = re.compile(r"[^\s+\x00-\x1f\x7f]{1,255}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_KEY_ID = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True)
class Key:
    """A public key by its name, its algorithm (type byte) and its bytes."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Four bytes that name the key in a signature line."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def encode(self) -> str:
        """Write the key as a vkey line: name, key id, type and bytes."""
        return f"{self.name}+{self.key_id.hex()}+{encode64(bytes([self.kind]) + self.public)}"


@dataclass(frozen=True)
class Signature:
    """One signature line: who signed, with which key, and the bytes."""

    name: str
    key_id: bytes
    raw: bytes

    def encode(self) -> str:
        """Write the signature as its line, with the newline."""
        return f"{_DASH} {self.name} {encode64(self.key_id + self.raw)}\n"


@dataclass(frozen=True)
class Note:
    """A text and its signatures, of which nothing is known yet."""

    text: str
    signatures: tuple[Signature, ...]

    def encode(self) -> bytes:
        """Write the note as the bytes that stand in a file."""
        return (self.text + "\n" + "".join(one.encode() for one in self.signatures)).encode()


SignatureCheck = Callable[[Key, str, bytes], "bool | None"]
"""Says whether a key signed a text: True, False, or None when this machine cannot check that algorithm."""


@dataclass(frozen=True)
class Signed:
    """What verification of a note found out.

    :param good: the known keys whose signature holds.
    :param unchecked: the known keys whose signature could not be checked on this machine.
    """

    text: str
    good: tuple[Key, ...]
    unchecked: tuple[Key, ...]


def parse_key(line: str) -> Key:
    """Read a vkey line.

    :raises Malformed: for a wrong shape, an unknown type, or a key id that does not belong to the key.
    """
    parts = line.split("+", 2)
    if len(parts) != 3 or not _NAME.fullmatch(parts[0]) or not _KEY_ID.fullmatch(parts[1]):
        raise Malformed("A verifier key must be written as name+keyid+base64.")
    raw = decode64(parts[2])
    if not raw or KEY_LENGTHS.get(raw[0]) != len(raw) - 1:
        raise Malformed("A verifier key has an unknown type or the wrong length.")
    key = Key(parts[0], raw[0], raw[1:])
    if key.key_id.hex() != parts[1]:
        raise Malformed("A verifier key's id does not belong to the key.")
    return key


def parse_keys(raw: bytes) -> tuple[Key, ...]:
    """Read a file of vkey lines; empty lines and lines that begin with # are skipped.

    :raises Malformed: when a line is wrong, a key stands twice, or there is no key at all.
    """
    if len(raw) > LARGEST_NOTE:
        raise Malformed("The file of verifier keys is too long.")
    try:
        lines = raw.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        raise Malformed("The file of verifier keys is not UTF-8.") from None
    found: list[Key] = []
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.startswith("#"):
            try:
                found.append(parse_key(line.rstrip("\r")))
            except Malformed as error:
                raise Malformed(error.what, where=f"line {number}") from None
    if not found or len(found) > MOST_KEYS or len({(one.name, one.key_id) for one in found}) != len(found):
        raise Malformed("The file of verifier keys is empty, too long, or names a key twice.")
    return tuple(found)


def parse_note(raw: bytes) -> Note:
    """Read a signed note without believing it yet.

    :raises Malformed: for control characters, a missing blank line, or a signature line of the wrong shape.
    """
    if len(raw) > LARGEST_NOTE:
        raise Malformed("The signed note is too long.")
    try:
        whole = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("The signed note is not UTF-8.") from None
    text, blank, tail = whole.rpartition("\n\n")
    if not blank or not tail.endswith("\n") or _CONTROL.search(whole):
        raise Malformed("The signed note has no signatures, no end, or a control character in it.")
    return Note(text + "\n", _signatures(tail))


def parse_signatures(raw: bytes) -> tuple[Signature, ...]:
    """Read signature lines that stand alone, as a witness answers them.

    :raises Malformed: when a line has another shape, or there is none.
    """
    if len(raw) > LARGEST_NOTE:
        raise Malformed("The signature lines are too long.")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("The signature lines are not UTF-8.") from None
    if not text.endswith("\n") or _CONTROL.search(text):
        raise Malformed("The signature lines have no end, or a control character in them.")
    return _signatures(text)


def check_plain(key: Key, text: str, raw: bytes) -> bool | None:
    """Say whether a signature of the note's own kind (0x01) holds; other kinds need a checkpoint."""
    if key.kind != ED25519:
        return None
    return verify_ed25519(key.public, raw, text.encode())


def verify_note(note: Note, keys: Iterable[Key], check: SignatureCheck = check_plain) -> Signed:
    """Verify every signature whose key is known.

    :raises Malformed: when a known key's signature fails, or when no known key has a good one.
    """
    known = {(key.name, key.key_id): key for key in keys}
    good: list[Key] = []
    unchecked: list[Key] = []
    for one in note.signatures:
        key = known.pop((one.name, one.key_id), None)
        if key is None:
            continue
        verdict = check(key, note.text, one.raw)
        if verdict is False:
            raise Malformed("A signature of a known key does not hold.", where=KIND_NAMES[key.kind])
        (unchecked if verdict is None else good).append(key)
    if not good:
        raise Malformed("The note bears no good signature of a known key.")
    return Signed(note.text, tuple(good), tuple(unchecked))


def write_note(text: str, signatures: Sequence[Signature]) -> bytes:
    """Join a text and its signatures, and make sure that the result can be read back.

    :raises Malformed: when the text or a key's name cannot stand in a note.
    """
    raw = Note(text, tuple(signatures)).encode()
    if parse_note(raw) != Note(text, tuple(signatures)):
        raise Malformed("The text cannot stand in a signed note.")
    return raw


def _signatures(tail: str) -> tuple[Signature, ...]:
    lines = tail[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise Malformed(f"The signed note has more than {MOST_SIGNATURES} signatures.")
    return tuple(_signature(line) for line in lines)


def _signature(line: str) -> Signature:
    dash, name, rest = (*line.split(" ", 2), "", "")[:3]
    if dash != _DASH or not _NAME.fullmatch(name):
        raise Malformed("A signature line of the note has the wrong shape.")
    raw = decode64(rest)
    if len(raw) < 5:
        raise Malformed("A signature of the note is too short.")
    return Signature(name, raw[:4], raw[4:])
