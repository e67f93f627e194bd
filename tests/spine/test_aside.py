"""What is laid aside reads like any file, and nobody but the one who laid it aside can read it."""

from __future__ import annotations

import io
import os
import resource
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muniment.spine.aside import PIECE, Aside
from muniment.spine.envelope import Tampered
from muniment.spine.errors import Busy

CANARY = b"Ms Example lives in Bruges. "


def on_disk(folder: Path) -> list[Path]:
    """The files without names that this process holds open in a folder."""
    held = []
    for one in Path("/proc/self/fd").iterdir():
        try:
            if one.readlink().is_relative_to(folder):
                held.append(one)
        except FileNotFoundError:
            continue
    return held


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, 2 * PIECE + 9)),
        st.tuples(st.just("read"), st.integers(-1, 2 * PIECE + 9)),
        st.tuples(st.just("seek"), st.integers(0, 3 * PIECE)),
        st.tuples(st.just("back"), st.integers(-PIECE, 0)),
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_it_reads_like_any_file_that_grows_at_its_end(tmp_path_factory, steps):
    model = io.BytesIO()
    with Aside(tmp_path_factory.getbasetemp(), reserve=0) as file:
        for step, number in steps:
            if step == "write":
                piece = os.urandom(16) * (number // 16) + b"x" * (number % 16)
                model.seek(0, os.SEEK_END)
                assert file.write(piece) == model.write(piece)
            elif step == "read":
                assert file.read(number) == model.read(number)
            elif step == "seek":
                assert file.seek(number) == model.seek(number)
            elif model.tell() + number >= 0:
                assert file.seek(number, os.SEEK_CUR) == model.seek(number, os.SEEK_CUR)
            assert file.tell() == model.tell()
        assert file.size == len(model.getvalue())
        file.seek(0)
        assert file.read() == model.getvalue()


def test_a_small_file_never_reaches_the_disk(tmp_path):
    with Aside(tmp_path) as file:
        file.write(CANARY)
        assert on_disk(tmp_path) == []
        file.seek(0)
        assert (file.read1(10), file.readable(), file.writable(), file.seekable()) == (
            CANARY[:10],
            True,
            True,
            True,
        )


def test_on_the_disk_it_has_no_name_and_cannot_be_read(tmp_path):
    file = Aside(tmp_path)
    file.write(CANARY * (3 * PIECE // len(CANARY)))
    [held] = on_disk(tmp_path)
    written = held.read_bytes()
    assert len(written) > 2 * PIECE
    assert CANARY not in written
    assert list(tmp_path.iterdir()) == []
    file.close()
    assert on_disk(tmp_path) == []


def test_the_same_bytes_never_look_the_same(tmp_path):
    with Aside(tmp_path) as one, Aside(tmp_path) as other:
        for file in (one, other):
            file.write(bytes(2 * PIECE))
        first, second = (held.read_bytes() for held in on_disk(tmp_path))
    pieces = {whole[at : at + 64] for whole in (first, second) for at in (0, PIECE + 16)}
    assert len(pieces) == 4


def test_what_the_disk_changed_is_not_given_out(tmp_path):
    with Aside(tmp_path) as file:
        file.write(bytes(2 * PIECE))
        with on_disk(tmp_path)[0].open("r+b") as held:
            held.write(b"\1")
        file.seek(PIECE)
        assert file.read(5) == bytes(5)
        file.seek(0)
        with pytest.raises(Tampered):
            file.read(5)


def test_it_leaves_the_room_that_the_ledger_needs(tmp_path):
    with Aside(tmp_path, reserve=1 << 60) as file, pytest.raises(Busy, match="no room on the disk"):
        file.write(bytes(PIECE))


def test_a_full_disk_is_said_in_words(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    file = Aside(tmp_path, reserve=0)
    file.write(bytes(PIECE))
    resource.setrlimit(resource.RLIMIT_FSIZE, (PIECE + 100, hard))
    try:
        with pytest.raises(Busy, match="no room on the disk"):
            file.write(bytes(PIECE))
        file.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert on_disk(tmp_path) == []


def test_there_is_nothing_before_the_beginning_and_nothing_after_the_end(tmp_path):
    file = Aside(tmp_path)
    with pytest.raises(ValueError, match="before the beginning"):
        file.seek(-1)
    file.close()
    for use in (lambda: file.write(b"more"), file.read):
        with pytest.raises(ValueError, match="is gone"):
            use()
