"""Canonical bytes: one way to write, and nothing that two readers could understand differently."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from muniment.proof.canonical import DEEPEST, GREATEST, canonical, decode64, encode64, parse, shaped
from muniment.proof.errors import Malformed

TEXTS = st.text(st.characters(exclude_categories=["Cs"])).map(lambda text: unicodedata.normalize("NFC", text))
KEYS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=8)
VALUES = st.recursive(
    TEXTS | st.integers(-GREATEST, GREATEST) | st.booleans(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None)
@given(VALUES)
def test_our_bytes_are_those_of_somebody_elses_rfc_8785(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@settings(deadline=None)
@given(VALUES)
def test_what_is_written_is_read_back(value: Any) -> None:
    assert parse(canonical(value)) == value


@settings(deadline=None)
@given(st.binary(max_size=64))
def test_any_bytes_are_read_or_refused_and_nothing_else(raw: bytes) -> None:
    try:
        value = parse(raw)
    except Malformed:
        return
    assert canonical(value) == raw


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":1,"a":2}',
        b'{"a":1.0}',
        b'{"a":1e3}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":null}',
        b'{"a":-0}',
        b'{"a":9007199254740992}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"\xc3\xa9":1}',
        b'{"":1}',
        b'"\\ud800"',
        b'"\\udfff x"',
        b'"e\xcc\x81"',
        b"\xff\xfe",
        b'"\xed\xa0\x80"',
        b"",
        b"{",
        b"[1,]",
        b"01",
        b"\xef\xbb\xbf{}",
        b"[" * 40 + b"]" * 40,
        b"[" * 100_000,
        b'{"a":"\x00"}',
    ],
)
@pytest.mark.parametrize("exact", [True, False])
def test_ambiguous_json_is_refused(raw: bytes, exact: bool) -> None:  # noqa: FBT001  # a parameter of the table
    with pytest.raises(Malformed):
        parse(raw, exact=exact)


@pytest.mark.parametrize("raw", [b'{"b":1,"a":2}', b'{"a": 1}', b'"\\u0041"', b'"\\/"', b"[1]\n"])
def test_a_second_spelling_is_refused_only_where_bytes_matter(raw: bytes) -> None:
    assert parse(raw, exact=False)
    with pytest.raises(Malformed, match="canonical form"):
        parse(raw)


def test_a_text_longer_than_allowed_is_not_even_decoded() -> None:
    with pytest.raises(Malformed, match="longer than 4"):
        parse(b"[1,2]", largest=4)


@pytest.mark.parametrize(
    "value", [1.5, None, {1: 2}, {"a": b"raw"}, {"é": 1}, "\ud800", "e\u0301", 2**53, -(2**53)]
)
def test_a_value_outside_the_set_is_not_written(value: Any) -> None:
    with pytest.raises(Malformed):
        canonical(value)


def test_depth_is_bounded_in_writing_too() -> None:
    value: Any = []
    for _ in range(DEEPEST):
        value = [value]
    assert canonical(value)
    with pytest.raises(Malformed, match="deeper"):
        canonical([value])


@settings(deadline=None)
@given(st.binary(max_size=70))
def test_base64_comes_back(raw: bytes) -> None:
    assert decode64(encode64(raw)) == raw


@pytest.mark.parametrize("text", ["AA", "AB==", "A===", "AA-_", "AA==\n", " AA==", 7, "AAA"])
def test_base64_has_one_spelling(text: Any) -> None:
    with pytest.raises(Malformed):
        decode64(text)


def test_base64_of_another_length_is_refused() -> None:
    with pytest.raises(Malformed, match="must hold 32 bytes and holds 1"):
        decode64("AA==", length=32)


@pytest.mark.parametrize("value", [[], {}, {"a": "1"}, {"a": True}, {"a": 1, "b": 1}, {"a": 1, "c": 3}])
def test_an_object_of_another_shape_is_refused(value: Any) -> None:
    with pytest.raises(Malformed):
        shaped(value, {"a": int}, optional={"c": str}, where="here")


def test_an_object_of_the_right_shape_passes() -> None:
    assert shaped({"a": 1, "c": "x"}, {"a": int}, optional={"c": str}, where="here") == {"a": 1, "c": "x"}


def test_the_message_says_where_and_what_to_do() -> None:
    assert str(Malformed("No.", where="line 1", todo="Try again.")) == "No. (line 1) Try again."


#: Why each official case as a whole is outside our set, which is narrower than RFC 8785.
OUTSIDE = {
    "arrays": "Only text, whole numbers, true, false, lists and objects can be written",
    "french": "A key is not 1 to 256 printable ASCII characters",
    "structures": "Fractions, NaN and infinities are not allowed",
    "unicode": "A text is not in Unicode normal form C",
    "values": "Fractions, NaN and infinities are not allowed",
    "weird": "A key is not 1 to 256 printable ASCII characters",
}


def parts_of(value: Any) -> Iterator[Any]:
    """Yield a JSON value and everything in it, names included."""
    yield value
    if isinstance(value, dict | list):
        for one in (*value, *(value.values() if isinstance(value, dict) else ())):
            yield from parts_of(one)


def test_what_official_jcs_cases_hold_of_our_set_is_written_the_same_and_the_rest_is_refused(
    real_vectors: Path,
) -> None:
    root = real_vectors / "jcs" / "testdata"
    same: dict[str, int] = {}
    for path in sorted((root / "input").glob("*.json")):
        written = (root / "output" / path.name).read_bytes()
        assert written == bytes.fromhex((root / "outhex" / f"{path.stem}.txt").read_text())
        with pytest.raises(Malformed, match=OUTSIDE[path.stem]):
            parse(path.read_bytes(), exact=False)
        same[path.stem] = 0
        for part in parts_of(json.loads(path.read_text(encoding="utf-8"))):
            try:
                ours = canonical(part)
            except Malformed:
                continue
            assert ours in written, ours
            same[path.stem] += 1
    assert same == {"arrays": 6, "french": 8, "structures": 23, "unicode": 1, "values": 6, "weird": 17}
