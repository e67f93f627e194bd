"""That a stream is whole, or that there is none: every leaf of it, and where it ends by the stream-heads map.

Rules (`docs/formats/stream-heads.md`): a stream-heads leaf commits the root of the map over the first `size`
entries of the log, and its three facts are public. A stream is whole up to there when its leaves are numbered from
0 without a gap up to the number that the map names, the last one stands at the place that the map names, and every
one is in the log. What was never logged, or was logged into another stream, is outside this and any proof.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from muniment.proof.canonical import canonical, decode64, encode64, parse, shaped
from muniment.proof.checkpoint import Checkpoint
from muniment.proof.errors import Malformed
from muniment.proof.leaf import STREAM, Leaf, Opening, parse_leaf, parse_opening, require_opened
from muniment.proof.merkle import leaf_hash, verify_inclusion, verify_many
from muniment.proof.streamheads import HEAD_ROW, Head, HeadMap, head_in, require_head, require_no_stream

STREAM_KIND = "muniment.stream/1"
LONG_KIND = "muniment.stream/2"
HEADS_KIND = "muniment.heads/1"
HEADS_CLASS = "log.heads"
HEADS_FACTS = ("facts.root", "facts.size", "facts.streams")
LARGEST_HEADS = 4096
LARGEST_STREAM = 32 * 1024 * 1024
MOST_IN_STREAM = 9_000
MOST_IN_LONG = 40_000
_HEADS_ROOT = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Placed:
    """A leaf with its place in the log and the hashes that lead from it to the root."""

    index: int
    raw: bytes
    hashes: tuple[bytes, ...]

    def leaf_in(self, checkpoint: Checkpoint) -> Leaf:
        """Return the leaf after making sure that it is in the tree of a verified checkpoint.

        :raises Malformed: when it is not, or is no leaf.
        """
        verify_inclusion(leaf_hash(self.raw), self.index, checkpoint.size, self.hashes, checkpoint.root)
        return parse_leaf(self.raw)


@dataclass(frozen=True)
class HeadsSaid:
    """What a stream-heads leaf says: the map's root over the first `size` entries, and how many streams it has."""

    root: bytes
    size: int
    streams: int


@dataclass(frozen=True)
class StreamProof:
    """A proof about one stream, taken apart; nothing of it is believed yet.

    :param heads: the stream-heads leaf. :param openings: of its three facts.
    :param at: the head that stands where the tag leads, its own or another's; None when nothing stands there.
    :param entries: every leaf of the stream, by number; none when the stream is absent.
    :param shared: the hashes that lead from all entries together to the root, which then have none of their own; None
        in a proof of the first kind, in which each has its own.
    """

    tag: bytes
    checkpoint: bytes
    heads: Placed
    openings: tuple[Opening, ...]
    path: tuple[bytes, ...]
    at: Head | None
    entries: tuple[Placed, ...]
    shared: tuple[bytes, ...] | None = None

    def leaves_in(self, checkpoint: Checkpoint) -> Iterator[Leaf]:
        """Yield the leaf of each entry, after making sure that it is in the tree of a verified checkpoint.

        :raises Malformed: when one is not, or is no leaf.
        """
        if self.shared is not None:
            verify_many(
                [leaf_hash(one.raw) for one in self.entries],
                [one.index for one in self.entries],
                checkpoint.size,
                self.shared,
                checkpoint.root,
            )
            yield from (parse_leaf(one.raw) for one in self.entries)
            return
        yield from (one.leaf_in(checkpoint) for one in self.entries)

    def require(self, checkpoint: Checkpoint) -> WholeStream:
        """Make sure that the stream is whole up to the stream-heads leaf, or that there was none with this tag.

        :param checkpoint: already verified.
        :raises Malformed: naming what does not hold.
        """
        leaf = self.heads.leaf_in(checkpoint)
        said = heads_said(leaf, self.heads.index, self.openings)
        if self.at is None or self.at.tag != self.tag:
            require_no_stream(self.tag, self.at, self.path, said.root)
            if self.entries:
                raise Malformed("The map has no such stream, and entries of it are shown.")
            return WholeStream(self.tag, said.size, leaf.t, (), {})
        require_head(self.at, self.path, said.root)
        if self.at.index >= said.size or len(self.entries) != self.at.sn + 1:
            raise Malformed("The entries shown are not as many as the map names.", where="entries")
        classes: dict[str, int] = {}
        last = -1
        for number, held in enumerate(self.leaves_in(checkpoint)):
            one = self.entries[number]
            if (held.st, held.sn) != (self.tag, number) or one.index <= last:
                raise Malformed(
                    "An entry is of another stream, or not the next one.", where=f"entry {number}"
                )
            last = one.index
            classes[held.cls] = classes.get(held.cls, 0) + 1
        if last != self.at.index:
            raise Malformed("The last entry does not stand where the map says that the stream ends.")
        return WholeStream(self.tag, said.size, leaf.t, tuple(one.index for one in self.entries), classes)


