"""Reads and verifies time-stamps (RFC 3161) in plain Python: token, signature, certificate, chain.

Rules (``docs/formats/time-stamps.md``): exactly one signer, by name and number of its certificate; its signature covers
kind, digest and certificate of what was signed (RFC 5652, 5.4; RFC 5816); the imprint is SHA-256; trusted is only a
root that somebody named apart from the token. Who speaks for a test authority is called so whatever else holds.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from muniment.proof.der import INTEGER, OCTETS, SEQUENCE, SET, Node, only
from muniment.proof.errors import Malformed
from muniment.proof.publickey import HASHES, Unknown, verify_signature
from muniment.proof.x509 import Certificate, parse_certificate, require_chain

LARGEST_TOKEN = 64 * 1024
#: What marks the subject of a certificate that is no outside authority's.
TEST_MARK = "test authority"
_SIGNED_DATA, _TST_INFO = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE, _DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
_CERTIFICATE, _CERTIFICATE_2 = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"


@dataclass(frozen=True)
class Token:
    """A time-stamp taken apart; nothing of it is believed yet.

    :param hashed_by: name of the imprint's hash. :param at: the time that it states, in UTC.
    :param nonce: what the request asked it to repeat, or None. :param info: what is signed, to the byte.
    """

    hashed_by: str
    imprint: bytes
    at: datetime
    policy: str
    serial: int
    nonce: int | None
    info: bytes
    certificates: tuple[Certificate, ...]
    signer: Node


@dataclass(frozen=True)
class Stamped:
    """What a verified time-stamp proves: that the digest was there at this time, as this authority says.

    :param authority: subject of the certificate that signed. :param test: whether that is a test authority.
    """

    at: datetime
    authority: str
    root: str
    test: bool


def parse_response(raw: bytes) -> Token:
    """Read what a time-stamp authority answered (a ``.tsr`` file).

    :raises Malformed: when it is no answer that grants a token, or the token cannot be read.
    """
    if len(raw) > LARGEST_TOKEN:
        raise Malformed("A time-stamp is too large.")
    try:
        status, *token = only(raw).parts()
        if status.parts()[0].number() != 0 or len(token) != 1:
            raise Malformed("The authority did not grant a time-stamp.")
        return _token(token[0])
    except Malformed:
        raise
    except (ValueError, IndexError):
        raise Malformed("A time-stamp cannot be read.") from None


def _token(node: Node) -> Token:
    kind, content = node.parts()
    if kind.name() != _SIGNED_DATA:
        raise Malformed("A time-stamp is not signed.")
    version, hashes, wrapped, *rest = only(content.want(0xA0).body).parts()
    what, held = wrapped.parts()
    if what.name() != _TST_INFO:
        raise Malformed("What is signed is no time-stamp.")
    signers = rest[-1].parts(SET)
    if len(signers) != 1:
        raise Malformed("A time-stamp has exactly one signer.")
    if version.number() != 3 or [_hash(one) for one in hashes.parts(SET)] != [_hash(signers[0].parts()[2])]:
        raise Malformed("A time-stamp names other hashes than its signer's.")
    embedded = [part for one in rest[:-1] if one.tag == 0xA0 for part in Node(SET, one.body, b"").parts(SET)]
    info = only(held.want(0xA0).body, OCTETS).body
    told, policy, imprint, serial, at, *more = only(info).parts()
    hashed, digest = imprint.parts()
    if told.number() != 1:
        raise Malformed("A time-stamp is of another version.")
    return Token(
        hashed_by=HASHES.get(hashed.parts()[0].name(), ""),
        imprint=digest.want(OCTETS).body,
        at=at.time(),
        policy=policy.name(),
        serial=serial.number(),
        nonce=next((one.number() for one in more if one.tag == INTEGER), None),
        info=info,
        certificates=tuple(parse_certificate(one.raw) for one in embedded if one.tag == SEQUENCE),
        signer=signers[0],
    )


def _hash(node: Node) -> str:
    """Return the identifier of a hash that has no parameters, written or not (RFC 5754, 2)."""
    name, *rest = node.parts()
    if [one.raw for one in rest] not in ([], [b"\x05\0"]):
        raise Malformed("A hash of a time-stamp has parameters.")
    return name.name()


def verify_timestamp(
    raw: bytes,
    imprint: bytes,
    roots: Sequence[Certificate],
    others: Sequence[Certificate] = (),
    hashed_by: str = "sha256",
) -> Stamped:
    """Return when something was there at the latest, as a trusted authority says.

    :param imprint: digest of what was time-stamped, SHA-256 unless it is said.
    :param roots: certificates of trusted authorities.
    :param others: certificates that may stand between signer and root, or the signer's own.
    :raises Malformed: when the time-stamp does not hold, is about something else, or leads to no trusted root.
    :raises Unknown: when it depends on an algorithm that is not known here.
    """
    token = parse_response(raw)
    if token.hashed_by != hashed_by or not hmac.compare_digest(token.imprint, imprint):
        raise Malformed("The time-stamp is about something else.")
    try:
        signer = _signed(token, others)
        root = require_chain(signer, (*token.certificates, *others), roots, token.at)
        signer.require_stamping()
    except Malformed:
        raise
    except (ValueError, IndexError):
        raise Malformed("A time-stamp cannot be read.") from None
    test = any(TEST_MARK in one.called.casefold() for one in (signer, root))
    return Stamped(token.at, signer.called, root.called, test)


def _signed(token: Token, others: Sequence[Certificate]) -> Certificate:
    """Return the certificate under which the token is signed."""
    version, who, hashed, attributes, algorithm, signature, *_ = token.signer.parts()
    hashed_by = HASHES.get(_hash(hashed), "")
    if not hashed_by or who.tag != SEQUENCE:
        raise Unknown("A time-stamp is signed in a way that is not checked here.")
    if version.number() != 1:
        raise Malformed("A time-stamp's signer is of another version.")
    issuer, serial = who.parts()
    mine = [
        one
        for one in (*token.certificates, *others)
        if (one.issuer, one.serial) == (issuer.raw, serial.number())
    ]
    if not mine:
        raise Malformed("The certificate of the time-stamp's signer is missing.")
    told = _attributes(attributes)
    if told.get(_CONTENT_TYPE, _NOTHING).name() != _TST_INFO:
        raise Malformed("The signer did not sign a time-stamp.")
    digest = hashlib.new(hashed_by, token.info).digest()
    if not hmac.compare_digest(told.get(_DIGEST, _NOTHING).want(OCTETS).body, digest):
        raise Malformed("What the time-stamp says is not what was signed.")
    _require_named(told, mine[0])
    signed = bytes([SET]) + attributes.raw[1:]
    if not verify_signature(
        mine[0].key, algorithm.parts()[0].name(), hashed_by, signature.want(OCTETS).body, signed
    ):
        raise Malformed("The signature of the time-stamp is not good.")
    return mine[0]


_NOTHING = Node(SEQUENCE, b"", b"\x30\x00")


def _attributes(node: Node) -> dict[str, Node]:
    """Return the signed attributes by kind; each stands once and has one value (RFC 5652, 11)."""
    told: dict[str, Node] = {}
    for one in node.parts(0xA0):
        kind, values = one.parts()
        held = values.parts(SET)
        if kind.name() in told or len(held) != 1:
            raise Malformed("A signed attribute stands twice.")
        told[kind.name()] = held[0]
    return told


def _require_named(told: dict[str, Node], mine: Certificate) -> None:
    """Make sure that the signer named the certificate, so that no other one of the same key can be put there."""
    if _CERTIFICATE_2 in told:
        first = told[_CERTIFICATE_2].parts()[0].parts()[0].parts()
        named_by = HASHES.get(first[0].parts()[0].name(), "") if first[0].tag == SEQUENCE else "sha256"
        hashed = first[1] if first[0].tag == SEQUENCE else first[0]
    else:
        hashed = told.get(_CERTIFICATE, _NOTHING).parts()[0].parts()[0].parts()[0]
        named_by = "sha1"
    if not named_by:
        raise Unknown("A time-stamp names its certificate in a way that is not checked here.")
    found = hashlib.new(
        named_by, mine.raw
    ).digest()  # SHA-1 is what RFC 3161 asks for; the chain is checked too
    if not hmac.compare_digest(hashed.want(OCTETS).body, found):
        raise Malformed("The time-stamp was signed under another certificate.")
