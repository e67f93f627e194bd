"""Makes time-stamps and certificates of every kind, good and bad, for the tests of their reader."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from asn1crypto import cms, core, tsp
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
STAMPING = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
MESSAGE = b"log.example/one\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
IMPRINT = hashlib.sha256(MESSAGE).digest()
P256 = ec.generate_private_key(ec.SECP256R1())
OTHER = ec.generate_private_key(ec.SECP256R1())


def usage(*, sign: bool = False, certs: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=sign,
        content_commitment=False,
        key_encipherment=not sign and not certs,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certs,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def called(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def certificate(
    name: str,
    by: str,
    *extensions: tuple[x509.ExtensionType, bool],
    key: Any = P256,
    signed_with: Any = P256,
    hashed: Any = None,
    days: tuple[datetime, datetime] = (NOON - timedelta(days=1), NOON + timedelta(days=400)),
) -> x509.Certificate:
    """Make a certificate; extensions come with whether they are critical."""
    built = x509.CertificateBuilder(
        called(by), called(name), key.public_key(), len(name) * 1000 + len(by) + 7, *days
    )
    for extension, critical in extensions:
        built = built.add_extension(extension, critical=critical)
    return built.sign(signed_with, hashed or hashes.SHA256())


CA = (x509.BasicConstraints(ca=True, path_length=None), True)
ROOT = certificate("root", "root", CA, (usage(certs=True), True), key=OTHER, signed_with=OTHER)
SIGNER = certificate("signer", "root", (STAMPING, True), (usage(sign=True), True), signed_with=OTHER)


def der(one: x509.Certificate) -> bytes:
    return one.public_bytes(Encoding.DER)


def pem(*held: x509.Certificate) -> bytes:
    return b"".join(one.public_bytes(Encoding.PEM) for one in held)


def sign(key: Any, hashed: Any, message: bytes) -> bytes:
    """Sign as the kind of the key does."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, padding.PKCS1v15(), hashed)
    return bytes(key.sign(message, ec.ECDSA(hashed)))


def response(
    change: Callable[[dict[str, Any]], None] = lambda _: None,
    *,
    signer: x509.Certificate = SIGNER,
    key: Any = P256,
    hashed: Any = None,
    algorithm: str = "sha256_ecdsa",
    name: str = "sha256",
    status: str = "granted",
) -> bytes:
    """Make an answer of an authority; ``change`` sees its parts before they are signed and put together."""
    own = asn1.Certificate.load(der(signer))
    info = {
        "version": "v1",
        "policy": "2.999.1",
        "message_imprint": {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": IMPRINT},
        "serial_number": 5,
        "gen_time": NOON,
        "nonce": 99,
    }
    parts: dict[str, Any] = {
        "info": info,
        "attributes": {
            "content_type": ["tst_info"],
            "signing_certificate_v2": [{"certs": [{"cert_hash": hashlib.sha256(own.dump()).digest()}]}],
        },
        "twice": [],
        "digest": None,
        "certificates": [own],
        "sid": {"issuer_and_serial_number": {"issuer": own.issuer, "serial_number": own.serial_number}},
        "name": name,
        "named": "",
        "versions": ("v3", "v1"),
        "algorithm": algorithm,
        "what": "tst_info",
        "kind": "signed_data",
        "signers": 1,
    }
    change(parts)
    told = tsp.TSTInfo(parts["info"]).dump()
    digest = parts["digest"] or hashlib.new(name, told).digest()
    listed = [{"type": kind, "values": values} for kind, values in parts["attributes"].items()]
    listed.append({"type": "message_digest", "values": [digest]})
    attributes = cms.CMSAttributes([*listed, *parts["twice"]])
    one = {
        "version": parts["versions"][1],
        "sid": parts["sid"],
        "digest_algorithm": {"algorithm": parts["name"]},
        "signed_attrs": attributes,
        "signature_algorithm": {"algorithm": parts["algorithm"]},
        "signature": sign(key, hashed or hashes.SHA256(), attributes.dump()),
    }
    content: dict[str, Any] = {
        "version": parts["versions"][0],
        "digest_algorithms": [{"algorithm": parts["named"] or parts["name"]}],
        "encap_content_info": {"content_type": parts["what"], "content": core.ParsableOctetString(told)},
        "signer_infos": [one] * parts["signers"],
    }
    if parts["certificates"]:
        content["certificates"] = parts["certificates"]
    wrapped = cms.ContentInfo({"content_type": parts["kind"], "content": cms.SignedData(content)})
    return bytes(tsp.TimeStampResp({"status": {"status": status}, "time_stamp_token": wrapped}).dump())
