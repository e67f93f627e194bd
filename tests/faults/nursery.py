"""Children by the dozen: a process with the product loaded that forks one for each thing that is asked of it.

A line of JSON comes in, ``{"say": function, "given": {...}, "armed": [where, when, how, folders] or null}``; a line
goes out, ``{"status": how the child ended, "said": what it returned or null, "fault": what it was refused with}``.
With ``{"both": [line, line]}`` the first child stands still where it comes to grief (``stop``), holding what it holds;
the second one begins; and then the first one is killed.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
from typing import Any

import django


def child(asked: dict[str, Any], pipe: int) -> None:
    """Do what is asked, say what came of it, and end without ceremony."""
    from django.db import DatabaseError
    from tests.faults import deeds, ways

    from muniment.proof.errors import Malformed
    from muniment.spine.errors import MunimentError

    told: dict[str, Any] = {"said": None, "fault": ""}
    if asked["armed"]:
        ways.arm(*asked["armed"])
    try:
        told["said"] = getattr(deeds, asked["say"])(**asked["given"])
    except (MunimentError, Malformed) as why:
        told["fault"] = f"{why.what}"
    except (OSError, DatabaseError) as why:
        told["fault"] = f"{type(why).__name__}: {why}"
    os.write(pipe, json.dumps(told).encode())
    os._exit(0)


def begin(asked: dict[str, Any]) -> tuple[int, int]:
    """Fork a child; returns its number and where it says what came of it."""
    reading, writing = os.pipe()
    number = os.fork()
    if not number:
        os.close(reading)
        try:
            child(asked, writing)
        finally:
            # Whatever it was that nobody expected: its traceback is on stderr, and the child is no second nursery.
            sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]  # there is one, or the child has ended above
            os._exit(70)
    os.close(writing)
    return number, reading


def end(number: int, reading: int) -> dict[str, Any]:
    """Wait for a child."""
    raw = b""
    while piece := os.read(reading, 1 << 16):
        raw += piece
    os.close(reading)
    status = os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
    return {"said": None, "fault": "", **(json.loads(raw) if raw else {}), "status": status}


def both(first: dict[str, Any], second: dict[str, Any]) -> list[dict[str, Any]]:
    """Let one child stand still at its place, begin another, and kill the first."""
    one = begin(first)
    _number, status = os.waitpid(one[0], os.WUNTRACED)
    if not os.WIFSTOPPED(status):
        raise RuntimeError("the first child never came to its place")
    two = begin(second)
    # It ends, or waits for what the first one holds; longer than a moment it need not be left to.
    select.select([two[1]], [], [], 0.3)
    os.kill(one[0], signal.SIGKILL)
    return [end(*one), end(*two)]


def main() -> None:
    """Serve until the pipe is closed."""
    django.setup()
    from tests.faults import deeds  # noqa: F401  # loaded once, for all children

    print("ready", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        told = both(*asked["both"]) if "both" in asked else end(*begin(asked))
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
