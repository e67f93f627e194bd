"""How far a log's entries were acknowledged by the collector: one small file beside the log, written whole or not.

Rules: it is written after the collector's answer, so a crash between the two sends again and loses nothing; a file that
cannot be read means that everything is sent once more.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from muniment.ledger import logs
from muniment.ledger.models import Log
from muniment.proof.tiles import TileWriter

NAME = "pushed.json"


@dataclass(frozen=True, slots=True)
class Cursor:
    """How a log stands with the collector.

    :param to: the address and classes that it counts for. :param place: of the next entry to be sent.
    :param aside: how many were refused for good. :param failures: attempts in a row that came to nothing.
    :param until: before this moment nothing is sent. :param fault: why the last attempt came to nothing.
    :param sent_at: when the collector last acknowledged something; empty before that.
    """

    to: str = ""
    place: int = 0
    sent: int = 0
    aside: int = 0
    failures: int = 0
    until: str = ""
    fault: str = ""
    sent_at: str = ""

    def waits(self, now: datetime) -> bool:
        """Say whether it is too early for another attempt."""
        return bool(self.until) and now < datetime.fromisoformat(self.until)


def read(log: Log) -> Cursor:
    """Return how a log stands; as if nothing had been sent when that cannot be read."""
    try:
        held = Cursor(**json.loads((logs.folder(log) / NAME).read_bytes()))
        held.waits(datetime.fromisoformat("2000-01-01T00:00:00+00:00"))
        return held if isinstance(held.place, int) and held.place >= 0 else Cursor()
    except (OSError, ValueError, TypeError):
        return Cursor()


def keep(log: Log, held: Cursor) -> None:
    """Keep how a log stands, durably."""
    TileWriter(logs.folder(log)).keep(NAME, json.dumps(asdict(held), indent=1).encode("utf-8"))