@dataclass(frozen=True)
class WholeStream:
    """What a proof shows of a stream.

    :param size: it is whole among the first so many entries of the log.
    :param time: of the stream-heads leaf, seconds since 1970, by the operator's clock.
    :param places: of its entries in the log, by number; empty when there is no such stream.
    :param classes: how many entries of each class it has; a class that is not here is absent from it.
    """

    tag: bytes
    size: int
    time: int
    places: tuple[int, ...]
    classes: dict[str, int]


def heads_said(leaf: Leaf, index: int, openings: Sequence[Opening]) -> HeadsSaid:
    """Return what a stream-heads leaf at this place says, after holding its openings against it.

    :raises Malformed: when it is a leaf of another class, or does not say this.
    """
    if leaf.cls != HEADS_CLASS or tuple(one.path for one in openings) != HEADS_FACTS:
        raise Malformed("This is no stream-heads leaf, or not all that it says is shown.")
    for one in openings:
        require_opened(leaf, one)
    root, size, streams = (one.value for one in openings)
    if not isinstance(root, str) or not _HEADS_ROOT.fullmatch(root):
        raise Malformed("The root of a stream-heads leaf is not 64 lower-case hex digits.")
    if type(size) is not int or type(streams) is not int or not 0 < size <= index or not 0 < streams <= size:
        raise Malformed("The size or the number of streams of a stream-heads leaf is out of range.")
    return HeadsSaid(bytes.fromhex(root), size, streams)


def write_heads(index: int, openings: Sequence[Opening]) -> bytes:
    """Write what a stream-heads leaf says, for everybody who has the log's entries and wants to compare."""
    shown = [one.shown() for one in openings if one.path in HEADS_FACTS]
    return canonical({"index": index, "k": HEADS_KIND, "openings": shown})


def parse_heads(raw: bytes, index: int) -> tuple[Opening, ...]:
    """Read what the stream-heads leaf at this place says.

    :raises Malformed: when the file is misshapen or about another leaf.
    """
    held = shaped(
        parse(raw, largest=LARGEST_HEADS), {"index": int, "k": str, "openings": list}, where="heads"
    )
    if held["k"] != HEADS_KIND or held["index"] != index:
        raise Malformed("This file is of another kind, or about another stream-heads leaf.")
    return tuple(parse_opening(one) for one in held["openings"])


def write_stream_proof(proof: StreamProof) -> bytes:
    """Write a proof as canonical JSON.

    :raises Malformed: when it could not be read back.
    """
    made: dict[str, Any] = {"path": [encode64(one) for one in proof.path]}
    if proof.at is not None:
        made["at"] = {"index": proof.at.index, "sn": proof.at.sn, "tag": encode64(proof.at.tag)}
    raw = canonical(
        {
            "checkpoint": proof.checkpoint.decode("utf-8"),
            "entries": [_entry_shown(one, proof.shared) for one in proof.entries],
            "heads": {**_placed_shown(proof.heads), "openings": [one.shown() for one in proof.openings]},
            "k": STREAM_KIND if proof.shared is None else LONG_KIND,
            "map": made,
            "tag": encode64(proof.tag),
            **({} if proof.shared is None else {"hashes": [encode64(one) for one in proof.shared]}),
        }
    )
    parse_stream_proof(raw)
    return raw


