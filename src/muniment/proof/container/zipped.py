"""Reads the zip of a proofpack, whose every byte follows from its members (``docs/formats/container.md``, 1 to 6).

Rules: ``mimetype`` comes first, then all members by name, then ``META-INF``; they are stored, with fixed times and
attributes. Each header is built anew and compared, so no trick of zip's (hidden, repeated, renamed or encrypted
members, bytes before or behind, comments, links, lying sizes, zip64) is even parsed.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from muniment.proof.errors import Malformed

MOST_MEMBERS, LARGEST_PACK, CHUNK = 20_000, 2 * 1024**3, 1024 * 1024
MIMETYPE, ASIC, SIGNATURE = "mimetype", "META-INF/ASiCManifest001.xml", "META-INF/signature001.p7s"
BAGIT, BAG_INFO, BAG, TAGS = "bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"
PAYLOAD = "data/"
#: What every pack has beside its payload.
FRAME = (MIMETYPE, ASIC, SIGNATURE, BAGIT, BAG_INFO, BAG, TAGS)
_PART = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?"
_PLAIN = re.compile(rf"data(?:/{_PART}){{1,6}}")
#: Names that Windows gives to devices; a folder with such a file cannot be extracted there.
_DEVICE = re.compile(r"(?:^|/)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:[./]|$)", re.IGNORECASE)
_LOCAL, _CENTRAL = struct.Struct("<4s5H3I2H"), struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_VERSION, _DATE, _REGULAR_FILE = 20, 0x21, 0o100644 << 16


@dataclass(frozen=True)
class Member:
    """One member: its name, where its own header begins in the file, how many bytes it has, and their CRC-32."""

    name: str
    start: int
    size: int
    crc: int

    @property
    def offset(self) -> int:
        """Where its bytes begin."""
        return self.start + _LOCAL.size + len(self.name)


def local_header(one: Member) -> bytes:
    """Return the only header that this member may have in front of its bytes."""
    fixed = (b"PK\x03\x04", _VERSION, 0, 0, 0, _DATE, one.crc, one.size, one.size, len(one.name), 0)
    return _LOCAL.pack(*fixed) + one.name.encode("ascii")


def central_header(one: Member) -> bytes:
    """Return the only entry that this member may have in the directory."""
    fixed = (b"PK\x01\x02", 3 << 8 | _VERSION, _VERSION, 0, 0, 0, _DATE, one.crc, one.size, one.size)
    told = (*fixed, len(one.name), 0, 0, 0, 0, _REGULAR_FILE, one.start)
    return _CENTRAL.pack(*told) + one.name.encode("ascii")


def end_record(count: int, length: int, start: int) -> bytes:
    """Return the only end that the file may have: members, bytes and place of the directory."""
    return _END.pack(b"PK\x05\x06", 0, 0, count, count, length, start, 0)


def in_order(name: str) -> tuple[int, str]:
    """Return what members are sorted by: the type first, the seal last."""
    return (0 if name == MIMETYPE else 2 if name.startswith("META-INF/") else 1), name


def require_names(names: Sequence[str]) -> None:
    """Make sure that these may be the members of a pack, each once, in this order.

    :raises Malformed: naming the member that is missing, misplaced, or not called as it may be.
    """
    for name in names:
        _require_plain(name)
    for before, name in zip(names, names[1:]):  # noqa: B905, RUF007  # verify.py runs on 3.9, and they differ in length
        if in_order(before) >= in_order(name):
            raise Malformed("A member stands twice or not in its place.", where=name)
    for name in FRAME:
        if name not in names:
            raise Malformed("A member of the pack is missing.", where=name)
    taken: dict[str, str] = {}
    for name in names:
        cuts = [at + 1 for at, letter in enumerate(name) if letter == "/"]
        for piece in (*(name[:cut] for cut in cuts), name):
            if taken.setdefault(piece.rstrip("/").lower(), piece) != piece:
                raise Malformed(
                    "Two names are alike but for upper and lower case, or for a folder.", where=name
                )
    if len(names) == len(FRAME):
        raise Malformed("The pack holds nothing.", where=PAYLOAD)


def _require_plain(name: str) -> None:
    if name not in FRAME and (not _PLAIN.fullmatch(name) or _DEVICE.search(name)):
        # The name may be hostile, so it is repeated only if it can do no harm.
        shown = name if re.fullmatch(r"[A-Za-z0-9._/-]{1,200}", name) else "a name that is not shown"
        raise Malformed("A member's name is not one that a pack may have.", where=shown)


class Container:
    """Gives the members of a pack after making sure that the file is exactly their only zip.

    :raises Malformed: when it is not, naming the member.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.members = {one.name: one for one in _read_directory(file)}

    def read(self, name: str, largest: int = 16 * CHUNK) -> bytes:
        """Return a member's bytes.

        :raises Malformed: when it is not there or larger than its kind may be.
        """
        if name not in self.members:
            raise Malformed("A member of the pack is missing.", where=name)
        if self.members[name].size > largest:
            raise Malformed("A member of the pack is larger than its kind may be.", where=name)
        return b"".join(self.chunks(name))

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield a member's bytes, a mebibyte at a time."""
        one = self.members[name]
        for at in range(one.offset, one.offset + one.size, CHUNK):
            self.file.seek(at)
            wanted = min(CHUNK, one.offset + one.size - at)
            chunk = self.file.read(wanted)
            if len(chunk) != wanted:
                raise Malformed("The pack became shorter while it was read.", where=name)
            yield chunk

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 in hex of every member, after comparing each with its CRC-32.

        :raises Malformed: naming the member whose bytes are other ones.
        """
        found = {}
        for name, one in self.members.items():
            hashed, crc = hashlib.sha256(), 0
            for chunk in self.chunks(name):
                hashed.update(chunk)
                crc = zlib.crc32(chunk, crc)
            if crc != one.crc:
                raise Malformed("A member's bytes do not agree with its checksum.", where=name)
            found[name] = hashed.hexdigest()
        return found


def _read_directory(file: BinaryIO) -> list[Member]:
    length = file.seek(0, 2)
    if not _END.size <= length <= LARGEST_PACK:
        raise Malformed("The file is too short or too long to be a pack.")
    file.seek(length - _END.size)
    end = file.read(_END.size)
    _, _, _, count, _, size, start, _ = _END.unpack(end)
    if end != end_record(count, size, start) or start + size + _END.size != length:
        raise Malformed(
            "The file does not end as a pack must: it is cut off, extended or no pack.", where="end"
        )
    if not 0 < count <= MOST_MEMBERS or size > count * (_CENTRAL.size + 800):
        raise Malformed("The pack's directory has an impossible length.", where="directory")
    file.seek(start)
    directory = file.read(size)
    members: list[Member] = []
    at = place = 0
    for _ in range(count):
        one = _told(directory, at, place)
        raw = central_header(one)
        if directory[at : at + len(raw)] != raw:
            raise Malformed(
                "A member's place in the directory is not in its only allowed form.", where=one.name
            )
        file.seek(place)
        if file.read(one.offset - place) != local_header(one):
            raise Malformed("A member's header does not agree with the directory.", where=one.name)
        at += len(raw)
        place = one.offset + one.size
        members.append(one)
    if at != size or place != start:
        raise Malformed("There are bytes in the pack that belong to no member.", where="directory")
    require_names([one.name for one in members])
    return members


def _told(directory: bytes, at: int, place: int) -> Member:
    """Return the member that the directory tells of here, if it stands at this place of the file."""
    if at + _CENTRAL.size > len(directory):
        raise Malformed("The pack's directory is cut off.", where="directory")
    fields = _CENTRAL.unpack_from(directory, at)
    flags, method, crc, packed, size, named = fields[3], fields[4], *fields[7:11]
    name = directory[at + _CENTRAL.size : at + _CENTRAL.size + named].decode("ascii", "replace")
    _require_plain(name)
    if flags & 1:
        raise Malformed("A member of the pack is encrypted.", where=name)
    if method or packed != size:
        raise Malformed("A member of the pack is compressed; members are stored.", where=name)
    if fields[15] >> 16 != _REGULAR_FILE >> 16:
        raise Malformed("A member of the pack is no regular file.", where=name)
    if place + size > LARGEST_PACK:
        raise Malformed("A member of the pack claims to be larger than the file may be.", where=name)
    return Member(name, place, size, crc)
