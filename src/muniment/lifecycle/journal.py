"""The erasure journal: what was ordered to be destroyed, in a file that no backup of the database brings back.

Rules (`docs/formats/certificate.md`): one line for each order, only ever added at the end, numbered from 1, each naming
the digest of the one before and bearing an HMAC under a key that follows from the deployment key. A line is on the disk
before the first key that it names is destroyed. It holds random identifiers and nothing that describes a person. One
process at a time writes or replays it. A line that was being written when the machine stopped was not acted on and is
taken away.

Pure: no Django, no database. The head of the journal stands in the deployment's log, which is how a cut is noticed.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from muniment.proof.canonical import canonical, parse, shaped
from muniment.proof.errors import Malformed
from muniment.spine.errors import Busy, Clash

KIND: Final = "muniment.erasure/1"
FIRST: Final = "0" * 64
LONGEST_LINE: Final = 1 << 24
_SHAPE: Final[dict[str, type]] = {
    "at": str,
    "basis": str,
    "k": str,
    "keys": list,
    "kind": str,
    "mac": str,
    "n": int,
    "number": int,
    "order": str,
    "prev": str,
    "target": str,
    "tenant": str,
}


@dataclass(frozen=True, slots=True)
class Deed:
    """What one line orders.

    :param order: identifier of the order in its tenant; :param number: what people call it.
    :param kind: ``counterparty``, ``account`` or ``tenant``. :param target: whose data it is about.
    :param keys: (what the key opens, its name): the keys to be destroyed.
    """

    tenant: UUID
    order: UUID
    number: int
    kind: str
    target: UUID
    basis: str
    at: str
    keys: tuple[tuple[str, UUID], ...]

    @property
    def names(self) -> list[UUID]:
        """The names of the keys."""
        return [name for _what, name in self.keys]


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it stands in the file, with its number and digest."""

    number: int
    digest: str
    deed: Deed


class Book:
    """The journal while this process holds it."""

    def __init__(self, descriptor: int, key: bytes) -> None:
        self._file = descriptor
        self._key = key
        self._end = 0
        self.lines: list[Line] = []
        self._read()

    @property
    def head(self) -> tuple[int, str]:
        """Number and digest of the last line."""
        return (self.lines[-1].number, self.lines[-1].digest) if self.lines else (0, FIRST)

    def of(self, order: UUID) -> Line | None:
        """Return the line of an order."""
        return next((line for line in self.lines if line.deed.order == order), None)

    def append(self, deed: Deed) -> Line:
        """Add a line; when this returns, a power cut does not lose it.

        :raises Busy: when it cannot be written; the journal is as it was then.
        """
        number, before = self.head
        said = _shown(deed) | {"k": KIND, "n": number + 1, "prev": before}
        raw = canonical(said | {"mac": _mac(self._key, said)})
        try:
            os.ftruncate(self._file, self._end)
            written = 0
            while written < len(raw) + 1:
                written += os.pwrite(self._file, (raw + b"\n")[written:], self._end + written)
            os.fsync(self._file)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._file, self._end)
            raise Busy(
                "The erasure journal cannot be written, so nothing was destroyed.",
                todo="See that its disk has room and may be written; the order is carried out by itself then.",
            ) from None
        self._end += len(raw) + 1
        line = Line(number + 1, hashlib.sha256(raw).hexdigest(), deed)
        self.lines.append(line)
        return line

    def _read(self) -> None:
        size = os.fstat(self._file).st_size
        whole = b""
        while len(whole) < size:
            piece = os.pread(self._file, size - len(whole), len(whole))
            if not piece:
                break
            whole += piece
        self._end = whole.rfind(b"\n") + 1
        before = FIRST
        for number, raw in enumerate(whole[: self._end].split(b"\n")[:-1], start=1):
            line = _parse(raw, number, before, self._key)
            before = line.digest
            self.lines.append(line)


class Journal:
    """The file, and the key of its lines.

    :param path: where it lies; its folder is made when it is missing.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        self._path = path
        self._key = key

    @contextmanager
    def held(self) -> Iterator[Book]:
        """Hold the journal, so that nobody else writes or replays it meanwhile.

        :raises Clash: when a line is not as it was written.
        :raises Busy: when the file cannot be opened.
        """
        try:
            new = not self._path.exists()
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            raise Busy(
                "The erasure journal cannot be opened.",
                todo="See that its folder is there and may be written.",
            ) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if new:
                _sync(self._path.parent)
            yield Book(descriptor, self._key)
        finally:
            os.close(descriptor)

    def lines(self) -> list[Line]:
        """Return the lines without making a file.

        :raises Clash: when a line is not as it was written.
        :raises Busy: when the file is there and cannot be read.
        """
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return []
        except OSError:
            raise Busy("The erasure journal cannot be read.", todo="See that it may be read.") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            return Book(descriptor, self._key).lines
        finally:
            os.close(descriptor)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _mac(key: bytes, said: dict[str, Any]) -> str:
    return hmac.digest(key, b"muniment.erasure-journal/1\0" + canonical(said), "sha256").hex()


def _shown(deed: Deed) -> dict[str, Any]:
    return {
        "at": deed.at,
        "basis": deed.basis,
        "keys": [[what, str(name)] for what, name in deed.keys],
        "kind": deed.kind,
        "number": deed.number,
        "order": str(deed.order),
        "target": str(deed.target),
        "tenant": str(deed.tenant),
    }


def _parse(raw: bytes, number: int, before: str, key: bytes) -> Line:
    try:
        said = shaped(parse(raw, largest=LONGEST_LINE), _SHAPE, where="line")
        mac = said.pop("mac")
        if said["k"] != KIND or not hmac.compare_digest(mac, _mac(key, said)):
            raise Malformed("The line was not written by this installation.")
        if said["n"] != number or said["prev"] != before:
            raise Malformed("A line before this one was taken away, added or exchanged.")
        deed = Deed(
            tenant=UUID(said["tenant"]),
            order=UUID(said["order"]),
            number=said["number"],
            kind=said["kind"],
            target=UUID(said["target"]),
            basis=said["basis"],
            at=said["at"],
            keys=tuple((str(what), UUID(name)) for what, name in said["keys"]),
        )
    except Malformed as why:
        raise changed(f"line {number}: {why.what}") from None
    return Line(number, hashlib.sha256(raw).hexdigest(), deed)


def changed(where: str) -> Clash:
    """Return the refusal to go on with a journal that is not as it was written."""
    return Clash(
        "The erasure journal is not as it was written, so it is not known what must stay erased.",
        todo="Put the whole journal back from its newest copy; nothing is served until then.",
        where=where,
    )
