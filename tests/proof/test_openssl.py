"""OpenSSL verifies the log's Ed25519 signature on a checkpoint; ML-DSA-44 it knows from version 3.5 on."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.proof.small_log import make_log

from muniment.proof.checkpoint import cosigned_message, parse_checkpoint
from muniment.proof.note import parse_note

OPENSSL = shutil.which("openssl")

pytestmark = pytest.mark.skipif(OPENSSL is None, reason="no openssl found: install Debian's openssl")


def accepts(place: Path, key: Ed25519PublicKey | MLDSA44PublicKey, signature: bytes, message: bytes) -> bool:
    """Say whether OpenSSL takes a signature; it is given files, as whoever has no program of ours gives them."""
    assert OPENSSL is not None
    (place / "key.pem").write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (place / "message").write_bytes(message)
    (place / "signature").write_bytes(signature)
    words = ["pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", "message"]
    done = subprocess.run(
        [OPENSSL, *words, "-sigfile", "signature"], cwd=place, capture_output=True, check=False
    )
    return done.returncode == 0


def test_openssl_accepts_the_logs_plain_signature_and_refuses_every_bent_one(tmp_path: Path) -> None:
    log = make_log()
    note = parse_note(log.checkpoint)
    plain = next(one for one in note.signatures if one.key_id == log.signer.keys[0].key_id)
    key = Ed25519PublicKey.from_public_bytes(log.signer.keys[0].public)
    message = note.text.encode()
    assert accepts(tmp_path, key, plain.raw, message)
    taken = []
    bent = 0
    for part, whole in (("signature", plain.raw), ("text", message)):
        for at in range(len(whole)):
            for mask in (1, 128):
                changed = whole[:at] + bytes([whole[at] ^ mask]) + whole[at + 1 :]
                given = (changed, message) if part == "signature" else (plain.raw, changed)
                bent += 1
                if accepts(tmp_path, key, *given):
                    taken.append((part, at, mask))
    assert taken == []
    assert bent >= 200


def test_an_openssl_that_knows_ml_dsa_accepts_the_other_signature_too(tmp_path: Path) -> None:
    assert OPENSSL is not None
    said = subprocess.run([OPENSSL, "version"], capture_output=True, text=True, check=True).stdout
    found = re.match(r"OpenSSL (\d+)\.(\d+)", said)
    if found is None or (int(found[1]), int(found[2])) < (3, 5):
        pytest.skip("this OpenSSL knows no ML-DSA: it came with version 3.5")
    log = make_log()
    note = parse_note(log.checkpoint)
    other = next(one for one in note.signatures if one.key_id == log.signer.keys[1].key_id)
    key = MLDSA44PublicKey.from_public_bytes(log.signer.keys[1].public)
    time = int.from_bytes(other.raw[:8], "big")
    message = cosigned_message(log.signer.name, time, parse_checkpoint(log.checkpoint))
    assert accepts(tmp_path, key, other.raw[8:], message)
    assert not accepts(tmp_path, key, other.raw[8:-1] + bytes([other.raw[-1] ^ 1]), message)
