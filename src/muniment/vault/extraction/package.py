"""The zip around a Word document, opened with suspicion.

Rules: names are judged before anything is unpacked; only parts that are asked for are unpacked, each up to a
limit counted while unpacking, whatever the directory claims; nothing is ever written; no link that leads
outside is followed; XML is parsed without document type, entities, network or huge trees.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib

from lxml import etree

from muniment.spine.errors import Invalid

MAX_MEMBERS = 2_000
MAX_UNPACKED = 200 * 1024 * 1024
MAX_PART = 48 * 1024 * 1024
MAX_RATIO = 250
"""Deflate reaches about 1,030 to 1; Word's own XML stays far below 100."""

MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_MACRO = "macroenabled"
_TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
    OSError,
    KeyError,
    IndexError,
)
_DOCTYPE = tuple("<!DOCTYPE".encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))


class Package:
    """The parts of one Word document, by name.

    :raises Invalid: when the zip is damaged, hostile, or no Word document without macros.
    """

    def __init__(self, data: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _DAMAGED:
            raise Invalid("This Word document is damaged or cut off.", todo="Fetch it again.") from None
        self._members = _judged(self._zip.infolist(), len(data))
        self.main = self._main_part()

    def xml(self, name: str) -> etree._Element | None:
        """Parse one part, or give None when the document has no such part.

        :raises Invalid: when the part is larger than the limits, damaged, or declares a document type.
        """
        content = self._unpack(name)
        return None if content is None else parse(content)

    def related(self, kind: str) -> str | None:
        """Find the part of a kind ("styles", "numbering", "footnotes") that belongs to the main part.

        Links to anything outside the package are passed over.
        """
        folder, _, base = self.main.rpartition("/")
        links = self.xml(posixpath.join(folder, "_rels", f"{base}.rels"))
        if links is None:
            return None
        for link in links:
            if not isinstance(link.tag, str) or str(link.get("TargetMode", "")).lower() == "external":
                continue
            if str(link.get("Type", "")).rpartition("/")[2] == kind:
                target = posixpath.normpath(posixpath.join("/", folder, str(link.get("Target", ""))))
                return target.lstrip("/")
        return None

    def _unpack(self, name: str) -> bytes | None:
        member = self._members.get(name.casefold())
        if member is None:
            return None
        try:
            with self._zip.open(member) as part:
                content = part.read(MAX_PART + 1)
        except _DAMAGED:
            raise Invalid("This Word document is damaged or cut off.", todo="Fetch it again.") from None
        if len(content) > MAX_PART or len(content) > max(member.compress_size, 4096) * MAX_RATIO:
            raise Invalid("A part of this Word document unpacks to far more than it should (a zip bomb).")
        return content

    def _main_part(self) -> str:
        types = self.xml("[Content_Types].xml")
        if types is None:
            raise Invalid("This is a zip archive, but not a Word document.")
        listed = [
            (str(entry.get("ContentType", "")).lower(), str(entry.get("PartName", "")))
            for entry in types
            if isinstance(entry.tag, str) and entry.tag in {f"{_TYPES}Override", f"{_TYPES}Default"}
        ]
        if any(_MACRO in content_type or "vbaproject" in content_type for content_type, _ in listed):
            raise Invalid("This Word document holds macros.", todo="Save it as .docx without macros.")
        for content_type, part in listed:
            if content_type == MAIN and part:
                return part.lstrip("/")
        raise Invalid("This is an Office file or a zip archive, but not a Word document.")


def _judged(members: list[zipfile.ZipInfo], size: int) -> dict[str, zipfile.ZipInfo]:
    """Judge all members by what the directory says of them, before one byte is unpacked."""
    if len(members) > MAX_MEMBERS:
        raise Invalid(f"This package has more than {MAX_MEMBERS:,} members.")
    if sum(member.file_size for member in members) > MAX_UNPACKED:
        raise Invalid("This package unpacks to far more than it should (a zip bomb).")
    judged: dict[str, zipfile.ZipInfo] = {}
    end = 0
    for member in sorted(members, key=lambda member: member.header_offset):
        name = member.orig_filename
        if unsafe_name(name):
            raise Invalid("This package holds a member whose name leads out of it.")
        if member.flag_bits & 0x1:
            raise Invalid("This Word document is encrypted.", todo="Save it without a password.")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Invalid("This package is compressed in a way that Word does not use.")
        if name.casefold() in judged:
            raise Invalid("This package holds two members of the same name.")
        if member.header_offset < end or member.header_offset + 30 + member.compress_size > size:
            raise Invalid("The members of this package overlap or reach beyond its end (a zip bomb).")
        end = member.header_offset + 30 + member.compress_size
        judged[name.casefold()] = member
    return judged


def unsafe_name(name: str) -> bool:
    """Tell whether a member's name could lead out of the package: absolute, climbing, with drive or NUL."""
    parts = name.replace("\\", "/").split("/")
    return (
        not name
        or len(name) > 400
        or "\x00" in name
        or "\\" in name
        or name.startswith("/")
        or ".." in parts
        or re.match(r"[A-Za-z]:", name) is not None
    )


def parse(content: bytes) -> etree._Element:
    """Parse XML with everything switched off that can reach out or blow up.

    :raises Invalid: when it is not well-formed, declares a document type, or is in an odd encoding.
    """
    if any(mark in content for mark in _DOCTYPE):
        raise Invalid("This document declares a document type or entities, which Word never does.")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError):
        raise Invalid(
            "A part of this Word document is not well-formed.", todo="Save it anew in Word."
        ) from None
    tree = root.getroottree()
    if tree.docinfo.internalDTD is not None:
        raise Invalid("This document declares a document type or entities, which Word never does.")
    if (tree.docinfo.encoding or "utf-8").lower() not in {"utf-8", "utf-16", "us-ascii", "ascii"}:
        raise Invalid("A part of this Word document is in an encoding that Word does not use.")
    return root
