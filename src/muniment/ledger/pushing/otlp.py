"""Entries as OTLP log records in JSON, and what a collector's answer means. Pure.

Rules: OTLP 1.x, JSON encoding of ``ExportLogsServiceRequest`` (64-bit numbers as texts); the OCSF event stands whole in
one attribute; the same entry has the same identifier each time. An answer is taken as the specification of OTLP/HTTP
says, but for one thing: what is refused for want of rights or of the right address is kept and asked again later.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final

from muniment.ledger.exports import ocsf
from muniment.ledger.exports.line import Line, compact

INFO, WARNING = 9, 13
#: OTLP/HTTP, "Retryable Response Codes".
RETRYABLE: Final = frozenset({429, 502, 503, 504})
#: The collector says that what was sent is at fault, and not the way to it.
BAD: Final = frozenset({400, 413, 422})
#: What the commoner answers mean for whoever is to mend it.
MEANINGS: Final = {
    400: "it cannot read what was sent",
    401: "it does not know us: see the headers in the settings",
    403: "it does not let us in: see the headers in the settings",
    404: "there is nothing at this address: see the settings",
    413: "it takes no request of this size",
    429: "it has too much to do",
    503: "it is not ready",
}
LONGEST_WAIT: Final = 3600.0
LARGEST_COUNT: Final = 10**6


class Verdict(Enum):
    """What is to be done after an answer."""

    TAKEN = "taken"
    AGAIN = "again"
    BAD = "bad"
    HELD = "held"


def record(one: Line) -> dict[str, Any]:
    """Return one entry as a log record; its identifier is the entry's, so that doubles can be dropped."""
    at = datetime.fromisoformat(one.at).astimezone(UTC)
    nanoseconds = (int(at.timestamp()) * 1_000_000 + at.microsecond) * 1000
    attributes: dict[str, str | int] = {
        "log.record.uid": one.event,
        "muniment.index": one.index,
        "muniment.leaf": one.leaf,
        "muniment.log": one.log,
        "ocsf": compact(ocsf.event(one)),
    }
    return {
        "attributes": [_attribute(name, value) for name, value in attributes.items()],
        "body": {"stringValue": one.action},
        "eventName": "muniment.entry",
        "observedTimeUnixNano": str(nanoseconds),
        "severityNumber": WARNING if one.refused else INFO,
        "severityText": "WARN" if one.refused else "INFO",
        "timeUnixNano": str(nanoseconds),
    }


def _attribute(name: str, value: str | int) -> dict[str, Any]:
    held = {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}
    return {"key": name, "value": held}


def packed(records: Sequence[dict[str, Any]], log: str) -> bytes:
    """Return a request with these records, compressed; the same bytes for the same records."""
    told = {
        "resourceLogs": [
            {
                "resource": {
                    "attributes": [
                        _attribute("service.name", "muniment"),
                        _attribute("service.instance.id", log),
                    ]
                },
                "scopeLogs": [{"logRecords": list(records), "scope": {"name": "muniment.ledger"}}],
            }
        ]
    }
    return gzip.compress(compact(told).encode("ascii"), mtime=0)


def verdict(status: int) -> Verdict:
    """Return what an answer with this status means."""
    if 200 <= status < 300:
        return Verdict.TAKEN
    if status in RETRYABLE:
        return Verdict.AGAIN
    return Verdict.BAD if status in BAD else Verdict.HELD


def in_words(status: int) -> str:
    """Return what a collector answered, for people."""
    meaning = MEANINGS.get(status, "")
    return f"The collector answered {status}" + (f": {meaning}." if meaning else ".")


def rejected(body: bytes) -> int:
    """Return how many records a collector took and dropped (``partialSuccess``); 0 when it does not say."""
    try:
        told = json.loads(body)
        count = int(told["partialSuccess"]["rejectedLogRecords"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return 0
    return min(max(count, 0), LARGEST_COUNT)


def wait_asked(retry_after: str) -> float:
    """Return for how many seconds ``Retry-After`` asks to wait; 0 when it gives no number of seconds."""
    text = retry_after.strip()
    return min(float(text), LONGEST_WAIT) if text.isascii() and text.isdecimal() and len(text) < 10 else 0.0
