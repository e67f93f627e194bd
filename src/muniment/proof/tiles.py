"""A log as static files (C2SP tlog-tiles): hashes in tiles 256 wide, entries in bundles, one checkpoint.

Rules: a tile or bundle is created once and never written over; writing the same bytes again does nothing,
writing other bytes is refused. A file appears whole or not at all (written aside, then renamed into place).
The checkpoint alone changes, by atomic rename, after every tile that it needs is on the disk.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from muniment.proof.errors import Malformed
from muniment.proof.merkle import HASH, CompactRange, consistency_proof, inclusion_proof, leaf_hash, node_hash

WIDTH = 256
LARGEST_ENTRY = 65535


def tile_name(index: int) -> str:
    """Write a tile's number as path elements of three digits: 1234067 is x001/x234/067."""
    name = f"{index % 1000:03}"
    while index := index // 1000:
        name = f"x{index % 1000:03}/{name}"
    return name


def tile_path(level: int | str, index: int, width: int = WIDTH) -> str:
    """Return the path of a tile below the log's folder.

    :param level: tile level from 0, or "entries" for a bundle.
    :param width: hashes in it, 1 to 256; below 256 the path is that of a partial tile.
    """
    return f"tile/{level}/{tile_name(index)}" + ("" if width == WIDTH else f".p/{width}")


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Write entries one after the other, each with its length in two bytes.

    :raises Malformed: when an entry is longer than 65,535 bytes.
    """
    parts = []
    for entry in entries:
        if len(entry) > LARGEST_ENTRY:
            raise Malformed(f"An entry of a log is at most {LARGEST_ENTRY} bytes.")
        parts += [len(entry).to_bytes(2, "big"), entry]
    return b"".join(parts)


def parse_bundle(raw: bytes, width: int) -> list[bytes]:
    """Read exactly `width` entries.

    :raises Malformed: when the bundle is cut off or holds more or fewer.
    """
    entries, at = [], 0
    while at < len(raw):
        start = at + 2
        at = start + int.from_bytes(raw[at:start], "big")
        entries.append(raw[start:at])
    if at != len(raw) or len(entries) != width:
        raise Malformed("An entry bundle is cut off or has the wrong number of entries.")
    return entries


class TileWriter:
    """Writes one log below a folder. One writer at a time: the caller holds the lock.

    :param sync: force every file and folder to the disk before going on; off only where nothing is promised.
    """

    def __init__(self, folder: Path, *, sync: bool = True) -> None:
        self.folder = folder
        self.sync = sync

    def extend(self, size: int, entries: Sequence[bytes]) -> CompactRange:
        """Write the tiles and bundles of the tree that has `entries` after its first `size` ones.

        May be repeated after a crash with the same entries. Returns the range of the new tree, whose root
        the caller signs and then publishes.

        :raises Malformed: when other bytes stand where these must go: that is a fork.
        """
        reader = Tiles(self.folder, size)
        grown = reader.range()
        first = size - size % WIDTH
        rows = reader.entries(first, size) + list(entries)
        hashes = [leaf_hash(entry) for entry in rows]
        for hashed in hashes[size - first :]:
            grown.append(hashed)
        if not entries:
            return grown
        for at in range(0, len(rows), WIDTH):
            bundle = rows[at : at + WIDTH]
            self._create(tile_path("entries", (first + at) // WIDTH, len(bundle)), encode_bundle(bundle))
        level, start = 0, first
        while hashes:
            for at in range(0, len(hashes), WIDTH):
                tile = hashes[at : at + WIDTH]
                self._create(tile_path(level, (start + at) // WIDTH, len(tile)), b"".join(tile))
            full = len(hashes) // WIDTH
            parents = [_full_root(hashes[WIDTH * at : WIDTH * (at + 1)]) for at in range(full)]
            level += 1
            above = size >> (8 * level)
            start = above - above % WIDTH
            hashes = (
                (reader.tile(level, above // WIDTH) if above % WIDTH else []) + parents if parents else []
            )
        return grown

    def publish(self, checkpoint: bytes) -> None:
        """Put the signed checkpoint into place; from here on readers see the new tree."""
        with self._alone():
            self._put("checkpoint", checkpoint)

    def cosign(self, checkpoint: bytes, cosigned: bytes) -> bool:
        """Put witnesses' signatures beside the checkpoint, unless another one was published meanwhile.

        :param checkpoint: what was published, whose first bytes `cosigned` repeats.
        :returns: whether the published checkpoint is now the cosigned one.
        :raises Malformed: when `cosigned` is not that checkpoint with more signatures.
        """
        if not cosigned.startswith(checkpoint):
            raise Malformed("The cosigned checkpoint is not the one that was published.")
        with self._alone():
            shown = self.folder / "checkpoint"
            if not shown.is_file() or not shown.read_bytes().startswith(checkpoint):
                return False
            self._put("checkpoint", cosigned)
        return True

    def add(self, name: str, raw: bytes) -> None:
        """Write a file that goes with an entry, once and for all, before the checkpoint that covers the entry.

        :raises Malformed: when other bytes stand there.
        """
        self._create(name, raw)

    def keep(self, name: str, raw: bytes) -> None:
        """Write a small file beside the log's own or in a folder there, whole or not at all."""
        with self._alone():
            self._put(name, raw)

    def drop_partials(self, old: int, size: int) -> int:
        """Remove the partial tiles that became full between two published sizes, and return their number.

        The format allows it once the full tile stands. Without it a log that publishes each second would keep
        up to 255 copies of every bundle.
        """
        dropped = 0
        places: list[tuple[int | str, int]] = [("entries", 8)]
        places += [(level, 8 * (level + 1)) for level in range(size.bit_length() // 8)]
        for level, bits in places:
            for index in range(old >> bits, size >> bits):
                path = self.folder / tile_path(level, index)
                partial = path.with_name(f"{path.name}.p")
                if path.is_file() and partial.is_dir():
                    for one in sorted(partial.iterdir()):
                        one.unlink()
                        dropped += 1
                    partial.rmdir()
        return dropped

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep every other writer of the log's small files out, in whichever process."""
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _put(self, name: str, raw: bytes) -> None:
        path = self.folder / name
        self._make_folder(path.parent)
        aside = path.with_name(f".{path.name}.new")
        self._write(aside, raw)
        aside.replace(path)
        self._sync_folder(path.parent)

    def _create(self, name: str, raw: bytes) -> None:
        path = self.folder / name
        if not path.exists():
            self._make_folder(path.parent)
            aside = path.with_name(f".{path.name}.new")
            self._write(aside, raw)
            aside.rename(path)
            self._sync_folder(path.parent)
        elif path.read_bytes() != raw:
            raise Malformed("Another tile stands where this one must go: the log would fork.", where=name)

    def _make_folder(self, folder: Path) -> None:
        # Each new folder's name is forced to the disk in its parent: a power cut must not lose the way.
        if not folder.is_dir():
            self._make_folder(folder.parent)
            folder.mkdir(exist_ok=True)
            self._sync_folder(folder.parent)

    def _write(self, path: Path, raw: bytes) -> None:
        with path.open("wb") as file:
            file.write(raw)
            file.flush()
            if self.sync:
                os.fsync(file.fileno())

    def _sync_folder(self, folder: Path) -> None:
        if self.sync:
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


class Tiles:
    """Reads one log of a known size below a folder, and makes proofs from it.

    Nothing that is read is believed: whoever holds a proof verifies it against a signed checkpoint.
    """

    def __init__(self, folder: Path, size: int) -> None:
        self.folder = folder
        self.size = size
        self.tile = lru_cache(maxsize=1024)(self._tile)

    def checkpoint(self) -> bytes:
        """Return the bytes of the published checkpoint.

        :raises Malformed: when nothing was published yet.
        """
        return self._read("checkpoint")

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a perfect subtree, which is what the proof functions of `merkle` ask for."""
        tile_level, up = divmod(level, 8)
        first = index << up
        hashes = self.tile(tile_level, first // WIDTH)[first % WIDTH : first % WIDTH + (1 << up)]
        if len(hashes) != 1 << up:
            raise Malformed("A tile is asked for hashes that are not in it.")
        return _full_root(hashes)

    def entries(self, first: int, last: int) -> list[bytes]:
        """Return the entries first..last-1.

        :raises Malformed: when they are not in the tree, or a bundle is missing or damaged.
        """
        if not 0 <= first <= last <= self.size:
            raise Malformed("There are no such entries in a tree of this size.")
        return list(self._walk(first, last))

    def entry(self, index: int) -> bytes:
        """Return one entry.

        :raises Malformed: when it is not in the tree, or its bundle is missing or damaged.
        """
        return self.entries(index, index + 1)[0]

    def range(self) -> CompactRange:
        """Return the compact range of the whole tree, to go on appending or to check the root."""
        found, at = [], 0
        for level in reversed(range(self.size.bit_length())):
            if self.size >> level & 1:
                found.append(self.node(level, at >> level))
                at += 1 << level
        return CompactRange(self.size, found)

    def inclusion(self, index: int) -> list[bytes]:
        """Return the inclusion proof of an entry in this tree."""
        return inclusion_proof(index, self.size, self.node)

    def consistency(self, old: int) -> list[bytes]:
        """Return the proof that this tree continues the one of `old` entries."""
        return consistency_proof(old, self.size, self.node)

    def _walk(self, first: int, last: int) -> Iterator[bytes]:
        for number in range(first // WIDTH, -(-last // WIDTH)):
            width = min(WIDTH, self.size - number * WIDTH)
            raw, held = self._partial("entries", number, width)
            bundle = parse_bundle(raw, held)
            start = number * WIDTH
            yield from bundle[max(0, first - start) : min(width, last - start)]

    def _tile(self, level: int, index: int) -> list[bytes]:
        width = min(WIDTH, (self.size >> (8 * level)) - index * WIDTH)
        if width < 1:
            raise Malformed("There is no such tile in a tree of this size.")
        raw, held = self._partial(level, index, width)
        if len(raw) != held * HASH:
            raise Malformed("A tile has the wrong length.")
        return [raw[HASH * at : HASH * (at + 1)] for at in range(width)]

    def _partial(self, level: int | str, index: int, width: int) -> tuple[bytes, int]:
        """Return a partial tile, or the full one in whose favour it was dropped, with the width found."""
        path = tile_path(level, index, width)
        if width < WIDTH and not (self.folder / path).exists():
            return self._read(tile_path(level, index)), WIDTH
        return self._read(path), width

    def _read(self, name: str) -> bytes:
        try:
            return (self.folder / name).read_bytes()
        except OSError:
            raise Malformed("A file of the log is missing or cannot be read.", where=name) from None


def _full_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root over a power of two of hashes."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]
