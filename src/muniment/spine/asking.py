"""What is being answered just now: one request, one command or one job, and what it left in the ledger.

Rules: whoever takes something in at the edge opens one :class:`Asking`; its number is drawn there and never taken from
outside; the ledger puts the number on every entry and counts what was put on record, so that the edge can see whether
anything was. Bound to the running context, like scope and clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True)
class Asking:
    """One thing that is asked of this house.

    :param number: drawn at the edge; stands in the answer, in the log line and in every entry.
    :param what: what is asked for, in our own words: a method and a route's name, a command, a job.
    :param target: names of what it is about, as they stood in the address.
    :param user: name of the user on the machine who gave a command; empty for what came over the network.
    :param entries: how many entries it has left so far. :param refusals: how many refusals, counted ones included.
    """

    number: str
    what: str = ""
    target: dict[str, str] = field(default_factory=dict)
    entries: int = 0
    refusals: int = 0
    user: str = ""


_asking: ContextVar[Asking | None] = ContextVar("muniment_asking", default=None)


@contextmanager
def asked(number: str, what: str = "") -> Iterator[Asking]:
    """Say what is being answered until the block ends."""
    found = Asking(number, what)
    token = _asking.set(found)
    try:
        yield found
    finally:
        _asking.reset(token)


def current() -> Asking | None:
    """Return what is being answered, or ``None`` where nobody asked."""
    return _asking.get()


def noted(*, refused: bool = False) -> None:
    """Count one entry for whatever is being answered."""
    found = _asking.get()
    if found is not None and refused:
        found.refusals += 1
    elif found is not None:
        found.entries += 1
