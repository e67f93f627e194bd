"""Documents read behind a wall: a limited child process, many documents per child.

Rules: the child gets no environment, no open file but its two pipes, no temporary file; what it may use up is
bounded (memory, processor time, wall time, size of the answer); what it answers is checked again here, since
whoever wrote the document may speak through it. A child that dies takes one document with it, the next one is
read by a new child.

Use one `Extractor` per tenant and batch: a child keeps the memory of what it has read.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from muniment.spine.errors import Busy, Invalid
from muniment.vault.extraction.text import MAX_BYTES, Extracted, from_json
from muniment.vault.extraction.worker import ANSWER, LIMITS, MAX_NAME, REQUEST

MAX_ANSWER = 96 * 1024 * 1024
_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a child may use up.

    :param memory: address space in bytes.
    :param cpu_seconds: processor seconds for one document.
    :param wall_seconds: seconds on the clock for one document.
    :param documents: documents one child reads before a fresh one takes over.
    """

    memory: int = 1 << 30
    cpu_seconds: int = 20
    wall_seconds: float = 40.0
    documents: int = 200


class _ChildGone(Exception):
    """The child died, hung or answered nonsense."""


class Extractor:
    """Reads documents in a child process; a context manager, safe to share between threads.

    >>> with Extractor() as extractor:
    ...     extracted = extractor.extract("policy.md", b"# Backups")
    """

    def __init__(self, bounds: Bounds | None = None) -> None:
        self._bounds = bounds or Bounds()
        self._child: subprocess.Popen[bytes] | None = None
        self._served = 0
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def extract(self, name: str, data: bytes) -> Extracted:
        """Read one document in the child, starting one when there is none.

        :param name: file name, suffix or media type; the bytes must agree with it.
        :raises Invalid: when the document cannot be read, or not within the limits.
        :raises Busy: when no child can be started at all.
        """
        if len(data) > MAX_BYTES:
            raise Invalid(f"This document is larger than {MAX_BYTES // 1024 // 1024} MB.", todo="Split it.")
        if not data:
            raise Invalid("This document is empty.")
        with self._lock:
            try:
                answer = self._ask(name, data)
            except _ChildGone:
                self._stop()
                raise Invalid(LIMITS, todo="Save it anew, or upload its text.") from None
        if "invalid" in answer:
            raise _refusal(answer["invalid"])
        return from_json(answer)

    def extract_each(self, documents: Iterable[tuple[str, bytes]]) -> Iterator[Extracted | Invalid]:
        """Read many documents in order; a refused one yields its `Invalid` and stops none of the others."""
        for name, data in documents:
            try:
                yield self.extract(name, data)
            except Invalid as refused:
                yield refused

    def close(self) -> None:
        """End the child, if there is one."""
        with self._lock:
            self._stop()

    def _ask(self, name: str, data: bytes) -> dict[str, Any]:
        child = self._running()
        deadline = time.monotonic() + self._bounds.wall_seconds
        called = name.encode("utf-8", "replace")[-MAX_NAME:]
        exchange = _Exchange(child, deadline)
        answer = exchange.run(REQUEST.pack(len(called), len(data)) + called, data)
        try:
            parsed = json.loads(answer)
        except (ValueError, RecursionError):
            raise _ChildGone from None
        if not isinstance(parsed, dict):
            raise _ChildGone
        return parsed

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and (
            self._served >= self._bounds.documents or self._child.poll() is not None
        ):
            self._stop()
        if self._child is None:
            self._child = self._start()
            self._served = 0
        self._served += 1
        return self._child

    def _start(self) -> subprocess.Popen[bytes]:
        bounds = self._bounds
        everything = (bounds.cpu_seconds + 1) * bounds.documents
        limits = [str(bounds.memory), str(everything), str(bounds.cpu_seconds)]
        try:
            child = subprocess.Popen(
                [sys.executable, "-I", "-m", "muniment.vault.extraction.worker", *limits],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={},
                cwd="/",
                close_fds=True,
                bufsize=0,
            )
        except OSError as failed:
            raise Busy("The reader of documents cannot be started now.", todo="Try again later.") from failed
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
        return child

    def _stop(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()
        child.wait()


class _Exchange:
    """One question and one answer over two pipes that neither side may block on for long."""

    def __init__(self, child: subprocess.Popen[bytes], deadline: float) -> None:
        if child.stdin is None or child.stdout is None:
            raise _ChildGone
        self._to, self._from = child.stdin.fileno(), child.stdout.fileno()
        self._deadline = deadline

    def run(self, head: bytes, data: bytes) -> bytes:
        with selectors.DefaultSelector() as ready:
            ready.register(self._to, selectors.EVENT_WRITE)
            for part in (head, data):
                self._send(ready, memoryview(part))
            ready.unregister(self._to)
            ready.register(self._from, selectors.EVENT_READ)
            (length,) = ANSWER.unpack(self._receive(ready, ANSWER.size))
            if length > MAX_ANSWER:
                raise _ChildGone
            return self._receive(ready, length)

    def _wait(self, ready: selectors.BaseSelector) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0 or not ready.select(left):
            raise _ChildGone

    def _send(self, ready: selectors.BaseSelector, part: memoryview) -> None:
        while part:
            self._wait(ready)
            try:
                part = part[os.write(self._to, part[:_CHUNK]) :]
            except BlockingIOError:
                continue
            except OSError:
                raise _ChildGone from None

    def _receive(self, ready: selectors.BaseSelector, length: int) -> bytes:
        received = bytearray()
        while len(received) < length:
            self._wait(ready)
            try:
                chunk = os.read(self._from, min(_CHUNK, length - len(received)))
            except BlockingIOError:
                continue
            except OSError:
                raise _ChildGone from None
            if not chunk:
                raise _ChildGone
            received += chunk
        return bytes(received)


def _refusal(words: object) -> Invalid:
    if isinstance(words, list) and len(words) == 3 and all(isinstance(word, str) for word in words):
        what, todo, where = (word[:300] for word in words)
        return Invalid(what, todo=todo, where=where)
    return Invalid("The reader of this document gave no sensible answer.")
