"""A process beside the tour that loads the lists while the tour goes on, and then screens.

It takes orders as lines of JSON on standard input and answers with lines of JSON on standard output: how far it is,
and when it is done. With it the lists' memory is gone as soon as the screening is.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import IO, Any
from uuid import UUID

from muniment.ops.serving.lifeline import tie_to
from muniment.ops.showing.screen import Move
from muniment.spine.scope import DEPLOYMENT, tenant_scope


class Beside:
    """The tour's hold on the process beside it."""

    def __init__(self) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "muniment.ops.showing", "beside", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def load(self, snapshots: Sequence[UUID]) -> None:
        """Order the lists to be loaded, and do not wait for it."""
        self._order({"load": [str(one) for one in snapshots]})

    def loaded(self, move: Move) -> None:
        """Wait until the lists are loaded."""
        self._wait(move)

    def screen(self, tenant: UUID, run_id: UUID, move: Move) -> None:
        """Order a screening and wait until it is done."""
        self._order({"screen": [str(tenant), str(run_id)]})
        self._wait(move)

    def end(self) -> None:
        """Let the process end, and with it the memory that it took."""
        if self._child.stdin is not None:
            self._child.stdin.close()
        self._child.wait()

    def _order(self, order: dict[str, Any]) -> None:
        pipe: IO[str] | None = self._child.stdin
        if pipe is not None:
            pipe.write(json.dumps(order) + "\n")
            pipe.flush()

    def _wait(self, move: Move) -> None:
        for line in self._child.stdout or ():
            told = json.loads(line)
            if "end" in told:
                return
            move(told["done"], told["whole"])
        raise RuntimeError("the process beside the tour ended too early")


def main(parent: str) -> None:
    """Take orders until there are no more."""
    tie_to(int(parent))
    from muniment.screening import jobs  # noqa: PLC0415  # models need Django set up
    from muniment.screening.matching import warm_up  # noqa: PLC0415  # as above

    # The scorer's own tables take seconds to load, which nobody should wait for.
    warm_up()
    for line in sys.stdin:
        order = json.loads(line)
        if "load" in order:
            with tenant_scope(DEPLOYMENT):
                jobs.loaded([UUID(one) for one in order["load"]], _progress("lists"))
        else:
            tenant, run_id = (UUID(one) for one in order["screen"])
            with tenant_scope(tenant):
                jobs.perform(run_id, _progress("counterparties"))
        _tell({"end": True})


def _tell(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def _progress(wanted: str) -> Callable[[str, int, int], None]:
    """Return a listener that tells a hundred steps at most: nobody may be reading yet, and a pipe holds little."""
    last = [-1]

    def listen(what: str, done: int, whole: int) -> None:
        step = 100 * done // max(whole, 1)
        if what == wanted and step != last[0]:
            last[0] = step
            _tell({"done": done, "whole": whole})

    return listen
