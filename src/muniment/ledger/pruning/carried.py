"""What later checks must still know of entries that are gone: written down in parts, committed by the pruning entry.

Rules: without it, pruning would blind the check of every row whose last change lies below the bound, and of the
numbering of streams and lanes. Items are small lists, each hashed as a leaf, in a fixed order; their root is a fact of
the entry.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from muniment.ledger.numbers import Counted
from muniment.ledger.tables.pruning import Carried
from muniment.ledger.walk import Start
from muniment.proof.canonical import canonical
from muniment.proof.merkle import root_of

PART: Final = 2000
NAME: Final = "what pruning carried over"


def items(start: Start) -> Iterator[list[Any]]:
    """Yield everything that is carried over, in order."""
    for stream, number in sorted(start.numbers.items(), key=lambda pair: pair[0].bytes):
        yield ["stream", stream.hex, number]
    for lane, counted in sorted(start.lanes.items()):
        yield ["lane", lane, counted.low, sorted(counted.beyond)]
    for (table, row), (digest, _name) in sorted(start.last.items()):
        if digest:
            yield ["row", table, row, digest]
    for first, last in start.kept:
        yield ["kept", first, last]


def root(held: Iterable[Sequence[Any]]) -> str:
    """Return the root over items, in hex."""
    return root_of(canonical(list(one)) for one in held).hex()


def write(tenant: UUID, entry: UUID, held: Sequence[Sequence[Any]]) -> None:
    """Write the parts; the ledger's own hand is open."""
    Carried.objects.bulk_create(
        Carried(
            tenant_id=tenant,
            entry=entry,
            part=number,
            body=canonical([list(one) for one in held[first : first + PART]]),
        )
        for number, first in enumerate(range(0, len(held), PART))
    )


def read(entry: UUID) -> list[list[Any]]:
    """Return the items that a pruning carried over.

    :raises ValueError: when a part has not the form that was written.
    """
    held: list[list[Any]] = []
    for number, part in enumerate(Carried.objects.filter(entry=entry).order_by("part")):
        if part.part != number:
            raise ValueError("a part is missing")
        held.extend(json.loads(bytes(part.body)))
    return held


def begin(held: Iterable[Sequence[Any]]) -> Start:
    """Return where a walk begins behind the bound.

    :raises ValueError, KeyError, TypeError: when an item has not the form that was written.
    """
    start = Start()
    kept = []
    for kind, *rest in held:
        if kind == "stream":
            start.numbers[UUID(hex=rest[0])] = int(rest[1])
        elif kind == "lane":
            start.lanes[str(rest[0])] = Counted(int(rest[1]), set(map(int, rest[2])))
        elif kind == "row":
            start.last[str(rest[0]), str(rest[1])] = (str(rest[2]), NAME)
        elif kind == "kept":
            kept.append((int(rest[0]), int(rest[1])))
        else:
            raise ValueError("an item of another kind")
    start.kept = kept
    return start


def as_ranges(indices: Iterable[int]) -> list[tuple[int, int]]:
    """Return sorted indices as inclusive ranges."""
    found: list[tuple[int, int]] = []
    for index in indices:
        if found and found[-1][1] == index - 1:
            found[-1] = (found[-1][0], index)
        else:
            found.append((index, index))
    return found
