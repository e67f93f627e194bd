"""The three forms of an export, without tables: escaping, formulas, the published schema, and what may be asked."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ledger.exported import faults

from muniment.access.rules import ROLES
from muniment.ledger.action import CLASSES
from muniment.ledger.exports import cef, ocsf, sheet
from muniment.ledger.exports.asked import (
    ENDINGS,
    FORMS,
    MEDIA_TYPES,
    Asked,
    moment,
    of_filters,
    parse_cursor,
    require_asked,
)
from muniment.ledger.exports.line import Line, milliseconds
from muniment.spine.errors import Invalid

LINE = Line(
    index=7,
    leaf="ab" * 32,
    log="town.example/muniment/t/1",
    event="5f9b6a1e-0000-4000-8000-000000000001",
    cls="case.decision",
    at="2030-01-02T12:00:00.123456Z",
    action="cases.decide",
    actor="5f9b6a1e-0000-4000-8000-000000000002",
    subject="cases.Case/5f9b6a1e-0000-4000-8000-000000000003",
    outcome="done",
    actor_kind="person",
    via="page",
    address="192.0.2.7",
    role="officer",
    factors=("password", "totp"),
    facts={"number": 3},
)
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
EVERY_ACTION = sorted({*set().union(*ROLES.values()), "rooms.unheard_of"})


@pytest.mark.parametrize("action", EVERY_ACTION)
@pytest.mark.parametrize("outcome", ["done", "refused"])
def test_every_action_is_a_valid_event_of_ocsf(action, outcome):
    for cls in ("export", "case.change"):
        one = replace(LINE, action=action, outcome=outcome, cls="refusal" if outcome == "refused" else cls)
        assert faults(ocsf.line(one)) == []


@pytest.mark.parametrize("kind", ["person", "token", "system", ""])
@pytest.mark.parametrize("address", ["", "192.0.2.7", "2001:db8::1", "not an address"])
def test_every_way_in_is_a_valid_event_of_ocsf(kind, address):
    for action, person in (("access.sign_in", "x"), ("access.create_person", "y"), ("cases.open", "")):
        one = replace(LINE, actor_kind=kind, address=address, action=action, person=person, via="", cause="z")
        assert faults(ocsf.line(one)) == []


def test_signing_in_is_authentication_with_its_factors():
    event = ocsf.event(replace(LINE, action="access.sign_in", person="p"))
    assert (event["class_uid"], event["activity_id"], event["is_mfa"]) == (3002, 1, True)
    assert (event["type_uid"], event["user"]) == (300201, {"uid": "p"})
    assert ocsf.event(replace(LINE, action="access.sign_out", factors=()))["is_mfa"] is False


@pytest.mark.parametrize(
    ("action", "cls", "found"),
    [
        ("cases.open", "case.change", (6003, 1)),
        ("cases.read", "case.read", (6003, 2)),
        ("ledger.export", "export", (6003, 2)),
        ("cases.decide", "case.decision", (6003, 3)),
        ("packs.finish", "export", (6003, 3)),
        ("cases.decide", "refusal", (6003, 3)),
        ("access.deactivate", "access.change", (3001, 5)),
        ("access.create_token", "access.change", (3001, 99)),
    ],
)
def test_an_action_has_its_place_in_ocsf(action, cls, found):
    event = ocsf.event(replace(LINE, action=action, cls=cls))
    assert (event["class_uid"], event["activity_id"]) == found
    assert ("activity_name" in event) == (found[1] == 99)


@given(TEXT, st.dictionaries(st.sampled_from(["why", "name", "note"]), TEXT))
def test_no_text_breaks_a_line_in_any_form(text, facts):
    one = replace(
        LINE, subject=text, actor=text, role=text, cause=text, address=text, facts=facts, withheld=[text]
    )
    assert json.loads(ocsf.line(one))["unmapped"]["muniment"]["facts"] == facts
    for form in FORMS.values():
        raw = form.line(one)
        assert raw.endswith(b"\n") and raw.count(b"\n") == 1
        assert len(raw.decode("utf-8").rstrip("\r\n").splitlines()) <= 1
    [row] = csv.reader(io.StringIO(sheet.line(one).decode("utf-8"), newline=""))
    assert len(row) == len(sheet.COLUMNS)
    assert json.loads(row[sheet.COLUMNS.index("facts")]) == facts


def test_the_published_schema_is_held_against_any_text():
    nasty = "\x00\x1b[2J\u202e=1+1\n<script>"
    one = replace(LINE, subject=nasty, actor=nasty, facts={"note": nasty}, log=nasty)
    assert faults(ocsf.line(one)) == []


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠", " =", "\u200b@", "'"]
)
def test_a_formula_is_only_text(start):
    written = sheet.cell(f"{start}SUM(A1)")
    assert written.startswith("'")
    assert not sheet.cell(f"a{start}").startswith("'")


@given(
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Cf", "Co", "Cn", "Zl", "Zp", "Zs")), max_size=20)
)
def test_the_text_of_a_cell_can_be_had_back(text):
    assert sheet.plain_of(sheet.cell(text)) == text


def test_a_table_has_a_head_and_quotes_after_rfc_4180():
    assert sheet.HEAD.startswith(b'"index","leaf",') and sheet.HEAD.endswith(b'"erased"\r\n')
    assert b'"{""note"":""\xc3\xa9""}"' in sheet.line(replace(LINE, facts={"note": "é"}))


@given(TEXT, TEXT)
def test_a_reader_of_cef_gets_back_what_was_written(subject, role):
    raw = cef.line(replace(LINE, subject=subject, role=role, action="a|b\\c")).decode("utf-8")
    head = re.split(r"(?<!\\)(?:\\\\)*\|", raw)
    assert head[:4] == ["CEF:0", "Muniment", "Muniment", "1"]
    found = dict(re.findall(r"(\w+)=((?:\\.|[^=\\])*?)(?= \w+=|\n)", raw.partition("|")[2]))
    unescaped = {key: re.sub(r"\\(.)", r"\1", value) for key, value in found.items()}
    for key, value in (("cs1", subject), ("spriv", role)):
        printed = "".join(letter if letter.isprintable() else "\ufffd" for letter in value)
        if printed and printed == printed.strip():
            assert unescaped[key] == printed
        elif not value:
            assert key not in unescaped


def test_cef_escapes_as_its_specification_says():
    raw = cef.line(replace(LINE, action="a|b\\c", subject="x=y\\z|", outcome="refused"))
    assert raw.startswith(rb"CEF:0|Muniment|Muniment|1|a\|b\\c|case.decision|5|rt=1893585600123 ")
    assert rb" cs1=x\=y\\z| " in raw
    assert b"cs3Label" not in raw


def test_a_moment_is_told_in_milliseconds():
    assert milliseconds("1970-01-01T00:00:01.001999Z") == 1001


def test_every_form_has_an_ending_and_a_media_type():
    assert set(FORMS) == set(ENDINGS) == set(MEDIA_TYPES)
    assert CLASSES


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"form": "xml"}, "format"),
        ({"outcome": "maybe"}, "outcome"),
        ({"kind": "Cases; drop"}, "kind"),
        ({"actor": "two words"}, "actor"),
        ({"subject": "x" * 121}, "object"),
        ({"most": 0}, "limit"),
        ({"cursor": "3"}, "cursor"),
        ({"since": datetime(2030, 1, 2, tzinfo=UTC), "until": datetime(2030, 1, 2, tzinfo=UTC)}, "until"),
        ({"since": datetime(2030, 1, 2)}, ""),  # noqa: DTZ001  # a moment without its zone is what is tried
    ],
)
def test_what_cannot_be_answered_is_refused_in_words(wrong, where):
    with pytest.raises(Invalid) as refused:
        require_asked(Asked(**{"form": "ocsf", **wrong}))
    assert refused.value.where == where


def test_filters_come_back_from_the_record_as_they_were():
    east = timezone(timedelta(hours=3))
    asked = Asked(
        "cef",
        datetime(2030, 1, 2, 3, tzinfo=east),
        datetime(2030, 1, 3, tzinfo=UTC),
        actor="a",
        kind="cases.open",
        subject="cases.Case/1",
        outcome="done",
        personal=True,
    )
    assert of_filters("cef", asked.filters(), personal=True) == asked
    assert Asked("csv").filters() == {}


def test_a_cursor_names_size_and_place():
    assert parse_cursor("12.7") == (12, 7)


def test_a_day_is_whole_and_a_moment_is_exact():
    assert moment("2030-01-31") == datetime(2030, 1, 31, tzinfo=UTC)
    assert moment("2030-01-31", end=True) == datetime(2030, 2, 1, tzinfo=UTC)
    assert moment("2030-01-31T12:00:00+02:00") == datetime(2030, 1, 31, 10, tzinfo=UTC)
    for wrong in ("", "yesterday", "2030-13-01", "2030-01-31T12:00:00", "9999-12-31"):
        with pytest.raises(Invalid):
            moment(wrong, end=True)


def test_lines_and_cells_are_as_the_vectors_say():
    held = json.loads((Path(__file__).resolve().parents[1] / "vectors/export.json").read_text("utf-8"))
    assert sheet.HEAD.decode() == held["csv_head"]
    for case in held["lines"]:
        one = Line(**case["entry"])
        for name, form in FORMS.items():
            assert form.line(one).decode("utf-8") == case[name]
    for case in held["cells"]:
        assert sheet.cell(case["text"]) == case["cell"]
