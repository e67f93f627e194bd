"""A copied log, verified without its installation: the files of its folder and nothing but public keys.

Rules (``docs/formats/tiles-and-pruning.md``): the signed checkpoint is verified first; then every entry, every tile
and every earlier checkpoint that somebody kept is held against one walk over the hashes, which needs no more memory for
a million entries than for a thousand. What is not there is told apart: *pruned* below a bound that the log signed,
*withheld* when no entries were handed over at all, *missing* otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from muniment.proof.canonical import parse
from muniment.proof.checkpoint import Checkpoint
from muniment.proof.errors import Malformed
from muniment.proof.kept import LARGEST_SMALL, in_folder, read_file, require_named
from muniment.proof.leaf import parse_leaf, parse_opening, require_opened
from muniment.proof.merkle import HASH, CompactRange, joined, leaf_hash, root_of_full
from muniment.proof.note import COSIGNED_ED25519, COSIGNED_MLDSA44, Key, parse_note
from muniment.proof.numbered import StreamsSeen
from muniment.proof.policy import NONE, Policy, witnessed
from muniment.proof.succession import LARGEST_SUCCESSION, Line, follow_keys, open_by
from muniment.proof.tiles import WIDTH, parse_bundle, tile_name, tile_path

PRUNED = "pruned.json"
PRUNED_KIND = "muniment.pruned/1"
#: How the log's keys followed each other, where they were changed.
STEPS = "succession"
LARGEST_BUNDLE = WIDTH * (2 + 65535)
MOST_FAULTS = 1000
YEAR = 365 * 24 * 3600


@dataclass
class Seen:
    """What was found in a folder.

    :param entries: entries whose bytes were held against the tree. :param pruned: the bound below which bundles are
        gone lawfully. :param checkpoints: how many signed states were held against each other.
    :param faults: a sentence for each thing that does not hold. :param notes: sentences about what could not be looked
        at, or is lawfully gone; none of them is a fault.
    """

    origin: str = ""
    size: int = 0
    root: bytes = b""
    entries: int = 0
    pruned: int = 0
    checkpoints: int = 0
    quorum: bool | None = None
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether nothing was found wrong."""
        return not self.faults

    def fault(self, sentence: str) -> None:
        """Note a fault; past a thousand no more are named."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(sentence)


@dataclass(frozen=True)
class _Kept:
    """An earlier signed state: its name for people, what it says, and when it was signed; 0 when nobody says."""

    name: str
    head: Checkpoint
    at: int


def verify_folder(
    folder: Path,
    keys: Sequence[Key],
    *,
    kept: Iterable[tuple[str, bytes]] = (),
    policy: Policy | None = None,
    hashes_only: bool = False,
) -> Seen:
    """Verify the folder of one log.

    :param keys: the log's public keys, from outside the folder. :param kept: checkpoints that somebody kept, by name.
    :param policy: whose cosignatures are asked for. :param hashes_only: leave the entries alone, if they are there.
    """
    seen = Seen()
    try:
        raw = read_file(folder / "checkpoint", LARGEST_SMALL)
        if raw is None:
            raise Malformed("The file checkpoint is missing, so there is nothing that the log signed.")
        line = _line(folder, keys, seen)
        head, signed = open_by(line, raw, keys)
    except Malformed as why:
        seen.fault(str(why))
        return seen
    if line is not None:
        keys = tuple(dict.fromkeys((*keys, *line.keys)))
    seen.origin, seen.size, seen.root = head.origin, head.size, head.root
    if signed.unchecked:
        seen.notes.append("The ML-DSA-44 signature was not checked: this machine cannot compute it.")
    if policy is not None:
        _count(raw, policy, keys, seen)
    own = _Kept("checkpoint", head, _signed_at(raw, keys))
    held = [own, *_earlier(line, keys, [*in_folder(folder, seen.fault), *kept], head, seen, policy=policy)]
    # The states by which a log stands whose keys were stolen: the tree has to lead to them too.
    good = [one for one in (() if line is None else line.good) if one.size <= head.size]
    held += [_Kept("the state named when the keys were stolen", one, 0) for one in good]
    seen.checkpoints = len(held)
    _Walk(folder, head.size, held, seen, hashes_only=hashes_only).go()
    return seen


def _count(raw: bytes, policy: Policy, keys: Sequence[Key], seen: Seen) -> None:
    try:
        found = witnessed(raw, policy, tuple(key for key in keys if key.name == seen.origin))
    except Malformed as why:
        seen.fault(f"checkpoint: {why}")
        return
    seen.quorum = found.quorum
    if found.quorum is False:
        seen.fault(f"The checkpoint at {seen.size} is not witnessed: the quorum of the policy is not met.")
    if found.quorum is None:
        seen.notes.append("Whether the quorum is met depends on signatures that this machine cannot check.")


def _signed_at(raw: bytes, keys: Sequence[Key]) -> int:
    """Return the latest second at which a known key says that it signed; the signatures were verified before."""
    timed = {(key.name, key.key_id) for key in keys if key.kind in {COSIGNED_ED25519, COSIGNED_MLDSA44}}
    times = [
        int.from_bytes(one.raw[:8], "big")
        for one in parse_note(raw).signatures
        if (one.name, one.key_id) in timed
    ]
    return max(times, default=0)


def _line(folder: Path, keys: Sequence[Key], seen: Seen) -> Line | None:
    """Follow the log's keys from the trusted ones, by the steps beside its tiles; None when there are none."""
    raw = read_file(folder / STEPS, LARGEST_SUCCESSION)
    if raw is None:
        return None
    try:
        line = follow_keys(raw, keys)
    except Malformed as why:
        seen.fault(f"{STEPS}: {why}")
        return None
    seen.notes += line.told()
    return line


