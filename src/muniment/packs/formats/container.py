"""Writes the final container of a proofpack: a zip that is an ASiC-E and whose extracted folder is a bag.

Rules (``docs/formats/container.md``): the same parts give the same bytes up to the seal, which comes last; parts are
read twice, a chunk at a time, so a pack may be far larger than memory. Names and lists are those of the reader
(`muniment.proof.container`), which has the last word: who calls this reads the file back before handing it out.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO
from uuid import UUID

from muniment.proof.container import bag
from muniment.proof.container.zipped import (
    ASIC,
    BAG,
    BAG_INFO,
    BAGIT,
    LARGEST_PACK,
    MIMETYPE,
    MOST_MEMBERS,
    PAYLOAD,
    SIGNATURE,
    TAGS,
    Member,
    central_header,
    end_record,
    in_order,
    local_header,
    require_names,
)
from muniment.proof.errors import Malformed

#: Takes the list of members and gives the signature file over it.
Sealer = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Part:
    """A file of the payload.

    :param name: its path below ``data/``.
    :param content: its bytes, or a function that gives the same bytes in chunks each time it is called.
    """

    name: str
    content: bytes | Callable[[], Iterable[bytes]]

    def chunks(self) -> Iterable[bytes]:
        """Return the bytes in chunks, from the beginning."""
        return [self.content] if isinstance(self.content, bytes) else self.content()


@dataclass(frozen=True)
class _Read:
    """What the first reading of a part found."""

    size: int
    crc: int
    sha256: str


def write_container(
    out: BinaryIO, parts: Iterable[Part], seal: Sealer, *, pack: UUID, made: date, stamped: bool = True
) -> dict[str, str]:
    """Write a pack, from where the file stands, and return the SHA-256 of every member by name.

    :param pack: its identifier. :param made: the day it is made.
    :param stamped: whether the seal will hold a time-stamp; the bag says so, so that none can be taken away.
    :raises Malformed: when a name is not allowed, a part gives other bytes at the second reading, or all is too much.
    """
    held: dict[str, Part] = {}
    found: dict[str, _Read] = {}
    for one in parts:
        name = PAYLOAD + one.name
        if name in held:
            raise Malformed("A member stands twice or not in its place.", where=name)
        held[name], found[name] = one, _read(one)
    for name, raw in _frame(found, bag.About(made.isoformat(), str(pack), _level(stamped=stamped))):
        held[name] = Part(name, raw)
        found[name] = _read(held[name])
    digests = {name: one.sha256 for name, one in found.items()}
    for name, make in ((ASIC, bag.write_asic), (SIGNATURE, lambda _: seal(_whole(held[ASIC])))):
        held[name] = Part(name, make(digests))
        found[name] = _read(held[name])
        digests[name] = found[name].sha256
    require_names(sorted(held, key=in_order))
    _require_room(found)
    _write(out, held, found)
    return digests


def _level(*, stamped: bool) -> str:
    return bag.STAMPED if stamped else bag.UNSTAMPED


def _frame(found: dict[str, _Read], about: bag.About) -> Iterator[tuple[str, bytes]]:
    """Yield what stands beside the payload, but for the seal; each is read before the next is asked for."""
    payload = {name: one.size for name, one in found.items()}
    yield MIMETYPE, bag.KIND_OF_FILE
    yield BAGIT, bag.DECLARATION
    yield BAG_INFO, bag.write_about(about, payload)
    yield BAG, bag.write_bag({name: one.sha256 for name, one in found.items()})
    yield TAGS, bag.write_tags({name: one.sha256 for name, one in found.items()})


def _read(part: Part) -> _Read:
    hashed, crc, size = hashlib.sha256(), 0, 0
    for chunk in part.chunks():
        hashed.update(chunk)
        crc = zlib.crc32(chunk, crc)
        size += len(chunk)
        if size > LARGEST_PACK:
            raise Malformed("The pack would be too large.", where=PAYLOAD + part.name)
    return _Read(size, crc, hashed.hexdigest())


def _whole(part: Part) -> bytes:
    return b"".join(part.chunks())


def _require_room(found: dict[str, _Read]) -> None:
    """Make sure that all fits into a file of the allowed size, headers and directory included."""
    members = [Member(name, 0, one.size, one.crc) for name, one in found.items()]
    length = sum(one.size + len(local_header(one)) + len(central_header(one)) for one in members)
    if len(members) > MOST_MEMBERS or length + len(end_record(0, 0, 0)) > LARGEST_PACK:
        raise Malformed("The pack would be too large, or have too many members.")


def _write(out: BinaryIO, held: dict[str, Part], found: dict[str, _Read]) -> None:
    directory: list[bytes] = []
    at = 0
    for name in sorted(held, key=in_order):
        one = Member(name, at, found[name].size, found[name].crc)
        out.write(local_header(one))
        size = crc = 0
        for chunk in held[name].chunks():
            out.write(chunk)
            size += len(chunk)
            crc = zlib.crc32(chunk, crc)
        if (size, crc) != (one.size, one.crc):
            raise Malformed("A member changed while the pack was written.", where=name)
        directory.append(central_header(one))
        at = one.offset + one.size
    listed = b"".join(directory)
    out.write(listed + end_record(len(directory), len(listed), at))
