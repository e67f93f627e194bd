"""A log as files: written once, read back, proved from, and never forked."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from muniment.proof.checkpoint import parse_checkpoint
from muniment.proof.errors import Malformed
from muniment.proof.merkle import leaf_hash, root_of, verify_consistency, verify_inclusion
from muniment.proof.tiles import Tiles, TileWriter, encode_bundle, parse_bundle, tile_name, tile_path

ENTRIES = [f"entry {number}".encode() for number in range(600)]


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("index", "name"), [(0, "000"), (999, "999"), (1000, "x001/000"), (1234067, "x001/x234/067")]
)
def test_a_tiles_number_is_written_in_groups_of_three(index: int, name: str) -> None:
    assert tile_name(index) == name


def test_a_partial_tile_has_its_width_in_its_path() -> None:
    assert tile_path(0, 273, 112) == "tile/0/273.p/112"
    assert tile_path("entries", 1) == "tile/entries/001"


def test_a_log_grown_in_steps_serves_every_published_size(tmp_path: Path) -> None:
    writer = TileWriter(tmp_path, sync=False)
    sizes = [0, 1, 2, 255, 256, 257, 300, 512, 600]
    for old, new in pairwise(sizes):
        assert writer.extend(old, ENTRIES[old:new]).root() == root_of(ENTRIES[:new])
    for size in sizes[1:]:
        tiles = Tiles(tmp_path, size)
        assert tiles.range().root() == root_of(ENTRIES[:size])
        for index in {0, size // 2, size - 1}:
            assert tiles.entry(index) == ENTRIES[index]
            verify_inclusion(
                leaf_hash(ENTRIES[index]), index, size, tiles.inclusion(index), root_of(ENTRIES[:size])
            )
        old = max(1, size // 3)
        verify_consistency(old, size, tiles.consistency(old), root_of(ENTRIES[:old]), root_of(ENTRIES[:size]))
    assert Tiles(tmp_path, 600).entries(250, 520) == ENTRIES[250:520]
    assert Tiles(tmp_path, 600).entries(7, 7) == []


def test_a_log_of_three_levels_is_written_as_the_format_says(tmp_path: Path) -> None:
    many = [number.to_bytes(4, "big") for number in range(65_536 + 300)]
    writer = TileWriter(tmp_path, sync=False)
    writer.extend(0, many[:65_000])
    grown = writer.extend(65_000, many[65_000:])
    assert grown.root() == root_of(many)
    names = files(tmp_path)
    assert {"tile/1/000", "tile/1/001.p/1", "tile/2/000.p/1", "tile/0/257.p/44"} <= set(names)
    proof = Tiles(tmp_path, len(many)).inclusion(65_700)
    verify_inclusion(leaf_hash(many[65_700]), 65_700, len(many), proof, grown.root())


def test_writing_the_same_again_changes_nothing_and_other_bytes_are_a_fork(tmp_path: Path) -> None:
    writer = TileWriter(tmp_path)
    writer.extend(0, ENTRIES[:300])
    before = files(tmp_path)
    writer.extend(0, ENTRIES[:300])
    assert writer.extend(300, []).size == 300
    assert files(tmp_path) == before
    with pytest.raises(Malformed, match="fork"):
        writer.extend(0, [b"other", *ENTRIES[1:300]])
    assert files(tmp_path) == before


def test_partial_tiles_go_once_the_full_one_stands_and_old_sizes_are_still_served(tmp_path: Path) -> None:
    writer = TileWriter(tmp_path, sync=False)
    for old, new in ((0, 100), (100, 200), (200, 256)):
        writer.extend(old, ENTRIES[old:new])
    assert writer.drop_partials(0, 200) == 0
    assert writer.drop_partials(200, 256) == 4
    assert writer.drop_partials(200, 256) == 0
    assert not [name for name in files(tmp_path) if name.startswith(("tile/0/000.p", "tile/entries/000.p"))]
    assert Tiles(tmp_path, 200).entries(0, 200) == ENTRIES[:200]
    assert Tiles(tmp_path, 200).range().root() == root_of(ENTRIES[:200])


def test_the_checkpoint_is_replaced_whole(tmp_path: Path) -> None:
    writer = TileWriter(tmp_path)
    with pytest.raises(Malformed, match="missing"):
        Tiles(tmp_path, 0).checkpoint()
    writer.publish(b"one")
    writer.publish(b"two")
    assert Tiles(tmp_path, 0).checkpoint() == b"two"
    assert set(files(tmp_path)) == {"checkpoint"}


def test_cosignatures_are_put_beside_the_checkpoint_and_never_beside_another(tmp_path: Path) -> None:
    writer = TileWriter(tmp_path, sync=False)
    assert not writer.cosign(b"one\n", b"one\ncosigned\n")
    writer.publish(b"one\n")
    assert writer.cosign(b"one\n", b"one\ncosigned\n")
    assert (tmp_path / "checkpoint").read_bytes() == b"one\ncosigned\n"
    writer.publish(b"two\n")
    assert not writer.cosign(b"one\n", b"one\ncosigned\n")
    assert (tmp_path / "checkpoint").read_bytes() == b"two\n"
    with pytest.raises(Malformed, match="not the one that was published"):
        writer.cosign(b"two\n", b"one\ncosigned\n")


def test_a_small_file_beside_the_log_is_written_whole(tmp_path: Path) -> None:
    writer = TileWriter(tmp_path)
    for raw in (b"first", b"second"):
        writer.keep("note", raw)
        assert (tmp_path / "note").read_bytes() == raw
    assert [path.name for path in tmp_path.iterdir()] == ["note"]


def test_an_entry_that_does_not_fit_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="65535"):
        TileWriter(tmp_path).extend(0, [b"x" * 65_536])
    assert files(tmp_path) == {}


@pytest.mark.parametrize("raw", [b"\x00", b"\x00\x02a", b"\x00\x01ab", b"", encode_bundle([b"a", b"b"])])
def test_a_damaged_bundle_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed, match="bundle"):
        parse_bundle(raw, 1)


def test_a_damaged_or_missing_tile_is_refused(tmp_path: Path) -> None:
    TileWriter(tmp_path, sync=False).extend(0, ENTRIES[:10])
    (tmp_path / "tile/0/000.p/10").write_bytes(b"short")
    with pytest.raises(Malformed, match="wrong length"):
        Tiles(tmp_path, 10).inclusion(0)
    with pytest.raises(Malformed, match="missing"):
        Tiles(tmp_path, 400).inclusion(300)


@pytest.mark.parametrize(("level", "index"), [(0, 10), (3, 1), (8, 0)])
def test_there_is_no_hash_outside_the_tree(tmp_path: Path, level: int, index: int) -> None:
    TileWriter(tmp_path, sync=False).extend(0, ENTRIES[:10])
    with pytest.raises(Malformed):
        Tiles(tmp_path, 10).node(level, index)


@pytest.mark.parametrize(("first", "last"), [(-1, 2), (3, 2), (0, 11)])
def test_there_are_no_entries_outside_the_tree(tmp_path: Path, first: int, last: int) -> None:
    with pytest.raises(Malformed, match="no such entries"):
        Tiles(tmp_path, 10).entries(first, last)


def test_every_state_of_a_strangers_log_is_read_from_its_tiles(real_vectors: Path) -> None:
    folder = real_vectors / "tessera-log" / "testdata" / "log"
    heads = [parse_checkpoint((folder / f"checkpoint.{size}").read_bytes()) for size in range(16)]
    newest = Tiles(folder, 15)
    assert parse_checkpoint((folder / "checkpoint").read_bytes()) == heads[15]
    for size, head in enumerate(heads):
        assert (head.size, Tiles(folder, size).range().root()) == (size, head.root)
        assert root_of(newest.entries(0, size)) == head.root
        if size:
            verify_consistency(size, 15, newest.consistency(size), head.root, heads[15].root)


def test_a_strangers_log_is_read_and_proved_from(real_vectors: Path) -> None:
    tiles = Tiles(real_vectors / "tessera-log" / "testdata" / "log", 15)
    root = tiles.range().root()
    assert root_of(tiles.entries(0, 15)) == root
    for index in range(15):
        verify_inclusion(leaf_hash(tiles.entry(index)), index, 15, tiles.inclusion(index), root)


def test_a_file_that_goes_with_an_entry_is_written_once_and_for_all(tmp_path: Path) -> None:
    writer = TileWriter(tmp_path, sync=False)
    writer.add("heads/x001/002", b"said")
    writer.add("heads/x001/002", b"said")
    with pytest.raises(Malformed, match="must go"):
        writer.add("heads/x001/002", b"said otherwise")
    assert (tmp_path / "heads" / "x001" / "002").read_bytes() == b"said"
