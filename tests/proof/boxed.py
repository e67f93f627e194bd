"""Makes final containers, good and bent, for the tests of their reader and writer."""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from muniment.ledger.time.testing import TestAuthority, new_authority
from muniment.packs.formats.container import Part, write_container
from muniment.packs.formats.seal import PackSigner, new_pack_signer, seal
from muniment.proof.container import bag
from muniment.proof.container.seal import Seal, verify_container
from muniment.proof.container.zipped import (
    ASIC,
    BAG,
    BAG_INFO,
    SIGNATURE,
    TAGS,
    Container,
    Member,
    central_header,
    end_record,
    in_order,
    local_header,
)
from muniment.proof.x509 import Certificate, parse_certificates

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PACK = UUID("0b6f2a38-5b2e-4f0e-9d51-5f3f0c1c9a10")
AUTHORITY = new_authority(NOON)
SIGNER = new_pack_signer("Example Pay", NOON)
STRANGER = new_pack_signer("Harbour Lending", NOON)
ROOTS: tuple[Certificate, ...] = parse_certificates(AUTHORITY.root_pem)
PARTS = (
    Part("statement.json", b'{"question":"May we?"}'),
    Part("evidence/one.txt", b"first evidence\n"),
    Part("evidence/two.bin", bytes(range(256))),
    Part("report.pdf", b"%PDF-1.7 report"),
)


def stamper(by: TestAuthority = AUTHORITY, at: datetime = NOON) -> Callable[[bytes], bytes]:
    """Return what asks a test authority for a time-stamp."""

    def stamp(message: bytes) -> bytes:
        asked = TimestampRequestBuilder(data=message, hash_algorithm=HashAlgorithm.SHA256).build()
        return by.answer(asked.as_bytes(), now=lambda: at)

    return stamp


STAMP = stamper()


def boxed(
    parts: Iterable[Part] = PARTS,
    *,
    signer: PackSigner = SIGNER,
    stamp: Callable[[bytes], bytes] | None = STAMP,
    at: datetime = NOON,
    **also: Any,
) -> bytes:
    """Return a good pack."""
    out = io.BytesIO()
    about = {"pack": PACK, "made": at.date(), "stamped": stamp is not None} | also
    write_container(out, parts, lambda listed: seal(listed, signer, at, stamp), **about)
    return out.getvalue()


def opened(raw: bytes) -> dict[str, bytes]:
    """Return the members of a good pack in their order."""
    held = Container(io.BytesIO(raw))
    return {name: held.read(name) for name in held.members}


def zipped(rows: Iterable[tuple[str, bytes]]) -> bytes:
    """Return the zip of any members, in any order, as the format writes it."""
    out, directory, at = b"", b"", 0
    count = 0
    for name, raw in rows:
        one = Member(name, at, len(raw), zlib.crc32(raw))
        out += local_header(one) + raw
        directory += central_header(one)
        at, count = len(out), count + 1
    return out + directory + end_record(count, len(directory), at)


def rezipped(members: Mapping[str, bytes]) -> bytes:
    """Return the zip of these members in the order that a pack has."""
    return zipped((name, members[name]) for name in sorted(members, key=in_order))


def relisted(members: Mapping[str, bytes], level: str = bag.STAMPED) -> dict[str, bytes]:
    """Return the members with every list made anew, as somebody would who has all but the key."""
    made = dict(members)
    sizes = {name: len(raw) for name, raw in made.items() if name.startswith("data/")}
    made[BAG_INFO] = bag.write_about(bag.About(NOON.date().isoformat(), str(PACK), level), sizes)
    for name, make in ((BAG, bag.write_bag), (TAGS, bag.write_tags), (ASIC, bag.write_asic)):
        made[name] = make({one: hashlib.sha256(raw).hexdigest() for one, raw in made.items()})
    return made


def resealed(members: Mapping[str, bytes], change: Callable[[bytes], bytes]) -> bytes:
    """Return the pack with its signature file changed and nothing else."""
    return rezipped({**members, SIGNATURE: change(members[SIGNATURE])})


def verified(
    raw: bytes, signers: Sequence[str] = (SIGNER.fingerprint,), authorities: Sequence[Certificate] = ROOTS
) -> Seal:
    """Return what the reader says of a pack."""
    held = Container(io.BytesIO(raw))
    return verify_container(held, held.digests(), signers, authorities)
