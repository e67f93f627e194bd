"""Seals a proofpack: a detached CAdES signature (B-B or B-T) over its list of members, and the key for it.

Rules (``docs/formats/container.md``, 11 to 17): P-256 with SHA-256, deterministic (RFC 6979) and with the smaller of
the two possible values; the certificate is made by ourselves and trusted by its fingerprint, as it says nothing that
an outside authority has looked into. The time-stamp comes from a function that is passed in; nothing here has a clock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from asn1crypto import algos, cms, tsp
from asn1crypto import x509 as certificates
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from muniment.proof.errors import Malformed
from muniment.proof.publickey import CURVES
from muniment.proof.timestamp import parse_response

LASTS = timedelta(days=3650)
_LONGEST_NAME = 64
_ORDER = CURVES["1.2.840.10045.3.1.7"].n
#: Without parameters, as RFC 5754 asks of who writes; the library would write empty ones.
_SHA256 = bytes.fromhex("300b0609608648016503040201")
_SIGNED_PARTS = (
    "version",
    "sid",
    "digest_algorithm",
    "signed_attrs",
    "signature_algorithm",
    "signature",
)
#: Takes the bytes that are to be stamped and gives the authority's answer (RFC 3161, a ``.tsr`` file).
Stamper = Callable[[bytes], bytes]


@dataclass(frozen=True)
class PackSigner:
    """The key that packs are signed with, and the certificate that names who holds it."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate in hex: what a recipient is told in person."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    def certificate_pem(self) -> bytes:
        """Return the certificate, for whoever is to verify with other programs."""
        return self.certificate.public_bytes(Encoding.PEM)

    def to_pem(self) -> bytes:
        """Return key and certificate, to be kept where keys are kept."""
        key = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return key + self.certificate_pem()


def new_pack_signer(name: str, now: datetime, *, lasts: timedelta = LASTS) -> PackSigner:
    """Make a key and a certificate for the firm of this name.

    :raises Malformed: when the name cannot stand in a certificate.
    """
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise Malformed(f"The name of a signer has 1 to {_LONGEST_NAME} printable letters.")
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    begin = now.replace(microsecond=0) - timedelta(days=1)
    made = (
        x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number(), begin, begin + lasts)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256(), ecdsa_deterministic=True)
    )
    return PackSigner(key, made)


def pack_signer_from_pem(pem: bytes) -> PackSigner:
    """Read what :meth:`PackSigner.to_pem` wrote.

    :raises Malformed: when it is no P-256 key with its certificate.
    """
    try:
        key, held = load_pem_private_key(pem, None), x509.load_pem_x509_certificate(pem)
    except (ValueError, TypeError):
        raise Malformed("This is no key that packs are signed with.") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise Malformed("This is no key that packs are signed with.")
    if held.public_key() != key.public_key():
        raise Malformed("The certificate is not the one of the key.")
    return PackSigner(key, held)


def seal(listed: bytes, signer: PackSigner, at: datetime, stamp: Stamper | None = None) -> bytes:
    """Return the signature file over the list of a pack's members.

    :param at: the time by the signer's clock. :param stamp: asks a time-stamp authority; without it the level is B-B.
    :raises Malformed: when the authority's answer is no time-stamp, or the key is of another kind.
    """
    if not isinstance(signer.key.curve, ec.SECP256R1):
        raise Malformed("This is no key that packs are signed with.")
    own = certificates.Certificate.load(signer.certificate.public_bytes(Encoding.DER))
    told = cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["data"]},
            {"type": "message_digest", "values": [hashlib.sha256(listed).digest()]},
            {"type": "signing_time", "values": [_time(at)]},
            {
                "type": "signing_certificate_v2",
                "values": [{"certs": [{"cert_hash": hashlib.sha256(own.dump()).digest()}]}],
            },
        ]
    )
    signature = _signature(signer.key, told.dump())
    one = {
        "version": "v1",
        "sid": {"issuer_and_serial_number": {"issuer": own.issuer, "serial_number": own.serial_number}},
        "digest_algorithm": algos.DigestAlgorithm.load(_SHA256),
        "signed_attrs": told,
        "signature_algorithm": {"algorithm": "sha256_ecdsa"},
        "signature": signature,
    }
    if stamp is not None:
        token = _token(stamp(signature))
        one["unsigned_attrs"] = [{"type": "signature_time_stamp_token", "values": [token]}]
    content = {
        "version": "v1",
        "digest_algorithms": [algos.DigestAlgorithm.load(_SHA256)],
        "encap_content_info": {"content_type": "data"},
        "certificates": [own],
        "signer_infos": [one],
    }
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(content)}).dump())


def _signature(key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    r, s = utils.decode_dss_signature(
        key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    )
    return utils.encode_dss_signature(r, min(s, _ORDER - s))


def _time(at: datetime) -> cms.Time:
    """Return a moment in the form that its year asks for (RFC 5652, 11.3)."""
    last_of_two_digits = 2049
    kind = "utc_time" if at.year <= last_of_two_digits else "generalized_time"
    return cms.Time({kind: at.replace(microsecond=0)})


def _token(answer: bytes) -> cms.ContentInfo:
    """Return the token of an answer with its signer's certificate alone; a chain belongs into the pack's payload."""
    found = parse_response(answer)
    token = tsp.TimeStampResp.load(answer)["time_stamp_token"]
    issuer, serial = found.signer.parts()[1].parts()
    mine = [
        one.raw for one in found.certificates if (one.issuer, one.serial) == (issuer.raw, serial.number())
    ]
    if not mine:
        raise Malformed("The time-stamp does not hold its signer's certificate.")
    content = token["content"]
    kept = {name: content[name] for name in ("version", "digest_algorithms", "encap_content_info")}
    kept["certificates"] = [certificates.Certificate.load(mine[0])]
    kept["signer_infos"] = [
        cms.SignerInfo({name: content["signer_infos"][0][name] for name in _SIGNED_PARTS})
    ]
    return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(kept)})
