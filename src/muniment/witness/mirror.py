"""The copy that a witness keeps when it is a mirror too: the entries of the logs that it cosigns, as C2SP tlog-tiles.

Rules: entries are given, from the one that follows the copy on; they lie aside until a head that the log signed leads
to exactly them, and only then become part of the copy. No head is cosigned whose entries are not held. What lies
aside is bounded and believed by nobody.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from muniment.proof.checkpoint import Checkpoint, parse_checkpoint
from muniment.proof.errors import Malformed
from muniment.proof.merkle import CompactRange, leaf_hash
from muniment.proof.mirror import LACKING, Given, split_entries
from muniment.proof.tiles import Tiles, TileWriter
from muniment.proof.witness import Declined

#: All that may lie aside for one log.
MOST_ASIDE: Final = 256 * 1024 * 1024


class Mirror:
    """The copies below a witness's folder. One caller at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "mirror"

    def place(self, origin: str) -> Path:
        """Return the folder of one log's copy: tiles, entries, and the head that they lead to."""
        return self.folder / hashlib.sha256(origin.encode()).hexdigest()[:16]

    def held(self, origin: str) -> int:
        """Return how many entries the copy holds that a signed head leads to."""
        shown = self.place(origin) / "checkpoint"
        return parse_checkpoint(self.shown(origin)).size if shown.is_file() else 0

    def shown(self, origin: str) -> bytes:
        """Return the head that one log's copy leads to."""
        return (self.place(origin) / "checkpoint").read_bytes()

    def _aside(self, origin: str) -> tuple[Path, list[bytes]]:
        # Named by what it follows: what a kill left behind that became part of the copy is not counted again.
        path = self.place(origin) / f"aside-{self.held(origin)}"
        for stale in set(path.parent.glob("aside*")) - {path}:
            stale.unlink()
        try:
            return path, split_entries(path.read_bytes()) if path.is_file() else []
        except Malformed:  # a crash came in the middle: what lay aside is given again
            path.unlink()
            return path, []

    def give(self, given: Given) -> int:
        """Lay entries aside that follow those which are here; returns how many there are with them.

        :raises Declined: with 409 and the number, when these are not the ones that follow; 400 or 413.
        """
        place = self.place(given.origin)
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            fresh = split_entries(given.raw)
        except Malformed as why:
            raise Declined(400, why.what) from None
        path, waiting = self._aside(given.origin)
        there = self.held(given.origin) + len(waiting)
        if given.first != there or not fresh:
            raise Declined(409, "These are not the entries that follow.", size=there)
        before = path.stat().st_size if path.is_file() else 0
        if before + len(given.raw) > MOST_ASIDE:
            path.unlink()
            raise Declined(413, "Too many entries that no signed head leads to.")
        with path.open("ab") as file:
            file.write(given.raw)
        return there + len(fresh)

    def require(self, head: Checkpoint, note: bytes) -> None:
        """Make sure that the copy leads to this head, and keep the entries that it adds.

        :raises Declined: with 424 and the number of entries that are here for good, when it does not.
        :raises OSError: when the copy cannot be written.
        """
        size = self.held(head.origin)
        place = self.place(head.origin)
        if head.size <= size:
            if Tiles(place, head.size).range().root() != head.root:
                # Not cosigned perhaps, if something ended in between; signed by the log it is all the same.
                kept = parse_checkpoint(self.shown(head.origin))
                forked = "fork" if Tiles(place, size).range().root() == kept.root else ""
                raise Declined(
                    LACKING, "The copy does not lead to this head.", size=size, contradiction=forked
                )
            return
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        path, waiting = self._aside(head.origin)
        fresh = waiting[: head.size - size]
        grown = Tiles(place, size).range() if size else CompactRange()
        for entry in fresh:
            grown.append(leaf_hash(entry))
        if grown.size != head.size or grown.root() != head.root:
            if len(fresh) == head.size - size:
                # Whole, and not what the log signed: begin anew from what is held for good.
                path.unlink(missing_ok=True)
                raise Declined(LACKING, "The entries do not lead to this head.", size=size)
            raise Declined(LACKING, "The entries of this head are not all here.", size=size + len(waiting))
        writer = TileWriter(place)
        writer.extend(size, fresh)
        writer.publish(note)
        writer.drop_partials(size, head.size)
        path.unlink(missing_ok=True)
