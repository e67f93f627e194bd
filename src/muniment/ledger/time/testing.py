"""A time-stamp authority of our own (RFC 3161), for tests and demonstrations, and labelled so wherever it shows.

Rules: its certificates say "test authority" in their subjects, so that no page, pack or verifier can take it for an
outside one; one signer certificate is embedded and the authority's root lies beside (a token with several
certificates that are not sorted as DER asks is refused by strict readers); it keeps nothing and signs any digest.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as certificates
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from muniment.spine import ports

#: What marks the subject of a certificate that nobody may take for an outside authority's.
MARK: Final = "test authority"
#: No policy at all stands behind it: an arc for examples (2.999, ITU-T X.660).
POLICY: Final = "2.999.3161"
LASTS: Final = timedelta(days=3650)
LARGEST: Final = 4096
GRANTED, REJECTED = "granted", "rejection"


@dataclass(frozen=True, slots=True)
class TestAuthority:
    """A time-stamp authority: its key, its certificate, and the root that signed it."""

    __test__ = False

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    root: x509.Certificate

    @property
    def root_pem(self) -> bytes:
        """The root's certificate, which is what installations are told to trust."""
        return self.root.public_bytes(Encoding.PEM)

    def to_pem(self) -> bytes:
        """Return key and certificates, to be kept by whoever runs it."""
        key = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return key + self.certificate.public_bytes(Encoding.PEM) + self.root_pem

    def answer(self, query: bytes, *, now: Callable[[], datetime] = ports.now) -> bytes:
        """Answer a request with a token, or say in the protocol's form that it is none."""
        try:
            asked = tsp.TimeStampReq.load(query[: LARGEST + 1], strict=True)
            imprint = asked["message_imprint"]
            if len(query) > LARGEST or asked["version"].native != "v1":
                raise ValueError
            if imprint["hash_algorithm"]["algorithm"].native != "sha256":
                return _refusal("bad_alg")
            if len(imprint["hashed_message"].native) != 32:
                raise ValueError
            told = self._told(asked, now())
        except (ValueError, TypeError, KeyError):
            return _refusal("bad_data_format")
        return bytes(tsp.TimeStampResp({"status": {"status": GRANTED}, "time_stamp_token": told}).dump())

    def _told(self, asked: tsp.TimeStampReq, at: datetime) -> cms.ContentInfo:
        given = {
            "version": "v1",
            "policy": asked["req_policy"].native or POLICY,
            "message_imprint": asked["message_imprint"],
            "serial_number": int.from_bytes(os.urandom(15), "big"),
            "gen_time": at.replace(microsecond=0),
            "accuracy": {"seconds": 1},
        }
        if asked["nonce"].native is not None:
            given["nonce"] = asked["nonce"].native
        info = tsp.TSTInfo(given).dump()
        own = certificates.Certificate.load(self.certificate.public_bytes(Encoding.DER))
        signed = cms.CMSAttributes(
            [
                {"type": "content_type", "values": ["tst_info"]},
                {"type": "signing_time", "values": [cms.Time({"utc_time": at.replace(microsecond=0)})]},
                {"type": "message_digest", "values": [hashlib.sha256(info).digest()]},
                {
                    "type": "signing_certificate_v2",
                    "values": [{"certs": [{"cert_hash": hashlib.sha256(own.dump()).digest()}]}],
                },
            ]
        )
        signer = {
            "version": "v1",
            "sid": {
                "issuer_and_serial_number": {"issuer": own.issuer, "serial_number": own.serial_number},
            },
            "digest_algorithm": {"algorithm": "sha256"},
            "signed_attrs": signed,
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": self.key.sign(signed.dump(), ec.ECDSA(hashes.SHA256())),
        }
        content = {
            "version": "v3",
            "digest_algorithms": [algos.DigestAlgorithm({"algorithm": "sha256"})],
            "encap_content_info": {
                "content_type": "tst_info",
                "content": core.ParsableOctetString(info),
            },
            "signer_infos": [signer],
        }
        if asked["cert_req"].native:
            content["certificates"] = [own]
        return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(content)})


def _refusal(why: str) -> bytes:
    # The library asks for a token here, which a refusal has not (RFC 3161, 2.4.2).
    told = tsp.PKIStatusInfo({"status": REJECTED, "fail_info": {why}}).dump()
    return bytes([0x30, len(told)]) + bytes(told)


def new_authority(now: datetime, *, name: str = "Muniment") -> TestAuthority:
    """Make a test authority: a root and, below it, a certificate that may do nothing but stamp (RFC 3161, 2.3)."""
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    top = _name(f"{name} {MARK} root")
    begin, end = now - timedelta(days=1), now + LASTS
    root = (
        x509.CertificateBuilder(top, top, root_key.public_key(), _serial(), begin, end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(keys=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    own = (
        x509.CertificateBuilder(top, _name(f"{name} {MARK}"), key.public_key(), _serial(), begin, end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(keys=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False
        )
        .sign(root_key, hashes.SHA256())
    )
    return TestAuthority(key, own, root)


def authority_from_pem(pem: bytes) -> TestAuthority:
    """Read a test authority that :meth:`TestAuthority.to_pem` wrote.

    :raises ValueError: when it is none.
    """
    own, root = x509.load_pem_x509_certificates(pem)
    key = load_pem_private_key(pem, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("not a key of a test authority")  # noqa: TRY004  # told like every other unfit file
    return TestAuthority(key, own, root)


def is_test(subject: str) -> bool:
    """Say whether the subject of a certificate says that a test authority stands behind it."""
    return MARK in subject.casefold()


def _serial() -> int:
    return x509.random_serial_number()


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Muniment"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _usage(*, keys: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not keys,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=keys,
        crl_sign=keys,
        encipher_only=False,
        decipher_only=False,
    )