def _earlier(
    line: Line | None,
    keys: Sequence[Key],
    kept: Iterable[tuple[str, bytes]],
    newest: Checkpoint,
    seen: Seen,
    *,
    policy: Policy | None,
) -> Iterator[_Kept]:
    """Yield every other checkpoint that was kept, verified; names those that are none of this log's past."""
    known = keys if policy is None else (*keys, *policy.witness_keys)
    covered = []
    for name, raw in kept:
        try:
            head, signed = open_by(line, raw, known, newest.origin)
            require_named(name, head.size)
        except Malformed as why:
            seen.fault(f"{name}: {why}")
            continue
        if head.size > newest.size:
            seen.fault(
                f"{name}: it is signed at {head.size} entries, and the log here ends at {newest.size}:"
                " the log was rolled back, or this copy is older."
            )
        else:
            if policy is not None and policy.met(signed.good, signed.unchecked):
                covered.append(head.size)
            yield _Kept(name, head, _signed_at(raw, keys))
    if covered and policy is not None and policy.quorum != NONE:
        seen.notes.append(
            f"{len(set(covered))} earlier states have the quorum too; the first is of {min(covered)} entries."
        )


class _Walk:
    """One walk over the hashes of a log, 256 entries at a time; only the right edge of the tree is remembered."""

    def __init__(
        self, folder: Path, size: int, held: Sequence[_Kept], seen: Seen, *, hashes_only: bool
    ) -> None:
        self.folder, self.size, self.seen, self.hashes_only = folder, size, seen, hashes_only
        self.held = sorted((one for one in held if one.head.size), key=lambda one: one.head.size)
        self.kept = list(held)
        self.full = CompactRange()
        self.levels: list[list[bytes]] = []
        self.done: list[int] = []
        self.gone: list[int] = []
        self.at = 0
        self.streams = StreamsSeen(self._heads_said, size)

    def go(self) -> None:
        """Walk, and note what was found."""
        if not self.hashes_only and self.size and not (self.folder / "tile" / "entries").is_dir():
            self.hashes_only = True
            self.seen.notes.append(
                "The entries were withheld: none were handed over, so only hashes were verified."
            )
        for number in range(-(-self.size // WIDTH)):
            width = min(WIDTH, self.size - number * WIDTH)
            try:
                hashes = self._hashes(number, width)
                self._entries(number, width, hashes)
                self._heads(number, width, hashes)
                self._up(0, hashes if width == WIDTH else [])
            except Malformed as why:
                self.seen.fault(str(why))
                return
        self._edges()
        self._absent()
        if self.size and not self.hashes_only:
            self.seen.notes.append(self.streams.said())

    def _hashes(self, number: int, width: int) -> list[bytes]:
        raw = self._tile(0, number, width)
        if raw is None:
            raise Malformed(
                "A tile is missing, and pruning never takes a tile away.", where=tile_path(0, number, width)
            )
        return [raw[HASH * at : HASH * (at + 1)] for at in range(width)]

    def _tile(self, level: int, number: int, width: int) -> bytes | None:
        """Return a tile, cut to size when only a wider one is there; None when there is none."""
        raw = read_file(self.folder / tile_path(level, number, width), WIDTH * HASH)
        full = width
        if raw is None and width < WIDTH:
            raw, full = read_file(self.folder / tile_path(level, number), WIDTH * HASH), WIDTH
        if raw is not None and len(raw) != full * HASH:
            raise Malformed("A tile has the wrong length.", where=tile_path(level, number, width))
        return None if raw is None else raw[: width * HASH]

    def _entries(self, number: int, width: int, hashes: list[bytes]) -> None:
        if self.hashes_only:
            return
        leaves = self._bundle(number, width)
        if leaves is None:
            self.gone.append(number)
            self.streams.lost()
            return
        for index, (leaf, hashed) in enumerate(zip(leaves, hashes), number * WIDTH):  # noqa: B905  # both are as wide
            if leaf_hash(leaf) != hashed:
                self.seen.fault(f"entry {index} is not the one that the tree holds")
                self.streams.lost()
            else:
                self.seen.faults += list(self.streams.take(index, leaf))[
                    : MOST_FAULTS - len(self.seen.faults)
                ]
        self.seen.entries += width

    def _heads_said(self, index: int) -> bytes | None:
        return read_file(self.folder / "heads" / tile_name(index), LARGEST_SMALL)

    def _bundle(self, number: int, width: int) -> list[bytes] | None:
        raw, held = read_file(self.folder / tile_path("entries", number, width), LARGEST_BUNDLE), width
        if raw is None and width < WIDTH:
            raw, held = read_file(self.folder / tile_path("entries", number), LARGEST_BUNDLE), WIDTH
        if raw is None:
            return None
        try:
            return parse_bundle(raw, held)[:width]
        except Malformed as why:
            raise Malformed(why.what, where=tile_path("entries", number, width)) from None

    def _heads(self, number: int, width: int, hashes: list[bytes]) -> None:
        """Hold the tree against every checkpoint that ends within this tile."""
        while self.at < len(self.held) and self.held[self.at].head.size <= number * WIDTH + width:
            one = self.held[self.at]
            part = CompactRange()
            for hashed in hashes[: one.head.size - number * WIDTH]:
                part.append(hashed)
            found = joined([*self.full.hashes, *part.hashes])
            if found != one.head.root:
                self.seen.fault(
                    f"{one.name}: the tree does not lead to the checkpoint signed at {one.head.size}"
                )
            self.at += 1

    def _up(self, level: int, hashes: list[bytes]) -> None:
        """Put the root of a full tile into the tile above, and hold that against its file when it is full too."""
        if not hashes:
            return
        above = root_of_full(hashes)
        if level == 0:
            self.full.append(above)
        if level == len(self.levels):
            self.levels.append([])
            self.done.append(0)
        row = self.levels[level]
        row.append(above)
        if len(row) == WIDTH:
            self._same(level + 1, self.done[level], row)
            self.levels[level] = []
            self.done[level] += 1
            self._up(level + 1, row)

    def _edges(self) -> None:
        for level, row in enumerate(self.levels):
            if row:
                try:
                    self._same(level + 1, self.done[level], row)
                except Malformed as why:
                    self.seen.fault(str(why))

    def _same(self, level: int, number: int, wanted: list[bytes]) -> None:
        raw = self._tile(level, number, len(wanted))
        where = tile_path(level, number, len(wanted))
        if raw is None:
            raise Malformed("A tile is missing, and pruning never takes a tile away.", where=where)
        if raw != b"".join(wanted):
            raise Malformed("A tile holds something else than the tiles below it give.", where=where)

    def _absent(self) -> None:
        """Say of bundles that are not there whether they were pruned or are missing."""
        if self.hashes_only:
            return
        try:
            bound, at = self._bound()
        except Malformed as why:
            self.seen.fault(f"{PRUNED}: {why}")
            bound, at = 0, 0
        self.seen.pruned = bound
        for number in self.gone:
            if (number + 1) * WIDTH > bound:
                first, last = number * WIDTH, min((number + 1) * WIDTH, self.size) - 1
                self.seen.fault(
                    f"entries {first} to {last} are missing, and no bound was signed below which they may go"
                )
        if bound:
            self.seen.notes.append(
                f"Entries below {bound} were pruned; entry {at} is the log's own word for it."
            )

    def _bound(self) -> tuple[int, int]:
        """Return the bound that the log signed and the entry that says so; 0 and 0 when there is none.

        :raises Malformed: when the file claims a bound that the entry does not open to, or that came too early.
        """
        raw = read_file(self.folder / PRUNED, LARGEST_SMALL)
        if raw is None:
            return 0, 0
        held = parse(raw, largest=LARGEST_SMALL)
        named = (PRUNED_KIND, self.seen.origin)
        if not isinstance(held, dict) or (held.get("k"), held.get("origin")) != named:
            raise Malformed("It has a form that is not known here, or is of another log.")
        index, shown = held.get("index"), held.get("openings")
        if type(index) is not int or not 0 <= index < self.size or not isinstance(shown, list):
            raise Malformed("It names no entry of this log.")
        leaf, openings = parse_leaf(self._leaf(index)), [parse_opening(one) for one in shown]
        for opening in openings:
            require_opened(leaf, opening)
        said = {one.path: one.value for one in openings}
        bound = said.get("facts.bound")
        if said.get("action") != "ledger.prune" or type(bound) is not int or not 0 < bound <= self.size:
            raise Malformed("The entry that it names signs no bound.")
        for one in self.kept:
            if one.at > leaf.t - YEAR and one.head.size < bound:
                raise Malformed(
                    f"Pruned too early: {one.name} was signed less than a year before the pruning, at"
                    f" {one.head.size} entries, and entries up to {bound} are gone."
                )
        return bound, index

    def _leaf(self, index: int) -> bytes:
        number, within = divmod(index, WIDTH)
        width = min(WIDTH, self.size - number * WIDTH)
        leaves = self._bundle(number, width)
        if leaves is None:
            raise Malformed("The entry that signs the bound is not there.")
        raw = self._tile(0, number, width)
        if raw is None or leaf_hash(leaves[within]) != raw[HASH * within : HASH * (within + 1)]:
            raise Malformed("The entry that signs the bound is not the one that the tree holds.")
        return leaves[within]
