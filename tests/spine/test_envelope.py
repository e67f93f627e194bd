"""A sealed field opens only unchanged, in its place, under its key."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muniment.spine import ports
from muniment.spine.envelope import (
    Tampered,
    forget_ciphers,
    key_id_of,
    open_for,
    open_sealed,
    seal,
    seal_for,
)

KEY = b"k" * 32
NAME = uuid.UUID(int=7)


@given(plain=st.binary(max_size=300), aad=st.binary(max_size=60))
def test_what_is_sealed_opens_to_the_same(plain: bytes, aad: bytes) -> None:
    sealed = seal(KEY, plain, aad)
    assert open_sealed(KEY, sealed, aad) == plain
    assert len(sealed) == len(plain) + 29


@given(plain=st.binary(max_size=60), at=st.integers(0), bit=st.integers(0, 7))
def test_any_flipped_bit_is_noticed(plain: bytes, at: int, bit: int) -> None:
    sealed = bytearray(seal(KEY, plain, b"place"))
    sealed[at % len(sealed)] ^= 1 << bit
    with pytest.raises(Tampered):
        open_sealed(KEY, bytes(sealed), b"place")


@given(cut=st.integers(1, 40))
def test_a_cut_text_is_noticed(cut: int) -> None:
    with pytest.raises(Tampered):
        open_sealed(KEY, seal(KEY, b"eleven char", b"")[:-cut], b"")


def test_it_opens_in_no_other_place_and_under_no_other_key() -> None:
    sealed = seal(KEY, b"text", b"row 1")
    with pytest.raises(Tampered):
        open_sealed(KEY, sealed, b"row 2")
    with pytest.raises(Tampered):
        open_sealed(b"j" * 32, sealed, b"row 1")


def test_equal_texts_look_different_even_under_frozen_chance() -> None:
    with ports.frozen(random=bytes):
        assert seal(KEY, b"text", b"") != seal(KEY, b"text", b"")


@pytest.mark.parametrize("key", [b"", b"k" * 16, b"k" * 33])
def test_a_key_of_another_length_is_our_own_mistake(key: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        seal(key, b"", b"")
    with pytest.raises(ValueError, match="32 bytes"):
        open_sealed(key, seal(KEY, b"", b""), b"")


def test_a_blob_names_its_key() -> None:
    blob = seal_for(NAME, KEY, b"text", b"place")
    assert key_id_of(blob) == NAME
    assert open_for(KEY, blob, b"place") == b"text"


def test_an_exchanged_name_is_noticed_even_under_the_same_key() -> None:
    blob = seal_for(NAME, KEY, b"text", b"place")
    with pytest.raises(Tampered):
        open_for(KEY, uuid.UUID(int=8).bytes + blob[16:], b"place")


def test_a_blob_too_short_for_a_name_is_noticed() -> None:
    with pytest.raises(Tampered):
        key_id_of(seal_for(NAME, KEY, b"", b"")[:-1])
    with pytest.raises(Tampered):
        open_for(KEY, b"short", b"")


def test_forgetting_the_prepared_ciphers_loses_nothing() -> None:
    sealed = seal(KEY, b"text", b"")
    forget_ciphers()
    assert open_sealed(KEY, sealed, b"") == b"text"


def test_the_fault_says_nothing_about_key_or_text() -> None:
    with pytest.raises(Tampered) as caught:
        open_sealed(KEY, seal(b"j" * 32, b"secret", b""), b"")
    assert "secret" not in str(caught.value)
    assert "kkk" not in str(caught.value)
    assert caught.value.__cause__ is None
