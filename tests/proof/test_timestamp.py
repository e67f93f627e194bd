"""Time-stamps: read and verified in plain Python, alike with other people's programs, and bad ones refused."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import core, tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from rfc3161_client import VerifierBuilder, decode_timestamp_response
from rfc3161_client.errors import VerificationError
from tests.proof.stamped import (
    CA,
    IMPRINT,
    MESSAGE,
    NOON,
    OTHER,
    ROOT,
    SIGNER,
    STAMPING,
    certificate,
    der,
    pem,
    response,
    usage,
)

from muniment.proof.der import only
from muniment.proof.errors import Malformed
from muniment.proof.publickey import Unknown
from muniment.proof.timestamp import LARGEST_TOKEN, parse_response, verify_timestamp
from muniment.proof.x509 import LARGEST_CHAIN, parse_certificate, parse_certificates

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "time-stamps.json"


def verified(raw, root=ROOT, others=(), imprint=IMPRINT):
    return verify_timestamp(
        raw, imprint, parse_certificates(pem(root)), [parse_certificate(der(o)) for o in others]
    )


def refused(raw, match, kind=Malformed, **given):
    with pytest.raises(kind, match=match):
        verified(raw, **given)


def test_a_good_time_stamp_says_when_and_by_whom():
    found = verified(response())
    assert (found.at, found.authority, found.root, found.test) == (NOON, "signer", "root", False)
    token = parse_response(response())
    assert (token.nonce, token.serial, token.policy, token.hashed_by) == (99, 5, "2.999.1", "sha256")


@pytest.mark.parametrize(
    ("key", "hashed", "algorithm", "name"),
    [
        (ec.generate_private_key(ec.SECP384R1()), hashes.SHA384(), "sha384_ecdsa", "sha384"),
        (rsa.generate_private_key(65537, 2048), hashes.SHA512(), "sha512_rsa", "sha512"),
        (rsa.generate_private_key(65537, 2048), hashes.SHA256(), "rsassa_pkcs1v15", "sha256"),
    ],
)
def test_the_usual_kinds_of_keys_are_checked_here(key, hashed, algorithm, name):
    signer = certificate(
        "signer", "root", (STAMPING, True), (usage(sign=True), True), key=key, signed_with=OTHER
    )
    raw = response(signer=signer, key=key, hashed=hashed, algorithm=algorithm, name=name)
    assert verified(raw).at == NOON
    assert VerifierBuilder(roots=[ROOT]).build().verify_message(decode_timestamp_response(raw), MESSAGE)


def test_a_chain_is_followed_and_the_signer_may_be_sent_beside():
    middle = certificate(
        "middle", "root", (x509.BasicConstraints(ca=True, path_length=0), True), signed_with=OTHER
    )
    own = certificate("own", "middle", (STAMPING, True), (usage(sign=True), True))
    raw = response(lambda parts: parts.update(certificates=None), signer=own)
    assert verified(raw, others=[middle, own]).root == "root"
    assert verified(response(signer=SIGNER), root=SIGNER).root == "signer"
    refused(raw, "missing", others=[middle])
    refused(raw, "does not lead", others=[own])


def test_what_is_bad_is_refused_with_its_reason():
    now = datetime(2031, 1, 1, tzinfo=UTC)

    def with_(**more):
        return response(lambda parts: parts.update(more))

    def info(**more):
        return response(lambda parts: parts["info"].update(more))

    def attribute(kind, values):
        return response(lambda parts: parts["attributes"].update({kind: values}))

    sha1 = hashlib.sha1(der(SIGNER)).digest()  # noqa: S324  # RFC 3161 names the certificate so
    refused(response(), "something else", imprint=b"x" * 32)
    refused(b"\x30" + b"x" * LARGEST_TOKEN, "too large")
    refused(b"", "not one element")
    refused(b"\x30\x00", "cannot be read")
    refused(response(status="rejection"), "did not grant")
    refused(with_(signers=2), "exactly one signer")
    refused(with_(certificates=None), "missing")
    refused(with_(digest=b"x" * 32), "not what was signed")
    refused(with_(sid={"subject_key_identifier": b"x"}), "not checked here", Unknown)
    refused(with_(name="sha1"), "not checked here", Unknown)
    refused(with_(named="sha512"), "other hashes")
    refused(with_(versions=("v1", "v1")), "other hashes")
    refused(with_(versions=("v3", "v3")), "another version")
    hashed = tsp.TimeStampResp.load(response())["time_stamp_token"]["content"]["digest_algorithms"][0].dump()
    refused(response().replace(hashed, hashed[:-2] + b"\x02\0", 1), "parameters")
    refused(with_(algorithm="sha256_dsa"), "not checked here", Unknown)
    refused(info(gen_time=now), "not valid at the time")
    refused(info(message_imprint={"hash_algorithm": {"algorithm": "sha1"}, "hashed_message": b"x"}), "else")
    refused(attribute("content_type", ["data"]), "did not sign")
    refused(
        attribute("signing_certificate_v2", [{"certs": [{"cert_hash": b"x" * 32}]}]), "another certificate"
    )
    unknown = {"hash_algorithm": {"algorithm": "sha1"}, "cert_hash": sha1}
    refused(attribute("signing_certificate_v2", [{"certs": [unknown]}]), "not checked here", Unknown)
    named = {"hash_algorithm": {"algorithm": "sha512"}, "cert_hash": hashlib.sha512(der(SIGNER)).digest()}
    assert verified(attribute("signing_certificate_v2", [{"certs": [named]}])).at == NOON

    def old(parts):
        del parts["attributes"]["signing_certificate_v2"]
        parts["attributes"]["signing_certificate"] = [{"certs": [{"cert_hash": sha1}]}]

    assert verified(response(old)).at == NOON
    refused(response(lambda parts: parts["attributes"].pop("signing_certificate_v2")), "cannot be read")
    refused(response(lambda parts: parts["attributes"].pop("content_type")), "of another kind")
    twice = {"type": "content_type", "values": ["tst_info"]}
    refused(with_(twice=[twice]), "stands twice")
    refused(response(key=OTHER), "signature of the time-stamp is not good")
    refused(response(), "does not lead", root=certificate("root", "root", CA))


def test_what_is_signed_must_be_a_time_stamp():
    good = response()
    tst = bytes.fromhex("060b2a864886f70d0109100104")
    refused(good.replace(tst, tst[:-1] + b"\x05", 1), "no time-stamp")
    signed = bytes.fromhex("06092a864886f70d010702")
    refused(good.replace(signed, signed[:-1] + b"\x03", 1), "not signed")
    info = tsp.TimeStampResp.load(good)["time_stamp_token"]["content"]["encap_content_info"][
        "content"
    ].contents
    refused(good.replace(info, info.replace(b"\x02\x01\x01", b"\x02\x01\x02", 1)), "another version")


def test_only_a_certificate_for_time_stamps_may_stamp():
    code = x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.CODE_SIGNING])
    for extensions in ([], [(STAMPING, False)], [(code, True)]):
        signer = certificate("signer", "root", *extensions, signed_with=OTHER)
        refused(response(signer=signer), "not one for time-stamps")
    signer = certificate("signer", "root", (STAMPING, True), (usage(), True), signed_with=OTHER)
    refused(response(signer=signer), "may not sign")
    strange = (x509.UnrecognizedExtension(x509.ObjectIdentifier("2.999.9"), b"\5\0"), True)
    signer = certificate("signer", "root", (STAMPING, True), strange, signed_with=OTHER)
    refused(response(signer=signer), "not known here")


def test_only_an_authority_may_stand_above():
    for extensions in (
        [],
        [(x509.BasicConstraints(ca=False, path_length=None), True)],
        [CA, (usage(sign=True), True)],
    ):
        middle = certificate("middle", "root", *extensions, signed_with=OTHER)
        own = certificate("own", "middle", (STAMPING, True))
        refused(response(signer=own), "may not sign any", others=[middle])
    narrow = certificate(
        "root", "root", (x509.BasicConstraints(ca=True, path_length=0), True), key=OTHER, signed_with=OTHER
    )
    middle = certificate("middle", "root", CA, (usage(certs=True), True), signed_with=OTHER)
    own = certificate("own", "middle", (STAMPING, True))
    refused(response(signer=own), "more authorities", others=[middle], root=narrow)
    assert verified(response(signer=own), others=[middle]).authority == "own"
    round_ = [certificate(f"m{at}", f"m{at + 1}", CA) for at in range(9)]
    own = certificate("own", "m0", (STAMPING, True))
    refused(response(signer=own), "does not lead", others=round_)


def test_a_test_authority_is_called_so():
    root = certificate(
        "Some Test Authority root", "Some Test Authority root", CA, key=OTHER, signed_with=OTHER
    )
    signer = certificate("clock", "Some Test Authority root", (STAMPING, True), signed_with=OTHER)
    assert verified(response(signer=signer), root=root).test


def test_files_of_certificates_are_read_or_refused():
    assert [one.called for one in parse_certificates(pem(ROOT, SIGNER))] == ["root", "signer"]
    assert parse_certificates(der(ROOT))[0].called == "root"
    for bad, why in (
        (b"", "no certificate"),
        (b"x" * (LARGEST_CHAIN + 1), "too large"),
        (b"\x30\x00", "cannot be read"),
        (b"-----BEGIN CERTIFICATE-----\nA===\n-----END CERTIFICATE-----", "cannot be read"),
    ):
        with pytest.raises(Malformed, match=why):
            parse_certificates(bad)


def test_a_certificate_of_version_one_has_no_extensions():
    body, *rest = only(der(certificate("plain", "plain"))).parts()
    held = b"".join(one.raw for one in body.parts()[1:])
    told = core.Sequence(
        contents=core.Sequence(contents=held).dump() + b"".join(one.raw for one in rest)
    ).dump()
    assert parse_certificate(told).extensions == {}


def test_two_hundred_mutations_of_a_good_one_are_refused_here_and_elsewhere():
    good = response()
    other = VerifierBuilder(roots=[ROOT], nonce=99).build()
    chance = random.Random(3161)  # which byte is changed is no secret
    refusals = 0
    for _ in range(300):
        at = chance.randrange(len(good))
        raw = good[:at] + bytes([good[at] ^ 1 << chance.randrange(8)]) + good[at + 1 :]
        try:
            held = verified(raw)
        except Malformed:
            refusals += 1
            continue
        # What is not covered by the signature (the status's text, unsigned fields) may change; what is said may not.
        assert (held.at, held.authority, held.test) == (NOON, "signer", False)
    assert refusals >= 200
    for cut in range(0, len(good), 40):
        with pytest.raises(Malformed):
            verified(good[:cut])
        with pytest.raises((ValueError, VerificationError)):
            other.verify_message(decode_timestamp_response(good[:cut]), MESSAGE)


def test_the_vectors_of_the_format_hold():
    told = json.loads(VECTORS.read_text())
    assert len(told["cases"]) >= 10
    for case in told["cases"]:
        raw, imprint = base64.b64decode(case["token"]), bytes.fromhex(case["imprint"])
        roots = parse_certificates("".join(told["certificates"][name] for name in case["roots"]).encode())
        if "refused" in case:
            with pytest.raises(Malformed, match=case["refused"]):
                verify_timestamp(raw, imprint, roots)
            continue
        held = verify_timestamp(raw, imprint, roots)
        assert (held.at.isoformat(), held.authority, held.test) == (
            case["at"],
            case["authority"],
            case["test"],
        )


FIXTURES = {
    "sigstage/response-sha256.tsr": "",
    "sigstage/response-sha384.tsr": "",
    "sigstage/response-sha512.tsr": "",
    "sigstage/response-no-embedded-cert.tsr": "",
    "sigstage/response-invalid-signature.tsr": "not good",
    "test_tsa/response.tsr": "",
    "test_tsa/other_response.tsr": "does not lead",
    "test_tsa/response-injected-certs.tsr": "",
    "sigstore.mock/response-expired.tsr": "",
    "identrust/issue-104.tsr": "",
}


@pytest.mark.parametrize("name", FIXTURES)
def test_official_tokens_are_judged_as_their_makers_judge_them(shared, name):
    path = shared / "vectors/rfc3161/test/fixtures" / name
    chain = parse_certificates((path.parent / "ts_chain.pem").read_bytes())
    roots = [one for one in chain if one.issuer == one.subject] or list(chain)
    raw = path.read_bytes()
    token = parse_response(raw)
    if FIXTURES[name]:
        with pytest.raises(Malformed, match=FIXTURES[name]):
            verify_timestamp(raw, token.imprint, roots, chain, token.hashed_by)
        return
    held = verify_timestamp(raw, token.imprint, roots, chain, token.hashed_by)
    assert held.at - token.at == timedelta()
    assert not held.test
