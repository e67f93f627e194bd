"""A stream is read whole and in order, or not at all."""

import io
import struct
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muniment.spine import stream
from muniment.spine.envelope import Tampered
from muniment.spine.stream import CHUNK_BYTES, HEADER_BYTES, decrypt_range, decrypt_stream, encrypt_stream

KEY = b"k" * 32
SMALL = 8
WHOLE = SMALL + 16


def sealed(plain: bytes, *, chunk: int = SMALL, aad: bytes = b"blob 1") -> bytes:
    return b"".join(encrypt_stream([plain], KEY, aad, chunk_bytes=chunk))


def opened(whole: bytes, *, key: bytes = KEY, aad: bytes = b"blob 1") -> bytes:
    return b"".join(decrypt_stream(io.BytesIO(whole), key, aad))


class Dribble(io.RawIOBase):
    """A pipe that gives at most three bytes at a time."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def read(self, size: int = -1) -> bytes:
        return self._content.read(min(size, 3))


@given(
    pieces=st.lists(st.binary(max_size=40), max_size=8), chunk=st.integers(1, 20), aad=st.binary(max_size=9)
)
def test_pieces_of_any_size_come_back_as_one_text(pieces: list[bytes], chunk: int, aad: bytes) -> None:
    whole = b"".join(encrypt_stream(pieces, KEY, aad, chunk_bytes=chunk))
    plain = b"".join(pieces)
    assert opened(whole, aad=aad) == plain
    assert b"".join(decrypt_stream(Dribble(whole), KEY, aad)) == plain  # type: ignore[arg-type]  # a raw file is enough
    assert len(whole) == HEADER_BYTES + len(plain) + 16 * max(1, -(-len(plain) // chunk))


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES])
def test_texts_around_a_chunks_edge_come_back(size: int) -> None:
    plain = bytes(range(256)) * (size // 256 + 1)
    plain = plain[:size]
    assert opened(sealed(plain, chunk=CHUNK_BYTES)) == plain


@given(plain=st.binary(max_size=40), at=st.integers(0), bit=st.integers(0, 7))
def test_any_flipped_bit_is_noticed(plain: bytes, at: int, bit: int) -> None:
    whole = bytearray(sealed(plain))
    whole[at % len(whole)] ^= 1 << bit
    with pytest.raises(Tampered):
        opened(bytes(whole))


@given(plain=st.binary(max_size=40), keep=st.integers(0))
def test_a_stream_cut_anywhere_is_noticed(plain: bytes, keep: int) -> None:
    whole = sealed(plain)
    with pytest.raises(Tampered):
        opened(whole[: keep % len(whole)])


def test_a_stream_cut_between_chunks_is_noticed() -> None:
    with pytest.raises(Tampered):
        opened(sealed(b"x" * 3 * SMALL)[: HEADER_BYTES + 2 * WHOLE])


@given(plain=st.binary(max_size=40), more=st.binary(min_size=1, max_size=60))
def test_appended_bytes_are_noticed(plain: bytes, more: bytes) -> None:
    with pytest.raises(Tampered):
        opened(sealed(plain) + more)


def test_swapped_repeated_and_dropped_chunks_are_noticed() -> None:
    whole = sealed(b"aaaaaaaabbbbbbbbcccccccc")
    header, a, b, c = (
        whole[:HEADER_BYTES],
        *(whole[HEADER_BYTES + i * WHOLE : HEADER_BYTES + (i + 1) * WHOLE] for i in range(3)),
    )
    assert opened(header + a + b + c) == b"aaaaaaaabbbbbbbbcccccccc"
    for order in ([b, a, c], [a, a, b, c], [a, c], [b, c], [a, b, c, c]):
        with pytest.raises(Tampered):
            opened(header + b"".join(order))


def test_another_files_chunks_header_place_or_key_are_noticed() -> None:
    one, two = sealed(b"one"), sealed(b"two")
    with pytest.raises(Tampered):
        opened(one[:HEADER_BYTES] + two[HEADER_BYTES:])
    with pytest.raises(Tampered):
        opened(one, aad=b"blob 2")
    with pytest.raises(Tampered):
        opened(one, key=b"j" * 32)


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"MNST",
        struct.pack(">4sBI16s7s", b"ABCD", 1, 8, bytes(16), bytes(7)),
        struct.pack(">4sBI16s7s", b"MNST", 2, 8, bytes(16), bytes(7)),
        struct.pack(">4sBI16s7s", b"MNST", 1, 0, bytes(16), bytes(7)),
        struct.pack(">4sBI16s7s", b"MNST", 1, 2**32 - 1, bytes(16), bytes(7)),
    ],
)
def test_a_strange_header_is_refused_before_anything_is_read(header: bytes) -> None:
    with pytest.raises(Tampered):
        opened(header + bytes(99))


def test_an_empty_last_chunk_after_others_is_refused() -> None:
    pieces = list(encrypt_stream([b"x" * SMALL, b"y"], KEY, b"", chunk_bytes=SMALL))
    salt, prefix = pieces[0][9:25], pieces[0][25:]
    cipher = stream._cipher(KEY, salt)
    forged = cipher.encrypt(stream._nonce(prefix, 1, last=True), b"", pieces[0])
    with pytest.raises(Tampered):
        list(decrypt_stream(io.BytesIO(pieces[0] + pieces[1] + forged), KEY, b""))


@pytest.mark.parametrize("chunk", [0, (1 << 24) + 1])
def test_a_chunk_size_out_of_bounds_is_our_own_mistake(chunk: int) -> None:
    with pytest.raises(ValueError, match="16 MiB"):
        sealed(b"", chunk=chunk)


def test_a_key_of_another_length_is_our_own_mistake() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        list(encrypt_stream([], b"short", b""))


@given(plain=st.binary(max_size=50), start=st.integers(0, 60), length=st.integers(0, 60))
def test_a_range_is_the_same_as_a_cut_of_the_whole(plain: bytes, start: int, length: int) -> None:
    file = io.BytesIO(sealed(plain))
    found = b"".join(decrypt_range(file, KEY, b"blob 1", start, start + length))
    assert found == plain[start : start + length]


def test_a_range_notices_a_change_in_the_chunk_it_touches() -> None:
    whole = bytearray(sealed(b"x" * 40))
    whole[HEADER_BYTES + WHOLE] ^= 1
    file = io.BytesIO(bytes(whole))
    assert b"".join(decrypt_range(file, KEY, b"blob 1", 20, 30)) == b"x" * 10
    with pytest.raises(Tampered):
        list(decrypt_range(file, KEY, b"blob 1", 10, 12))


def test_a_range_of_a_stream_cut_between_chunks_notices_at_its_end() -> None:
    file = io.BytesIO(sealed(b"x" * 24)[: HEADER_BYTES + 2 * WHOLE])
    with pytest.raises(Tampered):
        list(decrypt_range(file, KEY, b"blob 1", 8, 16))
    with pytest.raises(Tampered):
        list(decrypt_range(io.BytesIO(sealed(b"")[:HEADER_BYTES]), KEY, b"blob 1", 0, 1))


def test_memory_stays_constant_however_long_the_text_is() -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(24):
            yield bytes(CHUNK_BYTES)

    tracemalloc.start()
    total = sum(len(block) for block in encrypt_stream(pieces(), KEY, b""))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total > 24 * CHUNK_BYTES
    assert peak < 6 * CHUNK_BYTES