def parse_stream_proof(raw: bytes) -> StreamProof:
    """Read a proof; `StreamProof.require` then holds it against a verified checkpoint.

    :raises Malformed: when it is misshapen or too long.
    """
    keys: dict[str, type] = {
        "checkpoint": str,
        "entries": list,
        "heads": dict,
        "k": str,
        "map": dict,
        "tag": str,
    }
    held = shaped(parse(raw, largest=LARGEST_STREAM), keys, optional={"hashes": list}, where="stream")
    long = "hashes" in held
    most = MOST_IN_LONG if long else MOST_IN_STREAM
    if held["k"] != (LONG_KIND if long else STREAM_KIND) or len(held["entries"]) > most:
        raise Malformed("This is no proof about a stream, or it has too many entries.")
    heads = dict(held["heads"])
    openings = heads.pop("openings", None)
    if not isinstance(openings, list):
        raise Malformed("The openings of the stream-heads leaf are missing.")
    found = shaped(held["map"], {"path": list}, optional={"at": dict}, where="map")
    at = None
    if "at" in found:
        one: Any = shaped(found["at"], {"index": int, "sn": int, "tag": str}, where="map")
        at = Head(decode64(one["tag"], length=STREAM), one["sn"], one["index"])
    return StreamProof(
        tag=decode64(held["tag"], length=STREAM),
        checkpoint=held["checkpoint"].encode("utf-8"),
        heads=_placed(heads),
        openings=tuple(parse_opening(one) for one in openings),
        path=tuple(decode64(one, length=32) for one in found["path"]),
        at=at,
        entries=tuple(_together(one) if long else _placed(one) for one in held["entries"]),
        shared=tuple(decode64(one, length=32) for one in held["hashes"]) if long else None,
    )


@dataclass
class RebuiltHeads:
    """The map made again from the leaves of a log in order, and held against every stream-heads leaf on the way.

    It needs the entries and the published openings of the stream-heads leaves; no key and no database.

    :param published: returns what is published about the stream-heads leaf at a place; None when nothing is.
    :param needed: up to which size of the log there must be something.
    """

    published: Callable[[int], bytes | None]
    needed: int
    held: HeadMap = field(default_factory=HeadMap)
    after: int = 0
    checked: int = 0
    _later: bytearray = field(default_factory=bytearray)

    def take(self, index: int, leaf: Leaf) -> Iterator[str]:
        """Take the next leaf; yields a sentence for each thing that a stream-heads leaf says and that is not so."""
        if leaf.cls == HEADS_CLASS:
            yield from self.hold(index, leaf)
        self.step(Head(leaf.st, leaf.sn, index))

    def step(self, head: Head) -> None:
        """Take the next entry, by where it brings its stream; for who has this without its leaf."""
        self._later += head.row()

    def hold(self, index: int, leaf: Leaf) -> Iterator[str]:
        """Hold a stream-heads leaf against the entries before it; the step itself follows."""
        name = f"the stream-heads leaf at {index}"
        raw = self.published(index)
        if raw is None:
            if index < self.needed:
                yield f"{name}: what it says is not published"
            return
        try:
            said = heads_said(leaf, index, parse_heads(raw, index))
        except Malformed as why:
            yield f"{name}: what is published is not what it says ({why})"
            return
        if said.size < self.after:
            yield f"{name}: it is about less of the log than the one before"
            return
        late = len(self._later) - HEAD_ROW * (index - said.size)
        for at in range(0, late, HEAD_ROW):
            self.held.put(head_in(bytes(self._later[at : at + HEAD_ROW])))
        del self._later[:late]
        self.after = index + 1
        self.checked += 1
        if (said.root, said.streams) != (self.held.root(), self.held.streams):
            yield f"{name}: the entries before it do not lead to the map of streams that it commits"


def _placed_shown(one: Placed) -> dict[str, Any]:
    return {"hashes": [encode64(each) for each in one.hashes], "index": one.index, "leaf": encode64(one.raw)}


def _entry_shown(one: Placed, shared: tuple[bytes, ...] | None) -> dict[str, Any]:
    return _placed_shown(one) if shared is None else {"index": one.index, "leaf": encode64(one.raw)}


def _together(held: Any) -> Placed:
    shaped(held, {"index": int, "leaf": str}, where="leaf")
    return Placed(held["index"], decode64(held["leaf"]), ())


def _placed(held: Any) -> Placed:
    shaped(held, {"hashes": list, "index": int, "leaf": str}, where="leaf")
    return Placed(
        held["index"],
        decode64(held["leaf"]),
        tuple(decode64(each, length=32) for each in held["hashes"]),
    )
