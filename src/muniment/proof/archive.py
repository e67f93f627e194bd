"""The pack's container: a zip whose every byte follows from its members.

Rules: members are sorted by name and stored, not compressed; names are plain ASCII paths; times, versions and
attributes are fixed; nothing stands before, between or behind. The reader builds each header anew and
compares, so there is no second file that holds the same members, and none of zip's tricks (hidden members,
lying sizes, encryption, zip64, symlinks, comments) is even parsed. Storing also means that no zlib's habits
show in the bytes and that no member can be larger than the file.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from muniment.proof.errors import Malformed

MOST_MEMBERS = 20_000
LARGEST_PACK = 2 * 1024**3
CHUNK = 1024 * 1024
_MEMBER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,3}")
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_VERSION = 20
_UNIX = 3 << 8 | _VERSION
_DATE = 0x21
_REGULAR_FILE = 0o100644 << 16


@dataclass(frozen=True)
class Member:
    """One member: its name, where its bytes begin in the file, how many they are, and their CRC-32."""

    name: str
    offset: int
    size: int
    crc: int

    @property
    def start(self) -> int:
        """Where the member's own header begins."""
        return self.offset - _LOCAL.size - len(self.name)


def local_header(member: Member) -> bytes:
    """Return the only header that this member may have in front of its bytes."""
    name, size = member.name.encode("ascii"), member.size
    fixed = (b"PK\x03\x04", _VERSION, 0, 0, 0, _DATE, member.crc, size, size, len(name), 0)
    return _LOCAL.pack(*fixed) + name


def central_header(member: Member) -> bytes:
    """Return the only entry that this member may have in the directory."""
    name, size = member.name.encode("ascii"), member.size
    first = (b"PK\x01\x02", _UNIX, _VERSION, 0, 0, 0, _DATE, member.crc, size, size, len(name), 0, 0, 0, 0)
    return _CENTRAL.pack(*first, _REGULAR_FILE, member.start) + name


def end_record(count: int, length: int, start: int) -> bytes:
    """Return the only end that the file may have: members, bytes and place of the directory."""
    return _END.pack(b"PK\x05\x06", 0, 0, count, count, length, start, 0)


def write_archive(out: BinaryIO, sized: Iterable[tuple[str, int, int, Iterable[bytes]]]) -> None:
    """Write members (name, size, CRC-32, chunks), already sorted by name.

    :raises Malformed: when a name is not allowed or out of order, a chunk source does not give what was
        announced, or the pack grows too large.
    """
    members: list[Member] = []
    at = 0
    for name, size, crc, chunks in sized:
        member = Member(name, at + _LOCAL.size + len(name), size, crc)
        members.append(member)
        at = member.offset + size
        if at > LARGEST_PACK or len(members) > MOST_MEMBERS:
            raise Malformed("The pack would be too large.")
        out.write(local_header(member))
        written = found = 0
        for chunk in chunks:
            out.write(chunk)
            written += len(chunk)
            found = zlib.crc32(chunk, found)
        if (written, found) != (size, crc):
            raise Malformed("A member changed while the pack was written.", where=name)
    _require_names([member.name for member in members])
    directory = b"".join(central_header(member) for member in members)
    out.write(directory + end_record(len(members), len(directory), at))


class Archive:
    """Reads a pack's members after making sure that the file is exactly their deterministic zip."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.members = {member.name: member for member in _read_directory(file)}

    def read(self, name: str, largest: int = 16 * CHUNK) -> bytes:
        """Return a member's bytes.

        :raises Malformed: when it is not there or too large to be read whole.
        """
        member = self.members.get(name)
        if member is None:
            raise Malformed("A member of the pack is missing.", where=name)
        if member.size > largest:
            raise Malformed("A member of the pack is larger than its kind may be.", where=name)
        return b"".join(self._chunks(member))

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 in hex of every member, after comparing each with its CRC-32.

        :raises Malformed: when a CRC-32 is wrong.
        """
        found = {}
        for member in self.members.values():
            hashed, crc = hashlib.sha256(), 0
            for chunk in self._chunks(member):
                hashed.update(chunk)
                crc = zlib.crc32(chunk, crc)
            if crc != member.crc:
                raise Malformed("A member's bytes do not agree with its checksum.", where=member.name)
            found[member.name] = hashed.hexdigest()
        return found

    def _chunks(self, member: Member) -> Iterator[bytes]:
        self.file.seek(member.offset)
        left = member.size
        while left:
            chunk = self.file.read(min(left, CHUNK))
            if not chunk:
                raise Malformed("The pack became shorter while it was read.")
            left -= len(chunk)
            yield chunk


def _read_directory(file: BinaryIO) -> list[Member]:
    length = file.seek(0, 2)
    if not _END.size <= length <= LARGEST_PACK:
        raise Malformed("The file is too short or too long to be a pack.")
    file.seek(length - _END.size)
    end = file.read(_END.size)
    _, _, _, count, _, size, start, _ = _END.unpack(end)
    if end != end_record(count, size, start) or start + size + _END.size != length:
        raise Malformed("The file does not end as a pack must: it is cut off, extended or no pack.")
    if not 0 < count <= MOST_MEMBERS or size > count * (_CENTRAL.size + 404):
        raise Malformed("The pack's directory has an impossible length.")
    file.seek(start)
    directory = file.read(size)
    members: list[Member] = []
    at = place = 0
    for _ in range(count):
        member = _member(directory, at, place)
        raw = central_header(member)
        if directory[at : at + len(raw)] != raw:
            raise Malformed("The pack's directory is not in its only allowed form.", where=member.name)
        file.seek(place)
        if file.read(member.offset - place) != local_header(member):
            raise Malformed("A member's header does not agree with the directory.", where=member.name)
        at += len(raw)
        place = member.offset + member.size
        members.append(member)
    if at != size or place != start:
        raise Malformed("There are bytes in the pack that belong to no member.")
    _require_names([member.name for member in members])
    return members


def _member(directory: bytes, at: int, place: int) -> Member:
    if at + _CENTRAL.size > len(directory):
        raise Malformed("The pack's directory is cut off.")
    fields = _CENTRAL.unpack_from(directory, at)
    flags, method, crc, packed, size, name_length = fields[3], fields[4], *fields[7:11]
    if flags & 1:
        raise Malformed("A member of the pack is encrypted.")
    if method or packed != size:
        raise Malformed("A member of the pack is compressed; in this version members are stored.")
    if fields[15] >> 16 & 0o170000 != 0o100000:
        raise Malformed("A member of the pack is no regular file.")
    raw = directory[at + _CENTRAL.size : at + _CENTRAL.size + name_length]
    name = raw.decode("ascii", "replace")
    if not _MEMBER_NAME.fullmatch(name):
        raise Malformed("A member's name is not a plain relative path.")
    return Member(name, place + _LOCAL.size + len(raw), size, crc)


def _require_names(names: list[str]) -> None:
    if any(not _MEMBER_NAME.fullmatch(name) for name in names):
        raise Malformed("A member's name is not a plain relative path.")
    if names != sorted(set(names)):
        raise Malformed("The members are not sorted by name, or one stands twice.")
    if len({name.lower() for name in names}) != len(names):
        raise Malformed("Two members' names differ only in upper and lower case.")
