"""Every file of a log on the disk held against the entries, while these are walked in order; nothing is kept of them.

A tile or bundle must hold what the entries give, the partial ones that are left for slow readers too, or a part that
nothing rests on today would be read as the log tomorrow. What is beyond the last entry is not looked at: the
publisher writes before it signs, and it compares what it finds there with what it would write.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from muniment.proof.errors import Malformed
from muniment.proof.merkle import HASH, CompactRange, leaf_hash
from muniment.proof.tiles import WIDTH, Tiles, encode_bundle, parse_bundle, tile_path

_PLACE = re.compile(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


class Disk:
    """The files of one log as its entries want them.

    :param folder: of the log. :param published: the size whose tiles must all be there.
    :param pruned: the bound below which bundles may be gone.
    """

    def __init__(self, folder: Path, published: int, pruned: int = 0) -> None:
        self.folder = folder
        self.published = published
        self.pruned = pruned
        self._leaves: list[bytes] = []
        self._levels: list[list[bytes]] = [[]]
        self._done = [0]

    def begin(self, size: int) -> None:
        """Begin behind the first ``size`` entries, a multiple of 256, with what the tiles say of them.

        :raises Malformed: when these cannot be read.
        """
        before = Tiles(self.folder, size)
        self._leaves, self._levels, self._done = [], [[]], [size // WIDTH]
        level = 1
        while size >> (8 * level):
            number, within = divmod(size >> (8 * level), WIDTH)
            self._levels.append(list(before.tile(level, number)) if within else [])
            self._done.append(number)
            level += 1

    def pass_by(self, number: int) -> tuple[list[bytes] | None, list[str]]:
        """Take 256 entries that were pruned by the tile that holds their hashes; also sentences about tiles above it.

        A bundle that still stands beside the tile must lead to it.
        """
        raw = _read(self.folder / tile_path(0, number))
        if raw is None or len(raw) != WIDTH * HASH:
            return None, [f"the file {tile_path(0, number)} is missing, and pruning never takes a tile away"]
        hashes = [raw[HASH * at : HASH * (at + 1)] for at in range(WIDTH)]
        faults = []
        bundle = _read(self.folder / tile_path("entries", number))
        if bundle is not None and _hashed(bundle) != hashes:
            faults.append(f"the file {tile_path('entries', number)} holds something else than its tile gives")
        self._levels[0] = list(hashes)
        faults.extend(self._roll(0))
        self._leaves = []
        return hashes, faults

    def take(self, leaf: bytes) -> Iterator[str]:
        """Take the next entry; yields a sentence for each file that is full by it and holds something else."""
        self._leaves.append(leaf)
        self._levels[0].append(leaf_hash(leaf))
        if len(self._leaves) == WIDTH:
            yield from self._bundle()
            yield from self._roll(0)

    def end(self, *, strange: bool = True) -> Iterator[str]:
        """Yield a sentence for each file of the unfinished edge that holds something else, and for each strange one."""
        if self._leaves:
            yield from self._bundle()
        for level, hashes in enumerate(self._levels):
            if hashes:
                yield from self._tile(level)
        if strange:
            yield from self._strange()

    def _bundle(self) -> Iterator[str]:
        leaves = self._leaves
        yield from self._file(
            "entries", self._done[0], len(leaves), lambda width: encode_bundle(leaves[:width])
        )
        self._leaves = []

    def _tile(self, level: int) -> Iterator[str]:
        hashes: Sequence[bytes] = self._levels[level]
        yield from self._file(level, self._done[level], len(hashes), lambda width: b"".join(hashes[:width]))

    def _roll(self, level: int) -> Iterator[str]:
        """Check a full tile and put its root into the one above."""
        yield from self._tile(level)
        if level + 1 == len(self._levels):
            self._levels.append([])
            self._done.append(0)
        above = CompactRange()
        for hashed in self._levels[level]:
            above.append(hashed)
        self._levels[level + 1].append(above.root())
        self._levels[level] = []
        self._done[level] += 1
        if len(self._levels[level + 1]) == WIDTH:
            yield from self._roll(level + 1)

    def _file(
        self, level: int | str, index: int, count: int, wanted: Callable[[int], bytes]
    ) -> Iterator[str]:
        """Hold the full file of a place and all its parts against what ``count`` entries or hashes give."""
        whole = wanted(count)
        above = self.published >> (0 if isinstance(level, str) else 8 * level)
        needed = min(WIDTH, above - index * WIDTH)
        full = self.folder / tile_path(level, index)
        held = {WIDTH: _read(full), **{width: _read(file) for width, file in _parts(full)}}
        if needed > 0 and held.get(needed) is None and held[WIDTH] is None:
            yield f"the file {tile_path(level, index, needed)} is missing"
        for width, raw in sorted(held.items()):
            if raw is None:
                continue
            right = wanted(width) if width <= count else whole
            if (raw if width <= count else raw[: len(right)]) != right:
                yield f"the file {tile_path(level, index, width)} holds something else than the entries give"

    def _strange(self) -> Iterator[str]:
        for file in sorted(self.folder.glob("tile/**/*")):
            name = file.relative_to(self.folder).as_posix()
            # A file that begins with a dot is one that a crash left half-written; nobody ever reads it.
            if file.is_file() and not file.name.startswith(".") and not _PLACE.fullmatch(name):
                yield f"the file {name} is none of the log's"


def _parts(full: Path) -> Iterator[tuple[int, Path]]:
    folder = full.with_name(f"{full.name}.p")
    for file in folder.iterdir() if folder.is_dir() else ():
        if file.name.isdecimal() and 0 < int(file.name) < WIDTH:
            yield int(file.name), file


def _hashed(bundle: bytes) -> list[bytes]:
    try:
        return [leaf_hash(leaf) for leaf in parse_bundle(bundle, WIDTH)]
    except Malformed:
        return []


def _read(file: Path) -> bytes | None:
    """Return what a file holds; ``None`` when it is not there (any more): the publisher drops parts as it goes on."""
    try:
        return file.read_bytes()
    except OSError:
        return None
