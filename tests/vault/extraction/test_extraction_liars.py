"""Children that lie, fall silent or speak nonsense: each costs one document, is ended, and the next one is fresh."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from muniment.spine.errors import Busy, Invalid
from muniment.vault.extraction import child
from muniment.vault.extraction.child import Bounds, Extractor
from muniment.vault.extraction.text import MAX_BYTES

#: Takes the question in, then says what it was told to say.
SCRIPT = """
import struct, sys
head = sys.stdin.buffer.read(12)
name, length = struct.unpack(">IQ", head)
sys.stdin.buffer.read(name + length)
sys.stdout.buffer.write({said!r})
sys.stdout.buffer.flush()
{then}
"""
STAY = "import time; time.sleep(60)"


class Liar(Extractor):
    """An extractor whose first child runs a script of the test's; all after it are real and have all the time."""

    def __init__(self, said: bytes, then: str = STAY, seconds: float = 2.0) -> None:
        super().__init__(Bounds(wall_seconds=seconds))
        self.script: str | None = SCRIPT.format(said=said, then=then)

    def _start(self) -> subprocess.Popen[bytes]:
        if self.script is None:
            self._bounds = Bounds(wall_seconds=240)
            return super()._start()
        started = subprocess.Popen(
            [sys.executable, "-c", self.script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        self.script = None
        for pipe in (started.stdin, started.stdout):
            os.set_blocking(pipe.fileno(), False)
        self.liar = started
        return started


def frame(answer: bytes) -> bytes:
    return len(answer).to_bytes(8, "big") + answer


@pytest.mark.parametrize(
    ("said", "then"),
    [
        (b"", "sys.exit()"),
        (b"\0\0\0", "sys.exit()"),
        (b"", STAY),
        ((child.MAX_ANSWER + 1).to_bytes(8, "big"), STAY),
        (frame(b"not json"), STAY),
        (frame(b"[" * 100_000), STAY),
        (frame(b'["a list"]'), STAY),
        (frame(b"{}")[:-1], "sys.exit()"),
    ],
    ids=["gone", "cut", "silent", "too long", "no JSON", "deep", "a list", "half an answer"],
)
def test_it_costs_one_document_and_the_next_is_read_by_a_fresh_child(said, then):
    with Liar(said, then) as extractor:
        with pytest.raises(Invalid, match="within its limits"):
            extractor.extract("a.md", b"# Backups\n")
        assert extractor.liar.poll() is not None
        assert extractor.extract("a.md", b"# Backups\n").text == "# Backups\n"


@pytest.mark.parametrize("words", ['"no"', "[]", '["a", "b"]', '["a", "b", 3]'])
def test_a_refusal_of_another_shape_is_not_repeated(words):
    liar = Liar(frame(b'{"invalid": ' + words.encode() + b"}"), seconds=240)
    with liar as extractor, pytest.raises(Invalid, match="no sensible answer"):
        extractor.extract("a.md", b"# Backups\n")


def test_a_refusal_is_repeated_in_bounds():
    long = "x" * 5000
    with (
        Liar(frame(f'{{"invalid": ["{long}", "", ""]}}'.encode()), seconds=240) as extractor,
        pytest.raises(Invalid) as refused,
    ):
        extractor.extract("a.md", b"# Backups\n")
    assert refused.value.what == "x" * 300


def test_a_child_that_takes_nothing_in_is_ended():
    with Liar(b"") as extractor:
        extractor.script = STAY
        with pytest.raises(Invalid, match="within its limits"):
            extractor.extract("a.md", b"x" * (4 << 20))
        assert extractor.liar.poll() is not None


def test_no_child_is_asked_about_nothing_or_too_much():
    extractor = Extractor()
    with pytest.raises(Invalid, match="empty"):
        extractor.extract("a.md", b"")
    with pytest.raises(Invalid, match="larger than 32 MB"):
        extractor.extract("a.md", bytes(MAX_BYTES + 1))
    assert extractor._child is None


def test_that_no_child_can_be_started_is_said(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with Extractor() as extractor, pytest.raises(Busy, match="cannot be started"):
        extractor.extract("a.md", b"# Backups\n")
