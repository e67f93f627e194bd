"""A browser, which has nothing of ours, verifies both kinds of signature on a checkpoint: the log's and a witness's."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.proof.small_log import make_log
from tests.proof.test_policy import W1, cosigned

from muniment.proof.checkpoint import cosigned_message, cosigned_text, parse_checkpoint
from muniment.proof.note import COSIGNED_ED25519, ED25519, Key, parse_note

#: What the page does: three texts in base64 and the name of the algorithm, to whether the signature holds.
JUDGE = """async ([name, key, signature, message]) => {
  const raw = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const format = name === 'Ed25519' ? 'raw' : 'raw-public';
  const made = await crypto.subtle.importKey(format, raw(key), { name }, false, ['verify']);
  return await crypto.subtle.verify({ name }, made, raw(signature), raw(message));
}"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: Any, one_browser: Any) -> Iterator[Any]:
    file: Path = tmp_path_factory.mktemp("page") / "empty.html"
    file.write_text("<!doctype html><title>nothing of ours</title>")
    opened = one_browser.new_page()
    opened.goto(file.as_uri())
    yield opened
    opened.close()


def signed() -> list[tuple[Key, str, bytes, bytes]]:
    """Return each signature on a checkpoint with its key, its algorithm, its bytes and the message it is over."""
    log = make_log()
    note = parse_note(cosigned(log, W1))
    keys = {(key.name, key.key_id): key for key in (*log.signer.keys, *W1.cosigner_keys)}
    state = parse_checkpoint(note.encode())
    found = []
    for line in note.signatures:
        key = keys[line.name, line.key_id]
        time = int.from_bytes(line.raw[:8], "big")
        if key.kind == ED25519:
            found.append((key, "Ed25519", line.raw, note.text.encode()))
        elif key.kind == COSIGNED_ED25519:
            found.append((key, "Ed25519", line.raw[8:], cosigned_text(time, note.text)))
        else:
            found.append((key, "ML-DSA-44", line.raw[8:], cosigned_message(key.name, time, state)))
    return found


def judged(page: Any, name: str, key: bytes, signature: bytes, message: bytes) -> bool:
    given = [name, *(base64.b64encode(one).decode() for one in (key, signature, message))]
    said: bool = page.evaluate(JUDGE, given)
    return said


def test_a_browser_accepts_both_kinds_of_signature_of_log_and_witness(page: Any) -> None:
    kinds = [(key.name, name) for key, name, _, _ in signed()]
    assert len(kinds) == len(set(kinds)) == 4
    for key, name, signature, message in signed():
        assert judged(page, name, key.public, signature, message), (key.name, name)


def test_a_browser_refuses_every_bent_one(page: Any) -> None:
    accepted = []
    bent = 0
    for key, name, signature, message in signed():
        places = [(0, at) for at in range(0, len(signature), max(1, len(signature) // 30))]
        places += [(1, at) for at in range(0, len(message), max(1, len(message) // 25))]
        for part, at in places:
            changed = [bytearray(signature), bytearray(message)]
            changed[part][at] ^= 1
            bent += 1
            if judged(page, name, key.public, bytes(changed[0]), bytes(changed[1])):
                accepted.append((key.name, name, part, at))
    assert accepted == []
    assert bent > 200
