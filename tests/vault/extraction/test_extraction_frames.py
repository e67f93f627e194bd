"""What the child says over its pipes, spoken here without a process: one frame in, one answer out."""

from __future__ import annotations

import io
import json
import resource

import pytest

from muniment.vault.extraction import worker
from muniment.vault.extraction.text import MAX_BYTES, from_json


@pytest.fixture
def spoken():
    """Send frames and return the answers; this process gets its processor time back afterwards."""
    before = resource.getrlimit(resource.RLIMIT_CPU)

    def speak(*frames: bytes) -> list[dict[str, object]]:
        sink = io.BytesIO()
        worker.serve(io.BytesIO(b"".join(frames)), sink, 3600)
        said, answers = sink.getvalue(), []
        while said:
            (length,) = worker.ANSWER.unpack(said[: worker.ANSWER.size])
            answers.append(json.loads(said[worker.ANSWER.size :][:length]))
            said = said[worker.ANSWER.size + length :]
        return answers

    yield speak
    resource.setrlimit(resource.RLIMIT_CPU, before)


def frame(name: str, content: bytes, *, length: int | None = None) -> bytes:
    called = name.encode()
    return worker.REQUEST.pack(len(called), len(content) if length is None else length) + called + content


def test_each_document_gets_its_answer_in_order(spoken):
    first, second = spoken(frame("a.md", b"# Backups\n"), frame("b.md", b"Nightly.\n"))
    assert from_json(first).text == "# Backups\n"
    assert from_json(second).text == "Nightly.\n"


def test_a_refusal_is_an_answer_and_the_next_document_is_read(spoken):
    first, second = spoken(frame("a.md", b"a\0b"), frame("b.md", b"Nightly.\n"))
    what, todo, where = first["invalid"]
    assert "plain text" in what or "NUL" in what
    assert isinstance(todo, str)
    assert isinstance(where, str)
    assert from_json(second).text == "Nightly.\n"


def test_a_document_that_is_cut_off_gets_no_answer(spoken):
    assert spoken(frame("a.md", b"cut", length=9)) == []


@pytest.mark.parametrize(
    "broken",
    [
        frame("a.md", b"", length=MAX_BYTES + 2),
        frame("n" * 5000, b"text"),
    ],
    ids=["too long", "name too long"],
)
def test_a_frame_that_nobody_of_ours_would_send_ends_the_talk(spoken, broken):
    assert spoken(broken, frame("b.md", b"Nightly.\n")) == []


def test_a_document_that_nests_too_deep_for_this_process_is_refused_in_words(monkeypatch):
    def too_deep(*_any: object) -> None:
        raise RecursionError

    monkeypatch.setattr(worker, "extract", too_deep)
    assert json.loads(worker.answer_to("a.md", b"x")) == {"invalid": [worker.LIMITS, "", ""]}
