"""The numbers that events bear from the moment they are recorded, so that none can be taken away before it is placed.

A number stands in the clear in the event's body beside the encrypted parts, together with the index of the event's
stream. While the event waits its voucher holds the body; afterwards its leaf does, and so does every signed head.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.db import connection

from muniment.ledger.models import Lane

#: How the body of an event begins (`body.py`): version, lane, number, index of the stream.
HEADER: Final = struct.Struct(">c16sQ16s")
SECOND: Final = b"\x02"
THIRD: Final = b"\x03"
NUMBERED: Final = (SECOND, THIRD)

COUNT_ON: Final = """
UPDATE ledger_lane SET next_number = next_number + %s
WHERE id = (SELECT id FROM ledger_lane WHERE tenant_id = %s ORDER BY id LIMIT 1 {free}) RETURNING id, next_number
"""


def take(tenant: UUID, count: int) -> tuple[UUID, int]:
    """Take the next numbers for events of the open transaction; returns the lane and the first of them.

    Nobody waits: a lane that another transaction holds is passed by, and where all are held a new one is opened.
    """
    postgres = connection.vendor == "postgresql"
    # In one statement and past the mapper, since every action comes through here.
    with connection.cursor() as cursor:
        cursor.execute(
            COUNT_ON.format(free="FOR UPDATE SKIP LOCKED" if postgres else ""),
            [count, Lane._meta.pk.get_db_prep_value(tenant, connection)],
        )
        held = cursor.fetchall()
    if not held:
        return Lane.objects.create(tenant_id=tenant, next_number=count).id, 0
    [(lane, after)] = held
    return lane if isinstance(lane, UUID) else UUID(lane), after - count


@dataclass(frozen=True, slots=True)
class Standing:
    """What an event's body says in the clear.

    :param lane: in which its number was counted. :param stream: index of its stream, in hex.
    """

    lane: str
    number: int
    stream: str

    def packed(self) -> bytes:
        """Return it as it stands at the beginning of a body."""
        return HEADER.pack(THIRD, bytes.fromhex(self.lane), self.number, bytes.fromhex(self.stream))


def standing(body: bytes) -> Standing | None:
    """Read what a body says in the clear; ``None`` for an event from before events were numbered.

    The caller has held the body against its leaf or its voucher.

    :raises ValueError: when it has another form.
    """
    if body[:1] in NUMBERED:
        try:
            _, lane, number, stream = HEADER.unpack_from(body)
        except struct.error:
            raise ValueError("the number of the event cannot be read") from None
        return Standing(lane.hex(), number, stream.hex())
    held = json.loads(body)
    said = held.get("n") if isinstance(held, dict) else None
    if said is None:
        return None
    try:
        return Standing(str(said["lane"]), int(said["number"]), str(said["stream"]))
    except (KeyError, TypeError):
        raise ValueError("the number of the event cannot be read") from None


@dataclass(slots=True)
class Counted:
    """Which numbers of one lane were met: all below ``low``, and some beyond."""

    low: int = 0
    beyond: set[int] = field(default_factory=set)

    def take(self, number: int) -> bool:
        """Note a number; returns whether it is met for the first time."""
        if number < self.low or number in self.beyond:
            return False
        self.beyond.add(number)
        while self.low in self.beyond:
            self.beyond.remove(self.low)
            self.low += 1
        return True


def number_faults(met: dict[str, Counted], counts: dict[str, int]) -> Iterator[str]:
    """Hold the numbers that were met against what each lane has counted.

    :param counts: the next number of each lane, by its identifier in hex.
    """
    for lane in sorted(met.keys() | counts.keys()):
        found = met.get(lane, Counted())
        if lane not in counts:
            yield f"lane {lane}: the row that counts its events is missing"
            continue
        above = max(found.beyond, default=found.low - 1) + 1
        missing = max(counts[lane], above) - found.low - len(found.beyond)
        if missing:
            yield (
                f"lane {lane}: event number {found.low} was recorded and then taken away"
                f" ({missing} such in this lane), or the row that counts them was changed"
            )
        elif counts[lane] < above:
            yield f"lane {lane}: the row that counts its events was changed"
