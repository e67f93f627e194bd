"""Each file of a log is held against the entries, also those on which nothing rests any more."""

from __future__ import annotations

from pathlib import Path

import pytest

from muniment.ledger.disk import Disk
from muniment.proof.tiles import TileWriter


def leaf(number: int) -> bytes:
    return f"entry {number}".encode()


def written(folder: Path, *sizes: int) -> Path:
    """Write a log that was published at these sizes."""
    writer = TileWriter(folder, sync=False)
    before = 0
    for size in sizes:
        writer.extend(before, [leaf(number) for number in range(before, size)])
        before = size
    return folder


def faults(folder: Path, size: int, published: int | None = None) -> list[str]:
    disk = Disk(folder, size if published is None else published)
    found = [fault for number in range(size) for fault in disk.take(leaf(number))]
    return [*found, *disk.end()]


def flip(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


@pytest.mark.parametrize("sizes", [(0,), (1,), (3, 7), (256,), (255, 256), (10, 300, 900), (65_536 + 600,)])
def test_what_the_writer_wrote_holds(tmp_path, sizes):
    assert faults(written(tmp_path, *sizes), sizes[-1]) == []


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("tile/entries/000.p/3", (3, 7)),
        ("tile/0/000.p/3", (3, 7)),
        ("tile/entries/000.p/7", (3, 7)),
        ("tile/0/000", (300,)),
        ("tile/entries/001.p/44", (300, 600)),
        ("tile/1/000.p/1", (300, 600)),
        ("tile/1/000.p/2", (300, 600)),
        ("tile/1/000", (66_000,)),
        ("tile/2/000.p/1", (66_000,)),
        ("tile/0/257.p/208", (66_000,)),
    ],
)
def test_a_bit_in_any_file_is_named_the_stale_parts_too(tmp_path, name, sizes):
    written(tmp_path, *sizes)
    flip(tmp_path / name)
    assert faults(tmp_path, sizes[-1]) == [f"the file {name} holds something else than the entries give"]


@pytest.mark.parametrize("name", ["tile/entries/000.p/3", "tile/0/000.p/3"])
def test_a_stale_part_that_was_cut_or_grew_is_named(tmp_path, name):
    written(tmp_path, 3, 7)
    held = (tmp_path / name).read_bytes()
    for other in (held[:-1], held + held[-1:], b""):
        (tmp_path / name).write_bytes(other)
        assert faults(tmp_path, 7) == [f"the file {name} holds something else than the entries give"]


def test_a_file_that_is_gone_is_named_unless_the_full_one_stands_for_it(tmp_path):
    written(tmp_path, 3, 300)
    (tmp_path / "tile/0/000.p/3").unlink()
    (tmp_path / "tile/entries/001.p/44").unlink()
    assert faults(tmp_path, 300) == ["the file tile/entries/001.p/44 is missing"]
    (tmp_path / "tile/1/000.p/1").unlink()
    assert faults(tmp_path, 300)[-1] == "the file tile/1/000.p/1 is missing"


def test_what_was_written_ahead_of_the_entries_must_begin_as_they_do(tmp_path):
    written(tmp_path, 3, 7)
    assert faults(tmp_path, 5, published=3) == []
    raw = bytearray((tmp_path / "tile/entries/000.p/7").read_bytes())
    raw[-1] ^= 1
    (tmp_path / "tile/entries/000.p/7").write_bytes(raw)
    assert faults(tmp_path, 5, published=3) == []
    raw[3] ^= 1
    (tmp_path / "tile/entries/000.p/7").write_bytes(raw)
    assert faults(tmp_path, 5, published=3) == [
        "the file tile/entries/000.p/7 holds something else than the entries give"
    ]


def test_files_that_no_log_has_are_named_and_half_written_ones_are_not(tmp_path):
    written(tmp_path, 3)
    (tmp_path / "tile/0/.000.new").write_bytes(b"half")
    for name in ("tile/0/000.bak", "tile/zero", "tile/0/000.p/0", "tile/entries/000.p/x"):
        (tmp_path / name).write_bytes(b"x")
    assert faults(tmp_path, 3) == [
        f"the file {name} is none of the log's"
        for name in ("tile/0/000.bak", "tile/0/000.p/0", "tile/entries/000.p/x", "tile/zero")
    ]


def test_before_anything_was_published_nothing_need_be_there(tmp_path):
    assert faults(tmp_path / "none", 5, published=0) == []
