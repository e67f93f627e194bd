"""Verifies the seal of a proofpack: a CAdES signature (ETSI EN 319 122-1, B-B or B-T) over its list of members.

Rules (``docs/formats/container.md``, 11 to 17): one signer, P-256 with SHA-256, its certificate within and bound by
the signed attributes; above it at most one time-stamp over the signature's value. All is built anew from certificate,
time, signature and token and compared, so that no byte of it is free.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from muniment.proof.container.bag import STAMPED, About, require_bag
from muniment.proof.container.zipped import ASIC, SIGNATURE, Container
from muniment.proof.der import INTEGER, OCTETS, OID, SEQUENCE, SET, Node, only
from muniment.proof.errors import Malformed
from muniment.proof.publickey import CURVES, verify_signature
from muniment.proof.timestamp import Stamped, parse_response, verify_timestamp
from muniment.proof.x509 import Certificate, parse_certificate

LARGEST_SEAL = 64 * 1024
#: How much the signer's clock may be ahead of the authority's.
AHEAD = timedelta(minutes=5)
_WITHIN = 0xA0
_P256_KEY = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
_ECDSA_SHA256 = "1.2.840.10045.4.3.2"


def tlv(tag: int, *parts: bytes) -> bytes:
    """Write one element of DER: its tag, the length in its only form, and what it holds."""
    body = b"".join(parts)
    size = len(body)
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, *([size] if size < 128 else [0x80 | len(length), *length])]) + body


def _oid(written: str) -> bytes:
    return tlv(OID, bytes.fromhex(written))


_SIGNED_DATA, _DATA = _oid("2a864886f70d010702"), _oid("2a864886f70d010701")
_CONTENT, _DIGEST, _TIME = _oid("2a864886f70d010903"), _oid("2a864886f70d010904"), _oid("2a864886f70d010905")
_BOUND, _TOKEN = _oid("2a864886f70d010910022f"), _oid("2a864886f70d010910020e")
_SHA256 = tlv(SEQUENCE, _oid("608648016503040201"))
_SIGNED_WITH = tlv(SEQUENCE, _oid("2a8648ce3d040302"))


@dataclass(frozen=True)
class Seal:
    """Who signed a pack, and when at the latest.

    :param certificate: the signer's. :param fingerprint: its SHA-256 in hex, by which a reader knows it.
    :param known: whether the reader named it. :param claimed: the time that the signer states.
    :param stamped: what the time-stamp proves, or None when the pack says that it has none.
    :param judged: whether the authority is one that the reader named.
    """

    about: About
    certificate: Certificate
    fingerprint: str
    known: bool
    claimed: datetime
    stamped: Stamped | None
    judged: bool


@dataclass(frozen=True)
class _Parts:
    certificate: Certificate
    time: Node
    signature: bytes
    token: bytes


def verify_container(
    held: Container,
    digests: dict[str, str],
    signers: Collection[str] = (),
    authorities: Sequence[Certificate] = (),
) -> Seal:
    """Return who signed this pack, after making sure that it is a bag, an ASiC-E, and as it was signed.

    :param digests: what :meth:`Container.digests` found. :param signers: fingerprints that the reader trusts.
    :param authorities: certificates of the time-stamp authorities that the reader trusts.
    :raises Malformed: naming the member that is wrong; also for a signer or an authority who is not among those named.
    """
    about = require_bag(held, digests)
    try:
        return _sealed(held, about, digests[ASIC], signers, authorities)
    except Malformed as why:
        raise Malformed(why.what, where=SIGNATURE) from None
    except (ValueError, IndexError):
        raise Malformed("The signature cannot be read.", where=SIGNATURE) from None


def _sealed(
    held: Container, about: About, digest: str, signers: Collection[str], authorities: Sequence[Certificate]
) -> Seal:
    raw = held.read(SIGNATURE, LARGEST_SEAL)
    parts = _taken_apart(raw)
    certificate = parts.certificate
    told = signed_attributes(bytes.fromhex(digest), parts.time.raw, certificate.raw)
    if put_together(certificate, told, parts.signature, parts.token) != raw:
        raise Malformed("The signature is about other members, or not in its only allowed form.")
    if not certificate.key.startswith(_P256_KEY):
        raise Malformed("The signer's key is not of the kind that a pack is signed with.")
    if only(parts.signature).parts()[1].number() > CURVES["1.2.840.10045.3.1.7"].n // 2:
        raise Malformed("The signature is not in its only allowed form.")
    if not verify_signature(certificate.key, _ECDSA_SHA256, "sha256", parts.signature, tlv(SET, told)):
        raise Malformed("The signature is not good.")
    fingerprint = hashlib.sha256(certificate.raw).hexdigest()
    if signers and fingerprint not in signers:
        raise Malformed("The pack is signed by somebody else than those whom you trust.")
    claimed, stamped = parts.time.time(), None
    if bool(parts.token) != (about.level == STAMPED):
        raise Malformed("The time-stamp over the signature was taken away or put there.")
    if parts.token:
        stamped = _timed(parts.token, parts.signature, authorities)
        if claimed > stamped.at + AHEAD:
            raise Malformed("The signer states a later time than the time-stamp does.")
    certificate.require_valid(claimed)
    certificate.require_valid(stamped.at if stamped else claimed)
    return Seal(
        about, certificate, fingerprint, bool(signers), claimed, stamped, bool(stamped and authorities)
    )


def signed_attributes(digest: bytes, time: bytes, certificate: bytes) -> bytes:
    """Return what is signed, as the body of a SET (RFC 5652, 5.4): kind, digest, time and certificate (RFC 5035).

    :param digest: SHA-256 of the signed list. :param time: the signer's time as a DER element.
    """
    bound = tlv(SEQUENCE, tlv(SEQUENCE, tlv(SEQUENCE, tlv(OCTETS, hashlib.sha256(certificate).digest()))))
    told = ((_CONTENT, _DATA), (_DIGEST, tlv(OCTETS, digest)), (_TIME, time), (_BOUND, bound))
    return b"".join(sorted(tlv(SEQUENCE, kind, tlv(SET, value)) for kind, value in told))


def put_together(certificate: Certificate, told: bytes, signature: bytes, token: bytes) -> bytes:
    """Return the only signature file of these parts.

    :param told: the signed attributes. :param token: the time-stamp over the signature, or nothing.
    """
    who = tlv(SEQUENCE, certificate.issuer, only(certificate.signed).parts()[1].raw)
    above = [tlv(0xA1, tlv(SEQUENCE, _TOKEN, tlv(SET, token)))] if token else []
    one = tlv(INTEGER, b"\1")
    kept = (one, who, _SHA256, tlv(_WITHIN, told), _SIGNED_WITH, tlv(OCTETS, signature), *above)
    signer = tlv(SET, tlv(SEQUENCE, *kept))
    body = (one, tlv(SET, _SHA256), tlv(SEQUENCE, _DATA), tlv(_WITHIN, certificate.raw), signer)
    return tlv(SEQUENCE, _SIGNED_DATA, tlv(_WITHIN, tlv(SEQUENCE, *body)))


def _taken_apart(raw: bytes) -> _Parts:
    """Return certificate, time, signature and token of a signature file; whether all else is right is seen later."""
    held = only(only(raw).parts()[1].body).parts()
    signer = only(held[-1].body).parts()
    times = [one.parts()[1] for one in signer[3].parts(_WITHIN) if one.parts()[0].raw == _TIME]
    above = only(signer[6].body).parts()[1].body if len(signer) > 6 else b""
    return _Parts(
        parse_certificate(held[3].body), only(times[0].body, times[0].body[0]), signer[5].body, above
    )


def _timed(token: bytes, signature: bytes, authorities: Sequence[Certificate]) -> Stamped:
    """Return what the time-stamp over a signature says.

    It must hold under its own certificate whoever that is, and lead to the reader's authorities if there are any.
    """
    answer = tlv(SEQUENCE, tlv(SEQUENCE, tlv(INTEGER, b"\0")), token)
    found = parse_response(answer)
    held = only(only(token).parts()[1].body).parts()
    signer = found.signer.parts()
    parameters = [one.raw for one in signer[4].parts()[1:]]
    # A token may hold what nobody signed (more certificates, lists, attributes): a place for bytes that mean nothing.
    whole = [one.tag for one in held] == [INTEGER, SET, SEQUENCE, _WITHIN, SET]
    whole = whole and [one.tag for one in signer] == [INTEGER, SEQUENCE, SEQUENCE, _WITHIN, SEQUENCE, OCTETS]
    if not whole or len(found.certificates) != 1 or parameters not in ([], [b"\x05\0"]):
        raise Malformed("The time-stamp holds more, or less, than its signer's certificate and signature.")
    imprint = hashlib.sha256(signature).digest()
    return verify_timestamp(answer, imprint, authorities or found.certificates, found.certificates)
