"""The wall: a child that dies, hangs or lies takes nothing else with it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.vault.extraction import extraction_files as made

from muniment.spine.errors import Invalid
from muniment.vault.extraction import Extracted, extract
from muniment.vault.extraction.child import Bounds, Extractor
from muniment.vault.extraction.text import from_json, to_json

SAMPLES = {
    "a.pdf": made.pdf(["Head", "Words of the first page."], ["Next", "Words of the second."]),
    "a.docx": made.word(made.policy),
    "a.md": "# Head\n\nWords ü 🙂".encode(),
    "a.csv": b"a,b\n1,2\n",
    "a.html": b"<!doctype html><h1>Head</h1><p>Words",
    "a.txt": b"words",
}


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    with Extractor(Bounds(cpu_seconds=5, wall_seconds=240)) as running:
        yield running


def pid_of(extractor: Extractor) -> int:
    assert extractor._child is not None
    return extractor._child.pid


@pytest.mark.parametrize("name", SAMPLES)
def test_the_child_reads_what_the_parent_would(extractor: Extractor, name: str) -> None:
    assert extractor.extract(name, SAMPLES[name]) == extract(SAMPLES[name], name)


def test_one_child_reads_many_documents_and_refusals_stop_none(extractor: Extractor) -> None:
    outcomes = list(extractor.extract_each([*SAMPLES.items(), ("a.txt", b"\x00"), ("a.txt", b"last")]))
    assert [type(outcome) for outcome in outcomes] == [Extracted] * 6 + [Invalid, Extracted]
    before = pid_of(extractor)
    extractor.extract("a.md", b"again")
    assert pid_of(extractor) == before


def test_the_refusal_of_the_child_says_what_the_parent_would(extractor: Extractor) -> None:
    with pytest.raises(Invalid) as here:
        extract("Zürich".encode("latin-1"), "a.md")
    with pytest.raises(Invalid) as there:
        extractor.extract("a.md", "Zürich".encode("latin-1"))
    assert str(here.value) == str(there.value)


def test_a_child_that_is_killed_is_replaced() -> None:
    with Extractor() as extractor:
        extractor.extract("a.md", b"one")
        first = pid_of(extractor)
        os.kill(first, signal.SIGSTOP)
        killer = threading.Timer(0.2, os.kill, (first, signal.SIGKILL))
        killer.start()
        with pytest.raises(Invalid, match="within its limits"):
            extractor.extract("a.md", b"two")
        killer.join()
        assert extractor.extract("a.md", b"three").text == "three"
        assert pid_of(extractor) != first


def test_a_child_that_died_between_documents_is_not_noticed_by_the_next() -> None:
    with Extractor() as extractor:
        extractor.extract("a.md", b"one")
        assert extractor._child is not None
        extractor._child.kill()
        extractor._child.wait()
        assert extractor.extract("a.md", b"two").text == "two"


def test_a_child_that_hangs_is_ended() -> None:
    with Extractor(Bounds(wall_seconds=240)) as extractor:
        extractor.extract("a.md", b"one")
        hanging = pid_of(extractor)
        extractor._bounds = Bounds(wall_seconds=0.5)
        os.kill(hanging, signal.SIGSTOP)
        with pytest.raises(Invalid, match="within its limits"):
            extractor.extract("a.md", b"two" * 1_000_000)
        assert not Path(f"/proc/{hanging}").exists()


def test_a_child_out_of_memory_refuses_and_the_next_document_is_read() -> None:
    with Extractor(Bounds(memory=100 << 20)) as extractor:
        with pytest.raises(Invalid, match="within its limits"):
            extractor.extract("a.md", ("🙂" * 199 + "\n").encode() * 35_000)
        assert extractor.extract("a.md", b"three").text == "three"


def test_a_child_is_renewed_after_its_share_of_documents() -> None:
    with Extractor(Bounds(documents=2)) as extractor:
        pids = []
        for _ in range(4):
            extractor.extract("a.md", b"x")
            pids.append(pid_of(extractor))
    assert pids[0] == pids[1] != pids[2] == pids[3]


def test_the_child_is_limited_and_bare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUNIMENT_SECRET", "do not inherit")
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    with Extractor() as extractor:
        extractor.extract("a.docx", SAMPLES["a.docx"])
        seen = Path(f"/proc/{pid_of(extractor)}")
        limits = seen.joinpath("limits").read_text().splitlines()
        soft = {line[:26].strip(): line[26:].split()[0] for line in limits}
        open_files = {int(entry.name) for entry in seen.joinpath("fd").iterdir()}
        environment = seen.joinpath("environ").read_bytes()
    os.close(reader)
    os.close(writer)
    assert open_files == {0, 1, 2}
    assert environment == b""
    assert soft["Max file size"] == soft["Max core file size"] == soft["Max processes"] == "0"
    assert soft["Max address space"] == str(1 << 30)
    assert int(soft["Max open files"]) < 64
    assert int(soft["Max cpu time"]) <= 25


def test_processor_time_is_counted_for_each_document() -> None:
    code = (
        "import resource; from muniment.vault.extraction import worker; "
        "worker.limit(1 << 30, 100); worker.allow(1)\nwhile True: pass"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], check=False, timeout=240)
    assert done.returncode == -signal.SIGXCPU
    assert resource.getrlimit(resource.RLIMIT_CPU)[0] == resource.RLIM_INFINITY


def test_the_child_starts_fast_and_loads_only_what_it_needs() -> None:
    code = (
        "import sys, json; from muniment.vault.extraction import extract, worker; "
        "extract(b'# x', 'a.md'); print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], check=True, capture_output=True, timeout=240)
    loaded = set(json.loads(done.stdout))
    assert not loaded & {
        "django",
        "lxml",
        "lxml.etree",
        "pypdfium2",
        "docx",
        "reportlab",
        "zipfile",
        "asyncio",
    }
    assert len(loaded) < 200


def test_threads_may_share_an_extractor(extractor: Extractor) -> None:
    texts: list[str] = []

    def read(number: int) -> None:
        texts.extend(extractor.extract("a.md", f"{number}".encode()).text for _ in range(20))

    threads = [threading.Thread(target=read, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(texts) == sorted("0123" * 20)


@pytest.mark.parametrize(
    "lie",
    [
        {},
        {
            "text": "ab",
            "pages": [[1, 0, 1]],
            "headings": [],
            "profile": "x/1",
            "unit": "page",
            "warnings": [],
        },
        {
            "text": "ab",
            "pages": [[1, 0, 3]],
            "headings": [],
            "profile": "x/1",
            "unit": "page",
            "warnings": [],
        },
        {
            "text": "ab",
            "pages": [[1, 0, 2]],
            "headings": [[1, 0, 9]],
            "profile": "x",
            "unit": "page",
            "warnings": [],
        },
        {
            "text": "ab",
            "pages": [[1, 0, 2.0]],
            "headings": [],
            "profile": "x/1",
            "unit": "page",
            "warnings": [],
        },
        {
            "text": "a\ud800",
            "pages": [[1, 0, 2]],
            "headings": [],
            "profile": "x",
            "unit": "page",
            "warnings": [],
        },
        {
            "text": "ab",
            "pages": [[1, 0, 2]],
            "headings": [],
            "profile": "x/1",
            "unit": "inch",
            "warnings": [],
        },
        {
            "text": "ab",
            "pages": [[1, 0, 2]],
            "headings": [],
            "profile": "x/1",
            "unit": "page",
            "warnings": [1],
        },
        {"text": 7, "pages": [[1, 0, 2]], "headings": [], "profile": "x/1", "unit": "page", "warnings": []},
    ],
)
def test_a_lying_child_is_not_believed(lie: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        from_json(lie)


def test_an_answer_survives_its_journey() -> None:
    for name, data in SAMPLES.items():
        extracted = extract(data, name)
        assert from_json(json.loads(to_json(extracted))) == extracted


def mutated(data: bytes, cuts: list[tuple[int, int, bytes]]) -> bytes:
    changed = bytearray(data)
    for place, length, patch in cuts:
        start = place % (len(changed) + 1)
        changed[start : start + length] = patch
    return bytes(changed)


CUTS = st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 40), st.binary(max_size=12)), max_size=6)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(SAMPLES)), cuts=CUTS)
def test_a_damaged_document_is_read_or_refused_and_nothing_else(
    extractor: Extractor, name: str, cuts: list[tuple[int, int, bytes]]
) -> None:
    with contextlib.suppress(Invalid):
        extracted = extractor.extract(name, mutated(SAMPLES[name], cuts))
        assert extracted.pages[-1].end == len(extracted.text)


PARTS = [
    "word/document.xml",
    "word/styles.xml",
    "word/numbering.xml",
    "[Content_Types].xml",
    "word/_rels/document.xml.rels",
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(part=st.sampled_from(PARTS), cuts=CUTS)
def test_damaged_xml_in_a_sound_package_is_read_or_refused(
    part: str, cuts: list[tuple[int, int, bytes]]
) -> None:
    data = made.repacked(SAMPLES["a.docx"], lambda parts: parts.update({part: mutated(parts[part], cuts)}))
    with contextlib.suppress(Invalid):
        assert extract(io.BytesIO(data), "a.docx").profile == "docx/1"
