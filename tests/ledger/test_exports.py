"""Exports: what is in them, who may have them, that they are the same bytes each time, and that each is on record."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from datetime import timedelta
from uuid import uuid4

import pytest
from tests.ledger.exported import NASTY, faults, made, write_down

from muniment.access import queries as access
from muniment.cases import actions as cases
from muniment.ledger import drawing, exporting, publish
from muniment.ledger.action import REGISTRY
from muniment.ledger.exports.asked import Asked
from muniment.ledger.exports.line import milliseconds
from muniment.ledger.models import Entry, Outbox
from muniment.ledger.openings import opened_event
from muniment.spine import ports
from muniment.spine.errors import Absent, Busy, Clash, Invalid, Refused
from muniment.spine.installation import keyring
from muniment.spine.scope import tenant_scope


@pytest.fixture
def lived(db, ada, otto, vera, account_of):
    """Accounts, cases, a refusal and a person; everything has its place."""
    for person in (ada, otto):
        account_of(person)
    for number in range(3):
        cases.open_case(ada, title=f"Case number {number}")
    with pytest.raises(Refused):
        cases.open_case(vera, title="Not mine to open")
    return write_down(otto)


def lines_of(raw: bytes) -> list[dict]:
    return [json.loads(line) for line in raw.splitlines()]


def test_every_line_is_valid_by_the_published_schema_of_ocsf(lived, otto):
    export, raw = made(otto)
    lines = raw.splitlines()
    assert len(lines) == export.entries > 6
    assert [found for line in lines for found in faults(line)] == []
    assert {json.loads(line)["class_uid"] for line in lines} == {3001, 6003}
    spoilt = json.loads(lines[-1])
    del spoilt["actor"]
    assert faults(json.dumps(spoilt).encode()) != []


def test_a_line_says_what_the_entry_committed_to(lived, otto, ada):
    _export, raw = made(otto, kind="cases.open", outcome="done")
    first = lines_of(raw)[0]
    with tenant_scope(otto.tenant):
        entry = Entry.objects.filter(kind="cases.open").order_by("idx").first()
        opened = opened_event(entry)
    held = first["unmapped"]["muniment"]
    assert (held["index"], first["metadata"]["uid"]) == (entry.idx, str(entry.id))
    assert first["actor"]["user"] == {"type_id": 1, "uid": ada.id}
    assert first["src_endpoint"] == {"ip": "192.0.2.7"}
    assert first["time"] == milliseconds(opened.value("at"))
    assert held["facts"] == opened.facts
    assert first["activity_id"] == 1


def test_a_refusal_is_a_failure_in_every_form(lived, otto):
    [refused] = lines_of(made(otto, kind="cases.open", outcome="refused")[1])
    assert (refused["status_id"], refused["severity_id"]) == (2, 2)
    [row] = list(
        csv.DictReader(io.StringIO(made(otto, "csv", outcome="refused", kind="cases.open")[1].decode()))
    )
    assert row["outcome"] == "refused"
    assert b" outcome=failure " in made(otto, "cef", outcome="refused", kind="cases.open")[1]


@pytest.mark.parametrize("form", ["ocsf", "csv", "cef"])
def test_each_entry_is_one_line_whatever_it_holds(lived, otto, form):
    export, raw = made(otto, form, personal=True, kind="try.person")
    assert raw.count(b"\n") - (form == "csv") == export.entries == 1
    assert b"Marta Olivar" in raw
    if form == "csv":
        [row] = csv.DictReader(io.StringIO(raw.decode("utf-8"), newline=""))
        assert json.loads(row["facts"])["note"] == NASTY
        assert row["address"] == "2001:db8::7"


def test_facts_about_persons_are_withheld_by_name_unless_asked_for(lived, otto):
    [hidden] = lines_of(made(otto, kind="try.person")[1])
    held = hidden["unmapped"]["muniment"]
    assert (held["withheld"], held["erased"], "name" in held["facts"]) == (["name"], 0, False)
    [shown] = lines_of(made(otto, kind="try.person", personal=True)[1])
    assert shown["unmapped"]["muniment"]["facts"]["name"] == "Marta Olivar"


def test_what_was_erased_is_counted_and_told_apart_from_what_is_withheld(lived, otto):
    before = exporting.make(otto, Asked("ocsf", kind="try.person"))
    assert (before.withheld, before.erased) == (1, 0)
    with tenant_scope(otto.tenant):
        keyring().destroy(otto.tenant, lived)
    export, raw = made(otto, kind="try.person", personal=True)
    held = lines_of(raw)[0]["unmapped"]["muniment"]
    assert (held["withheld"], held["erased"]) == ([], 1)
    assert (export.withheld, export.erased) == (0, 1)


def test_an_export_from_before_an_erasure_leaves_the_house_no_more(lived, otto):
    before = exporting.make(otto, Asked("csv", personal=True))
    with tenant_scope(otto.tenant):
        keyring().destroy(otto.tenant, lived)
    with pytest.raises(Clash, match="erased since"):
        exporting.copy(otto, export_id=before.id)


def test_the_same_cursor_gives_the_same_bytes_however_the_log_has_grown(lived, otto, ada):
    first = exporting.make(otto, Asked("ocsf", most=3))
    assert (first.entries, first.cursor) == (3, f"{first.range.size}.3")
    then, rest = made(otto, cursor=first.cursor, most=2)[1], made(otto, cursor=first.cursor)[1]
    cases.open_case(ada, title="One more")
    publish.settle()
    assert made(otto, cursor=first.cursor, most=2)[1] == then
    assert made(otto, cursor=first.cursor)[1] == rest


def test_parts_one_after_the_other_are_the_whole(lived, otto):
    whole = made(otto)
    size = whole[0].range.size
    parts, cursor = [], f"{size}.0"
    while cursor:
        part, raw = made(otto, cursor=cursor, most=2)
        parts.append(raw)
        cursor = part.cursor
    assert len(parts) > 3
    assert b"".join(parts) == whole[1]


def test_entries_are_drawn_in_parts_that_fit_together(lived, otto, monkeypatch):
    with tenant_scope(otto.tenant):
        size = Entry.objects.count()
        within = drawing.Range(0, size, size)
        at_once = [one.idx for one in drawing.entries(Asked("ocsf"), within)]
        monkeypatch.setattr(drawing, "PART", 2)
        assert [one.idx for one in drawing.entries(Asked("ocsf"), within)] == at_once == list(range(size))
        assert [one.idx for one in drawing.entries(Asked("ocsf"), within, 3)] == [0, 1, 2]
        assert len(list(drawing.entries(Asked("ocsf"), within, 2))) == 2


def test_filters_narrow_by_person_thing_action_and_time(lived, otto, ada):
    assert {one["actor"]["user"]["uid"] for one in lines_of(made(otto, actor=ada.id)[1])} == {ada.id}
    assert lines_of(made(otto, subject="somebody/1")[1])[0]["metadata"]["event_code"] == "try.person"
    now = ports.now()
    assert made(otto, since=now + timedelta(days=1))[0].entries == 0
    assert made(otto, until=now - timedelta(days=1))[0].entries == 0
    assert made(otto, since=now - timedelta(days=1), until=now + timedelta(days=1))[0].entries > 6


def test_an_export_is_itself_an_entry_with_all_that_was_asked(lived, otto):
    export = exporting.make(otto, Asked("csv", kind="cases.open", most=2))
    publish.settle()
    with tenant_scope(otto.tenant):
        entry = Entry.objects.get(subject=f"ledger.Export/{export.id}")
        facts = opened_event(entry).facts
    assert (entry.kind, entry.cls, entry.id) == ("ledger.export", "export", export.event)
    raw = exporting.copy(otto, export_id=export.id)[1]
    assert facts == {
        "bytes": len(raw),
        "entries": 2,
        "erased": 0,
        "filters": {"kind": "cases.open"},
        "form": "csv",
        "range": {"end": export.range.end, "first": 0, "size": export.range.size},
        "sha256": hashlib.sha256(raw).hexdigest(),
        "withheld": 0,
    }
    copies = exporting.read(otto, export_id=export.id).copies
    assert [one.actor for one in copies] == [otto.id]


def test_no_ledger_no_export(lived, otto, monkeypatch):
    def broken(*_given):
        raise OSError("the ledger cannot be written")

    monkeypatch.setattr("muniment.ledger.record.append", broken)
    with pytest.raises(OSError, match="cannot be written"):
        exporting.make(otto, Asked("ocsf"))


def test_who_may_not_export_is_refused_before_anything_is_opened(lived, ada, monkeypatch):
    monkeypatch.setattr(drawing, "line_of", lambda *_given, **_rest: pytest.fail("an entry was opened"))
    with pytest.raises(Refused, match="not allow this"):
        exporting.make(ada, Asked("ocsf"))


def test_an_administrator_exports_but_sees_no_facts_about_persons(lived, otto, adam, vera):
    assert b"Marta" not in made(adam)[1]
    with pytest.raises(Refused, match="not allow this"):
        exporting.make(adam, Asked("ocsf", personal=True))
    theirs = exporting.make(vera, Asked("ocsf", personal=True))
    with pytest.raises(Refused, match="facts about persons"):
        exporting.copy(adam, export_id=theirs.id)


def test_other_tenants_see_neither_entries_nor_exports(lived, otto, mallory):
    export = exporting.make(otto, Asked("ocsf"))
    mine = {one["metadata"]["uid"] for one in lines_of(made(otto)[1])}
    write_down(mallory)
    theirs = {one["metadata"]["uid"] for one in lines_of(made(mallory)[1])}
    assert theirs and not theirs & mine
    for ask in (exporting.copy, exporting.read, exporting.manifest, exporting.stream):
        with pytest.raises(Absent):
            ask(mallory, export_id=export.id)
        with pytest.raises(Absent):
            ask(otto, export_id=uuid4())


def test_a_refused_export_is_none(lived, otto, ada):
    with pytest.raises(Refused):
        exporting.make(ada, Asked("ocsf"))
    with tenant_scope(otto.tenant):
        assert not Outbox.objects.filter(subject__startswith="ledger.Export/").exists()


def test_a_cursor_that_nobody_gave_out_is_refused(lived, otto):
    for cursor in ("999999.0", "3.7", "x", "1", "01.0", "1.-1", "9" * 40 + ".0"):
        with pytest.raises(Invalid, match="cursor"):
            exporting.make(otto, Asked("ocsf", cursor=cursor))


def test_before_the_first_checkpoint_there_is_nothing_to_export(db, otto):
    with pytest.raises(Busy, match="no signed checkpoint"):
        exporting.make(otto, Asked("ocsf"))


def test_a_large_export_is_taken_on_the_machine_only(lived, otto, monkeypatch):
    export = exporting.make(otto, Asked("ocsf"))
    monkeypatch.setattr(exporting, "LARGEST_HERE", 100)
    with pytest.raises(Refused, match="too large"):
        exporting.copy(otto, export_id=export.id)
    _made, pieces = exporting.stream(otto, export_id=export.id)
    with tenant_scope(otto.tenant):
        assert hashlib.sha256(b"".join(pieces)).hexdigest() == export.sha256


def test_names_that_are_looked_up_are_in_no_export(lived, otto, ada):
    with tenant_scope(ada.tenant):
        assert access.described(ada.id).name == "Ada Example"
    assert b"Ada Example" not in made(otto, outcome="done", kind="cases.open")[1]


def test_the_doors_let_nobody_in_with_empty_hands(db, otto):
    for kind in ("ledger.export", "ledger.export_personal"):
        with pytest.raises(Refused, match="Nothing was drawn"):
            REGISTRY[kind].door(otto, drawn=None)


def test_a_manifest_waits_for_the_checkpoint_and_for_a_reader(lived, otto):
    export = exporting.make(otto, Asked("ocsf"))
    with pytest.raises(Busy, match="no proof yet"):
        exporting.manifest(otto, export_id=export.id)
    with pytest.raises(Refused):
        exporting.manifest(
            type(otto)(id=otto.id, kind=otto.kind, tenant=otto.tenant, may=frozenset()), export_id=export.id
        )
