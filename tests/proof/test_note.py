"""Signed notes and verifier keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from muniment.proof.errors import Malformed
from muniment.proof.note import (
    COSIGNED_ED25519,
    ED25519,
    Key,
    Note,
    Signature,
    parse_key,
    parse_keys,
    parse_note,
    verify_note,
    write_note,
)

TEXT = "This is a text.\n\nIt has two paragraphs.\n"


def signed(text: str, name: str, seed: int) -> tuple[Key, Signature]:
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    key = Key(name, ED25519, private.public_key().public_bytes_raw())
    return key, Signature(name, key.key_id, private.sign(text.encode()))


def test_a_note_with_sixteen_signatures_comes_back_and_holds() -> None:
    pairs = [signed(TEXT, f"example.com/{number}", number) for number in range(16)]
    note = parse_note(write_note(TEXT, [signature for _, signature in pairs]))
    assert note.text == TEXT
    found = verify_note(note, [key for key, _ in pairs])
    assert found.good == tuple(key for key, _ in pairs)
    assert found.unchecked == ()


def test_signatures_of_unknown_keys_are_ignored_even_under_a_known_name() -> None:
    key, good = signed(TEXT, "example.com/a", 1)
    _, other = signed(TEXT, "example.com/a", 2)
    bent = Signature(other.name, other.key_id, bytes(64))
    assert verify_note(Note(TEXT, (bent, good)), [key]).good == (key,)


def test_a_known_key_that_fails_rejects_the_whole_note() -> None:
    one, good = signed(TEXT, "example.com/a", 1)
    two, _ = signed(TEXT, "example.com/b", 2)
    bent = Signature("example.com/b", two.key_id, bytes(64))
    with pytest.raises(Malformed, match="does not hold"):
        verify_note(Note(TEXT, (good, bent)), [one, two])


def test_a_note_without_a_good_signature_of_a_known_key_is_rejected() -> None:
    _, good = signed(TEXT, "example.com/a", 1)
    stranger, _ = signed(TEXT, "example.com/b", 2)
    with pytest.raises(Malformed, match="no good signature"):
        verify_note(Note(TEXT, (good,)), [stranger])


def test_one_key_counts_once_and_other_kinds_are_not_checked_here() -> None:
    key, good = signed(TEXT, "example.com/a", 1)
    cosigner = Key("example.com/w", COSIGNED_ED25519, key.public)
    cosigned = Signature("example.com/w", cosigner.key_id, bytes(72))
    found = verify_note(Note(TEXT, (good, good, cosigned)), [key, cosigner])
    assert (found.good, found.unchecked) == ((key,), (cosigner,))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"text\n",
        b"text\n\n",
        "text\n\n— a AAAAAAA=".encode(),
        "text\n\n— a AAAAAA==\n".encode(),
        "text\n\n— a AAAAAAA\n".encode(),
        b"text\n\n- a AAAAAAA=\n",
        "text\n\n— a+b AAAAAAA=\n".encode(),
        "text\n\n— a\u00a0b AAAAAAA=\n".encode(),
        "text\n\n—  AAAAAAA=\n".encode(),
        "text\n\n—\n".encode(),
        "te\rxt\n\n— a AAAAAAA=\n".encode(),
        "te\x00xt\n\n— a AAAAAAA=\n".encode(),
        b"\xff\n\n",
        b"x" * (1024 * 1024 + 1),
        ("text\n\n" + "— a AAAAAAA=\n" * 129).encode(),
    ],
)
def test_a_note_of_another_form_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        parse_note(raw)


def test_a_text_that_would_be_read_back_otherwise_is_not_written() -> None:
    _, good = signed(TEXT, "example.com/a", 1)
    with pytest.raises(Malformed, match="cannot stand"):
        write_note("a text\n\n\u2014 somebody AAAAAAA=", [good])


@pytest.mark.parametrize(
    "line",
    ["", "a", "a+00000000", "a b+00000000+AQ==", "a+0000000G+AQ==", "a+00000000+", "a+00000000+AQ=="],
)
def test_a_verifier_key_of_another_form_is_refused(line: str) -> None:
    with pytest.raises(Malformed):
        parse_key(line)


def test_a_verifier_keys_id_must_be_its_own() -> None:
    line = signed(TEXT, "example.com/a", 1)[0].encode()
    name, _, public = line.split("+", 2)
    with pytest.raises(Malformed, match="does not belong"):
        parse_key(f"{name}+00000000+{public}")


def test_a_file_of_keys_may_have_comments_and_empty_lines() -> None:
    keys = [signed(TEXT, f"example.com/{number}", number)[0] for number in (1, 2)]
    raw = f"# ours\n\n{keys[0].encode()}\r\n{keys[1].encode()}\n".encode()
    assert parse_keys(raw) == tuple(keys)


@pytest.mark.parametrize("raw", [b"", b"# none\n", b"\xff", b"x" * (1024 * 1024 + 1)])
def test_a_file_without_keys_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        parse_keys(raw)


def test_a_wrong_line_among_keys_is_named_and_a_double_one_refused() -> None:
    line = signed(TEXT, "example.com/a", 1)[0].encode()
    with pytest.raises(Malformed, match="line 2"):
        parse_keys(f"{line}\nnonsense\n".encode())
    with pytest.raises(Malformed, match="twice"):
        parse_keys(f"{line}\n{line}\n".encode())


def test_the_official_example_holds(real_vectors: Path) -> None:
    folder = real_vectors / "c2sp-examples"
    key = parse_key((folder / "signed-note.vkey").read_text().strip())
    raw = (folder / "signed-note.note").read_bytes()
    note = parse_note(raw)
    assert verify_note(note, [key]).good == (key,)
    assert note.encode() == raw
    with pytest.raises(Malformed):
        verify_note(Note("another\n", note.signatures), [key])
