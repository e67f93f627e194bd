"""One entry as an export tells it, before it is put into somebody's words. Pure.

Rules: values are those that the entry committed to; a fact about a person is withheld by name unless personal facts
were asked for; a fact whose key was destroyed has no name any more and is counted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Line:
    """What one entry says.

    :param index: its place in the log. :param leaf: its leaf's hash in hex. :param log: the log's origin.
    :param at: RFC 3339 in UTC with microseconds, as committed.
    :param person: whom the subject names, when it is a person.
    :param address: the network address that somebody came from; empty when withheld or none.
    :param facts: facts by plain name. :param withheld: names of those that can be opened and are not shown.
    :param erased: parts whose key was destroyed.
    """

    index: int
    leaf: str
    log: str
    event: str
    cls: str
    at: str
    action: str
    actor: str
    subject: str
    outcome: str
    person: str = ""
    cause: str = ""
    actor_kind: str = ""
    via: str = ""
    address: str = ""
    role: str = ""
    factors: Sequence[str] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    withheld: Sequence[str] = ()
    erased: int = 0

    @property
    def refused(self) -> bool:
        """Whether the action was refused."""
        return self.outcome == "refused"


def compact(value: Any) -> str:
    """Return JSON in ASCII on one line with sorted keys: one spelling for one value, whatever stands in it."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def readable(value: Any) -> str:
    """Return the same JSON with letters of every script as they are, and without a character that is not printed."""
    told = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return "".join(letter if letter.isprintable() else json.dumps(letter)[1:-1] for letter in told)


def one_line(text: str) -> str:
    """Return a text without characters that could end a line or steer a screen; each becomes U+FFFD."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def milliseconds(at: str) -> int:
    """Return a moment in RFC 3339 as milliseconds since 1970."""
    moment = datetime.fromisoformat(at).astimezone(UTC)
    return int(moment.timestamp()) * 1000 + moment.microsecond // 1000
