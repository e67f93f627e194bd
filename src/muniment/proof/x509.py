"""Reads certificates (RFC 5280) as far as a time-stamp needs it, and builds the chain from a signer to a root.

Rules: a root is trusted because somebody named it, so only its name, key and days count; each certificate below is
signed by the one above and valid at the time that is asked about; extensions that are critical and not known refuse.
No revocation is looked up: that would need a network, and a token outlives the lists.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from muniment.proof.der import BOOLEAN, OCTETS, SEQUENCE, Node, only
from muniment.proof.errors import Malformed
from muniment.proof.publickey import verify_signature

LARGEST_CHAIN = 64 * 1024
#: Of a file that holds those of several authorities.
LARGEST_CHAINS = 4 * LARGEST_CHAIN
_LONGEST = 6
_USAGE, _CONSTRAINTS, _PURPOSE = "2.5.29.15", "2.5.29.19", "2.5.29.37"
#: Critical extensions that are read here; policies (2.5.29.32) name rules for people.
_KNOWN = {_USAGE, _CONSTRAINTS, _PURPOSE, "2.5.29.32"}
_STAMPING = "1.3.6.1.5.5.7.3.8"
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")


@dataclass(frozen=True)
class Certificate:
    """A certificate taken apart.

    :param names: issuer and subject, to the byte. :param days: from when and until when it is valid.
    :param key: SubjectPublicKeyInfo. :param extensions: by identifier, whether critical and what it says.
    """

    raw: bytes
    signed: bytes
    algorithm: str
    signature: bytes
    serial: int
    issuer: bytes
    subject: bytes
    days: tuple[datetime, datetime]
    key: bytes
    extensions: dict[str, tuple[bool, bytes]]

    @property
    def called(self) -> str:
        """The subject in words: its texts, the last one (the common name, mostly) first."""
        texts = [part.parts()[1].body for one in only(self.subject).parts() for part in one.parts(0x31)]
        return ", ".join(text.decode("utf-8", "replace") for text in reversed(texts))

    def require_valid(self, at: datetime) -> None:
        """Make sure that it was valid then and says nothing that is not understood.

        :raises Malformed: when not.
        """
        if not self.days[0] <= at <= self.days[1]:
            raise Malformed("A certificate was not valid at the time of the time-stamp.", where=self.called)
        if any(critical and name not in _KNOWN for name, (critical, _) in self.extensions.items()):
            raise Malformed(
                "A certificate has a critical extension that is not known here.", where=self.called
            )

    def require_stamping(self) -> None:
        """Make sure that its key may stamp time and nothing else (RFC 3161, 2.3).

        :raises Malformed: when not.
        """
        critical, told = self.extensions.get(_PURPOSE, (False, b""))
        if not critical or [one.name() for one in only(told).parts()] != [_STAMPING]:
            raise Malformed("The signer's certificate is not one for time-stamps.", where=self.called)
        if not self._may(0xC0):
            raise Malformed("The signer's key may not sign.", where=self.called)

    def require_authority(self, below: int) -> None:
        """Make sure that its key may sign certificates, with so many authorities below it.

        :raises Malformed: when not.
        """
        _, told = self.extensions.get(_CONSTRAINTS, (False, b"\x30\x00"))
        said = only(told).parts()
        if not said or said[0].want(BOOLEAN).body != b"\xff" or not self._may(0x04):
            raise Malformed("A certificate is signed by one that may not sign any.", where=self.called)
        if len(said) > 1 and said[1].number() < below:
            raise Malformed("There are more authorities than a certificate allows.", where=self.called)

    def _may(self, use: int) -> bool:
        """Return whether one of these uses of the key is allowed; bits of the first byte (RFC 5280, 4.2.1.3)."""
        if _USAGE not in self.extensions:
            return True
        return bool(only(self.extensions[_USAGE][1], 0x03).body[1:2].ljust(1, b"\0")[0] & use)


def parse_certificate(raw: bytes) -> Certificate:
    """Read a certificate.

    :raises Malformed: when it is none.
    """
    try:
        body, algorithm, signature = only(raw).parts()
        held = body.parts()
        # Version 1 has no field for its version and no extensions.
        fields = held[1:] if held[0].tag == 0xA0 else held
        first, last = fields[3].parts()
        extra = [part for one in fields[6:] if one.tag == 0xA3 for part in only(one.body).parts()]
        return Certificate(
            raw=raw,
            signed=body.raw,
            algorithm=algorithm.parts()[0].name(),
            signature=signature.bits(),
            serial=fields[0].number(),
            issuer=fields[2].want(SEQUENCE).raw,
            subject=fields[4].want(SEQUENCE).raw,
            days=(first.time(), last.time()),
            key=fields[5].want(SEQUENCE).raw,
            extensions=dict(_extension(one) for one in extra),
        )
    except (ValueError, IndexError):
        raise Malformed("A certificate cannot be read.") from None


def _extension(node: Node) -> tuple[str, tuple[bool, bytes]]:
    name, *rest = node.parts()
    return name.name(), (len(rest) == 2 and rest[0].body == b"\xff", rest[-1].want(OCTETS).body)


def parse_certificates(pem: bytes, largest: int = LARGEST_CHAIN) -> tuple[Certificate, ...]:
    """Read the certificates of a PEM file, or the one of a DER file.

    :param largest: how many bytes there may be.
    :raises Malformed: when there is none, or one cannot be read.
    """
    if len(pem) > largest:
        raise Malformed("A file of certificates is too large.")
    if pem.startswith(b"\x30"):
        return (parse_certificate(pem),)
    try:
        found = [base64.b64decode(b"".join(one.split()), validate=True) for one in _PEM.findall(pem)]
    except ValueError:
        raise Malformed("A file of certificates cannot be read.") from None
    if not found:
        raise Malformed("There is no certificate in the file.")
    return tuple(parse_certificate(one) for one in found)


def require_chain(
    signer: Certificate, others: Sequence[Certificate], roots: Sequence[Certificate], at: datetime
) -> Certificate:
    """Return the root that a signer's certificate leads to.

    :param others: certificates that may stand between; they are trusted only as far as they are signed.
    :raises Malformed: when it leads to none of the roots, or a certificate on the way does not hold.
    :raises Unknown: for a signature of a kind that is not checked here.
    """
    held = signer
    for below in range(_LONGEST):
        held.require_valid(at)
        for root in roots:
            if root.raw == held.raw:
                return root
        above = [one for one in (*roots, *others) if one.subject == held.issuer and _signed_by(held, one)]
        if not above:
            break
        held = above[0]
        held.require_authority(below)
    raise Malformed("The certificate does not lead to an authority that is trusted.", where=signer.called)


def _signed_by(one: Certificate, above: Certificate) -> bool:
    return verify_signature(above.key, one.algorithm, "", one.signature, one.signed)
