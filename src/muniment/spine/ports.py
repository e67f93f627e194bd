"""Where the clock and chance come in, so that a test or a demo can hold them still.

Rules: rooms never ask the operating system for the time or for random bytes themselves. The replacement is
bound to the running context (`contextvars`): it ends with the `with` block and other threads, which start
with a context of their own, do not see it. Nothing but an explicit `frozen(...)` ever makes chance
repeatable. Keys and nonces are *not* drawn here but straight from the operating system (see `envelope`,
`stream`, `keyring`): a repeated nonce would open what it seals, and no demo is worth that.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

Clock = Callable[[], datetime]
Chance = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class _Ports:
    clock: Clock | None
    chance: Chance | None


_REAL = _Ports(None, None)
_ports: ContextVar[_Ports] = ContextVar("muniment_ports", default=_REAL)


def now() -> datetime:
    """Return the present moment as an aware time in UTC; the only clock that rooms read."""
    clock = _ports.get().clock
    return datetime.now(UTC) if clock is None else clock()


def monotonic() -> float:
    """Return seconds that never run backwards, for measuring spans; they follow a frozen clock."""
    clock = _ports.get().clock
    return time.monotonic() if clock is None else clock().timestamp()


def since_boot() -> tuple[str, float] | None:
    """Return which start of the machine this is and the seconds since, sleep included; no clock that is set changes it.

    :returns: ``None`` where the kernel does not tell (only Linux does), and under a frozen clock.
    """
    if _ports.get().clock is not None:
        return None
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return boot, time.clock_gettime(time.CLOCK_BOOTTIME)
    except (OSError, AttributeError):
        return None


def random_bytes(count: int) -> bytes:
    """Return `count` bytes from the operating system's generator, or from the one that was entered."""
    chance = _ports.get().chance
    return os.urandom(count) if chance is None else chance(count)


def new_id() -> uuid.UUID:
    """Return a random identifier (UUID version 4, RFC 9562), which tells nothing about order or number."""
    return uuid.UUID(bytes=random_bytes(16), version=4)


def repeatable(seed: bytes) -> Chance:
    """Return a source of bytes that gives the same row for the same seed: SHA-256(seed || counter).

    For demos and tests only. Safe to share between threads, though their order is then not repeatable.
    """
    state = bytearray()
    counter = 0
    lock = threading.Lock()

    def draw(count: int) -> bytes:
        nonlocal counter
        with lock:
            while len(state) < count:
                state.extend(hashlib.sha256(seed + counter.to_bytes(8, "big")).digest())
                counter += 1
            drawn = bytes(state[:count])
            del state[:count]
        return drawn

    return draw


@contextmanager
def frozen(*, clock: datetime | Clock | None = None, random: bytes | Chance | None = None) -> Iterator[None]:
    """Hold the clock or chance within the block; what is not given stays as it was.

    :param clock: a fixed aware moment, or a function that returns one.
    :param random: a seed for `repeatable`, or a function from a count to that many bytes.
    :raises ValueError: when a fixed moment has no time zone.
    """
    before = _ports.get()
    if isinstance(clock, datetime):
        if clock.tzinfo is None:
            raise ValueError("A frozen clock needs a time zone.")
        moment = clock.astimezone(UTC)
        clock = lambda: moment  # noqa: E731 - a named function would hide that it is one value
    if isinstance(random, bytes):
        random = repeatable(random)
    token = _ports.set(_Ports(clock or before.clock, random or before.chance))
    try:
        yield
    finally:
        _ports.reset(token)
