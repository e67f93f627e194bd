"""What makes a proofpack a bag (RFC 8493) and an ASiC-E (ETSI EN 319 162-1): lists that follow from its members.

Rules (``docs/formats/container.md``, 7 to 10): each list is made anew from the members' digests and compared to the
byte; the bag's own facts have one form. The same functions write them.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass

from muniment.proof.container.zipped import (
    ASIC,
    BAG,
    BAG_INFO,
    BAGIT,
    MIMETYPE,
    PAYLOAD,
    SIGNATURE,
    TAGS,
    Container,
)
from muniment.proof.errors import Malformed

KIND_OF_FILE = b"application/vnd.etsi.asic-e+zip"
DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
#: How a pack may be signed: with a time-stamp over the signature, or (where no authority is at hand) without.
STAMPED, UNSTAMPED = "CAdES-B-T", "CAdES-B-B"
LARGEST_LIST = 16 * 1024**2
_ABOUT = re.compile(
    r"Bag-Software-Agent: Muniment proofpack/1\nBagging-Date: (\d{4}-\d\d-\d\d)\n"
    r"External-Identifier: ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\n"
    r"Payload-Oxum: (\d{1,10}\.\d{1,5})\nSignature-Level: (CAdES-B-[BT])\n"
)
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<asic:ASiCManifest xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#">\n'
    f'<asic:SigReference URI="{SIGNATURE}" MimeType="application/pkcs7-signature"/>\n'
)
_ROW = (
    '<asic:DataObjectReference URI="{name}"><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
    "<ds:DigestValue>{digest}</ds:DigestValue></asic:DataObjectReference>\n"
)


@dataclass(frozen=True)
class About:
    """What a bag says of itself: the day it was made, the pack's identifier, and how it is signed."""

    made: str
    pack: str
    level: str


def write_about(about: About, sizes: Mapping[str, int]) -> bytes:
    """Write ``bag-info.txt``.

    :param sizes: of the payload's members, in bytes, by name.
    """
    oxum = f"{sum(sizes.values())}.{len(sizes)}"
    return (
        f"Bag-Software-Agent: Muniment proofpack/1\nBagging-Date: {about.made}\n"
        f"External-Identifier: {about.pack}\nPayload-Oxum: {oxum}\nSignature-Level: {about.level}\n"
    ).encode("ascii")


def write_bag(digests: Mapping[str, str]) -> bytes:
    """Write ``manifest-sha256.txt``: the payload's digests, by name."""
    return "".join(f"{digests[n]}  {n}\n" for n in sorted(digests) if n.startswith(PAYLOAD)).encode("ascii")


def write_tags(digests: Mapping[str, str]) -> bytes:
    """Write ``tagmanifest-sha256.txt``: the digests of what stands beside the payload and is not the seal."""
    return "".join(f"{digests[n]}  {n}\n" for n in sorted((BAG_INFO, BAGIT, BAG, MIMETYPE))).encode("ascii")


def write_asic(digests: Mapping[str, str]) -> bytes:
    """Write ``META-INF/ASiCManifest001.xml``, the list that is signed.

    It names every member but itself, the signature, and ``mimetype``, of which there is only one.
    """
    rows = []
    for name in sorted(digests):
        if name not in (ASIC, SIGNATURE, MIMETYPE):
            digest = base64.b64encode(bytes.fromhex(digests[name])).decode("ascii")
            rows.append(_ROW.format(name=name, digest=digest))
    return (_HEAD + "".join(rows) + "</asic:ASiCManifest>\n").encode("ascii")


def require_bag(held: Container, digests: Mapping[str, str]) -> About:
    """Return what the bag says of itself, after making sure that every list is the only one for these members.

    :param digests: the SHA-256 of every member, as they were found.
    :raises Malformed: naming the member that is not the one that was listed, or the list.
    """
    for name, fixed in ((MIMETYPE, KIND_OF_FILE), (BAGIT, DECLARATION)):
        if held.members[name].size != len(fixed) or held.read(name) != fixed:
            raise Malformed("A member does not say the only thing that it may.", where=name)
    for name, made in ((BAG, write_bag(digests)), (TAGS, write_tags(digests)), (ASIC, write_asic(digests))):
        told = held.read(name, LARGEST_LIST)
        if told != made:
            raise Malformed(
                f"The list {name} does not name this member as it is.", where=_odd(name, made, told)
            )
    found = _ABOUT.fullmatch(held.read(BAG_INFO, 1024).decode("latin-1"))
    sizes = [one.size for name, one in held.members.items() if name.startswith(PAYLOAD)]
    if found is None or found.group(3) != f"{sum(sizes)}.{len(sizes)}":
        raise Malformed("What the bag says of itself is not in its only form, or not so.", where=BAG_INFO)
    return About(found.group(1), found.group(2), found.group(4))


def _odd(listed: str, made: bytes, told: bytes) -> str:
    """Return the first member that a list does not name as it is, or names though it is not there; or the list."""
    missing, extra = (
        [line for line in one.splitlines() if line not in known]
        for one, known in ((made, set(told.splitlines())), (told, set(made.splitlines())))
    )
    for line in (*missing, *extra):
        name = re.search(rb'(?:URI="|  )([A-Za-z0-9][A-Za-z0-9._/-]{0,200})(?:"|$)', line)
        if name:
            return name.group(1).decode("ascii")
    return listed
