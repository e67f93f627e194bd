"""The seal: who signed, when at the latest, and that no other signature file says the same."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding
from tests.proof.boxed import (
    AUTHORITY,
    NOON,
    ROOTS,
    SIGNER,
    STRANGER,
    boxed,
    opened,
    relisted,
    resealed,
    rezipped,
    stamper,
    verified,
)

from muniment.ledger.time.testing import new_authority
from muniment.packs.formats.seal import PackSigner, new_pack_signer, pack_signer_from_pem, seal
from muniment.proof.container import bag
from muniment.proof.container.seal import put_together, signed_attributes, tlv
from muniment.proof.container.zipped import ASIC, BAG_INFO, SIGNATURE, TAGS
from muniment.proof.der import only, read_der
from muniment.proof.errors import Malformed
from muniment.proof.publickey import CURVES
from muniment.proof.x509 import parse_certificate, parse_certificates

GOOD = boxed()
HELD = opened(GOOD)
P7S = HELD[SIGNATURE]
ORDER = CURVES["1.2.840.10045.3.1.7"].n


def refused(raw: bytes, words: str, where: str = SIGNATURE, **also: object) -> None:
    with pytest.raises(Malformed, match=words) as why:
        verified(raw, **also)  # type: ignore[arg-type]  # signers and authorities as they come
    assert why.value.where == where


SIGNED = (1, 0)
SIGNERS = (*SIGNED, 4)
SIGNER_ONE = (*SIGNERS, 0)
UNSIGNED = (*SIGNER_ONE, 6)
TOKEN = (*UNSIGNED, 0, 1, 0)


def edited(raw: bytes, path: tuple[int, ...], change: Callable[[bytes], bytes]) -> bytes:
    """Return DER with the element at this place changed; all lengths around it follow."""
    if not path:
        return change(raw)
    whole = only(raw, raw[0])
    parts = [one.raw for one in read_der(whole.body)]
    parts[path[0]] = edited(parts[path[0]], path[1:], change)
    return tlv(whole.tag, *parts)


def part(raw: bytes, path: tuple[int, ...]) -> bytes:
    """Return the element at this place."""
    for at in path:
        raw = read_der(only(raw, raw[0]).body)[at].raw
    return raw


def with_also(*more: bytes) -> Callable[[bytes], bytes]:
    """Return what puts elements behind those that an element holds."""
    return lambda raw: tlv(raw[0], only(raw, raw[0]).body, *more)


def test_a_good_seal_says_who_and_when() -> None:
    found = verified(GOOD)
    assert found.fingerprint == SIGNER.fingerprint
    assert (found.known, found.judged) == (True, True)
    assert found.certificate.called == "Example Pay"
    assert found.claimed == NOON
    assert found.stamped is not None
    assert found.stamped.at == NOON
    assert found.stamped.test
    assert (found.about.level, found.about.made) == (bag.STAMPED, "2026-11-22")


def test_a_reader_who_named_nobody_is_told_so() -> None:
    found = verified(GOOD, (), ())
    assert (found.known, found.judged) == (False, False)
    assert found.stamped is not None


def test_a_pack_without_a_time_stamp_says_so_itself() -> None:
    found = verified(boxed(stamp=None))
    assert (found.about.level, found.stamped, found.judged) == (bag.UNSTAMPED, None, False)


def test_a_time_stamp_cannot_be_taken_away_or_put_there() -> None:
    bare = edited(P7S, UNSIGNED, lambda _: b"")
    refused(resealed(HELD, lambda _: bare), "taken away")
    without = opened(boxed(stamp=None))
    assert verified(rezipped(without)).stamped is None
    stamped = edited(without[SIGNATURE], SIGNER_ONE, with_also(part(P7S, UNSIGNED)))
    refused(resealed(without, lambda _: stamped), "put there")


def test_somebody_elses_signature_is_refused_by_who_named_the_signer_only() -> None:
    theirs = boxed(signer=STRANGER)
    assert verified(theirs, ()).certificate.called == "Harbour Lending"
    refused(theirs, "somebody else")
    refused(resealed(HELD, lambda _: seal(HELD[ASIC], STRANGER, NOON, stamper())), "somebody else")


def test_an_authority_that_the_reader_did_not_name_is_refused_by_who_named_others() -> None:
    other = new_authority(NOON, name="Other")
    theirs = boxed(stamp=stamper(other))
    assert verified(theirs, authorities=()).stamped is not None
    assert verified(theirs, authorities=parse_certificates(other.root_pem)).judged
    refused(theirs, "trusted")


def test_the_seal_and_the_time_of_another_pack_are_refused() -> None:
    other = opened(boxed(at=NOON + timedelta(minutes=1), made=NOON.date() + timedelta(days=1)))
    refused(resealed(HELD, lambda _: other[SIGNATURE]), "about other members")
    exchanged = edited(P7S, TOKEN, lambda _: part(other[SIGNATURE], TOKEN))
    refused(resealed(HELD, lambda _: exchanged), "something else")


def test_no_byte_of_the_seal_is_free() -> None:
    for at in range(3, len(P7S), 5):
        bent = P7S[:at] + bytes([P7S[at] ^ 1 << at % 8]) + P7S[at + 1 :]
        refused(resealed(HELD, lambda _, bent=bent: bent), ".")  # type: ignore[misc]  # the byte of this round
    for bent in (b"", b"\0", P7S[:-1], P7S + b"\0", b"\x30\x00", b"\x30\x80", P7S * 40):
        refused(resealed(HELD, lambda _, bent=bent: bent), ".")  # type: ignore[misc]  # the file of this round


def test_the_other_form_of_the_signature_is_refused_though_it_is_as_good() -> None:
    def turned(raw: bytes) -> bytes:
        r, s = utils.decode_dss_signature(only(raw, 4).body)
        assert s <= ORDER // 2
        return tlv(4, utils.encode_dss_signature(r, ORDER - s))

    bent = edited(P7S, (*SIGNER_ONE, 5), turned)
    refused(resealed(HELD, lambda _: bent), "only allowed form")


@pytest.mark.parametrize(
    ("path", "more"),
    [
        (SIGNERS, part(P7S, SIGNER_ONE)),
        ((*SIGNED, 3), STRANGER.certificate.public_bytes(Encoding.DER)),
        ((*SIGNED, 1, 0), b"\x05\0"),
        ((*SIGNED, 2), tlv(0xA0, tlv(4, HELD[ASIC]))),
        (UNSIGNED, part(P7S, (*UNSIGNED, 0))),
        ((*UNSIGNED, 0, 1), part(P7S, TOKEN)),
        ((*SIGNER_ONE, 4), b"\x05\0"),
        (SIGNED, tlv(0xA1)),
        ((), b"\x05\0"),
    ],
)
def test_a_seal_with_more_in_it_than_it_may_have_is_refused(path: tuple[int, ...], more: bytes) -> None:
    bent = edited(P7S, path, with_also(more))
    refused(resealed(HELD, lambda _: bent), ".")


ROOT = AUTHORITY.root.public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ((1, 0, 3), with_also(ROOT)),
        ((1, 0, 3), lambda _: b""),
        ((1, 0, 3), lambda raw: raw + tlv(0xA1)),
        ((1, 0, 4, 0), with_also(tlv(0xA1, tlv(0x30, bytes.fromhex("0603883701"), tlv(0x31, b"\x02\1\1"))))),
        ((1, 0, 4, 0, 4), with_also(b"\x01\x01\xff")),
    ],
)
def test_a_time_stamp_with_what_nobody_signed_is_refused(
    path: tuple[int, ...], change: Callable[[bytes], bytes]
) -> None:
    bent = edited(P7S, (*TOKEN, *path), change)
    refused(resealed(HELD, lambda _: bent), "holds more, or less")


def test_the_writer_takes_out_of_a_time_stamp_what_nobody_signed() -> None:
    def talkative(message: bytes) -> bytes:
        return edited(stamper()(message), (1, 1, 0, 3), with_also(ROOT))

    assert verified(boxed(stamp=talkative)).judged


def test_an_answer_that_is_no_time_stamp_stops_the_seal() -> None:
    with pytest.raises(Malformed):
        boxed(stamp=lambda _: b"\x30\x05\x30\x03\x02\x01\x02")
    with pytest.raises(Malformed, match="something else"):
        verified(boxed(stamp=lambda _: stamper()(b"another message")))

    def bare(message: bytes) -> bytes:
        return edited(stamper()(message), (1, 1, 0, 3), lambda _: b"")

    with pytest.raises(Malformed, match="signer's certificate"):
        boxed(stamp=bare)


def test_a_signer_whose_clock_is_ahead_of_the_authority_is_refused() -> None:
    assert verified(boxed(at=NOON + timedelta(minutes=5), made=NOON.date()))
    refused(boxed(at=NOON + timedelta(minutes=5, seconds=1), made=NOON.date()), "later time")


@pytest.mark.parametrize("off", [timedelta(days=-2), timedelta(days=4000)])
def test_a_certificate_that_was_not_valid_is_refused(off: timedelta) -> None:
    refused(boxed(stamp=None, at=NOON + off), "not valid")


def test_a_certificate_that_had_ended_when_it_was_stamped_is_refused() -> None:
    short = new_pack_signer("Short", NOON, lasts=timedelta(days=2))
    late = boxed(signer=short, stamp=stamper(at=NOON + timedelta(days=3)))
    refused(late, "not valid", signers=(short.fingerprint,))


def test_a_time_after_2049_is_written_in_its_own_form() -> None:
    far = datetime(2051, 1, 1, tzinfo=UTC)
    signer = new_pack_signer("Later", far)
    raw = boxed(signer=signer, stamp=None, at=far)
    assert b"20510101000000Z" in opened(raw)[SIGNATURE]
    assert verified(raw, (signer.fingerprint,)).claimed == far


def test_a_key_of_another_kind_is_refused() -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Other kind")])
    begin, end = NOON - timedelta(days=1), NOON + timedelta(days=9)
    made = x509.CertificateBuilder(name, name, key.public_key(), 7, begin, end).sign(key, hashes.SHA256())
    own = parse_certificate(made.public_bytes(Encoding.DER))
    told = signed_attributes(hashlib.sha256(HELD[ASIC]).digest(), tlv(0x17, b"261122120000Z"), own.raw)
    good = key.sign(tlv(0x31, told), ec.ECDSA(hashes.SHA256()))
    refused(resealed(HELD, lambda _: put_together(own, told, good, b"")), "not of the kind", signers=())
    other = PackSigner(key, made)
    with pytest.raises(Malformed, match="no key"):
        pack_signer_from_pem(other.to_pem())
    with pytest.raises(Malformed, match="no key"):
        seal(b"list", other, NOON)


def test_a_signature_that_is_not_the_keys_is_refused() -> None:
    other = PackSigner(STRANGER.key, SIGNER.certificate)
    refused(boxed(signer=other), "not good")
    with pytest.raises(Malformed, match="not the one of the key"):
        pack_signer_from_pem(other.to_pem())


def test_a_key_is_kept_and_read_back() -> None:
    again = pack_signer_from_pem(SIGNER.to_pem())
    assert (
        again.fingerprint
        == SIGNER.fingerprint
        == hashlib.sha256(SIGNER.certificate.public_bytes(Encoding.DER)).hexdigest()
    )
    # The signature is deterministic, so the same list at the same time has one seal but for the time-stamp.
    assert seal(b"list", again, NOON) == seal(b"list", SIGNER, NOON)
    for wrong in (b"", b"no key", SIGNER.certificate_pem()):
        with pytest.raises(Malformed, match="no key"):
            pack_signer_from_pem(wrong)


@pytest.mark.parametrize("name", ["", "x" * 65, "two\nlines"])
def test_a_name_that_no_certificate_can_hold_is_refused(name: str) -> None:
    with pytest.raises(Malformed, match="printable"):
        new_pack_signer(name, NOON)


def test_a_level_that_is_not_so_is_refused_even_when_all_is_listed_anew() -> None:
    bent = relisted(HELD, bag.UNSTAMPED)
    assert bent[BAG_INFO] != HELD[BAG_INFO]
    bent[SIGNATURE] = seal(bent[ASIC], SIGNER, NOON, stamper())
    refused(rezipped(bent), "put there", authorities=ROOTS)


@pytest.mark.parametrize("told", [b"Payload-Oxum: 1", b"Payload-Oxum: 0.0\nX"])
def test_a_bag_that_counts_wrongly_is_refused_though_its_own_signer_sealed_it(told: bytes) -> None:
    bent = {**HELD, BAG_INFO: HELD[BAG_INFO].replace(b"Payload-Oxum: ", told)}
    for name, make in ((TAGS, bag.write_tags), (ASIC, bag.write_asic)):
        bent[name] = make({one: hashlib.sha256(raw).hexdigest() for one, raw in bent.items()})
    bent[SIGNATURE] = seal(bent[ASIC], SIGNER, NOON, stamper())
    refused(rezipped(bent), "says of itself", where=BAG_INFO)
