"""Taking in law and lists: exact bytes stay, the same bytes come once, a list that shrank stops and asks."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from django.db import connection
from tests.scans.duties.written import written_act

from muniment.ledger import publish, verify
from muniment.sources import actions, queries
from muniment.sources.models import ListEntry, Provision, Snapshot
from muniment.spine.errors import Absent, Clash, Invalid, Refused
from muniment.spine.scope import DEPLOYMENT, tenant_scope
from muniment.vault import storage

ACT = written_act(
    """
## 1 Scope
1. This Regulation applies to lanterns.
## 2 Duties
1. The controller shall keep a lantern in each window.
(a) in winter;
(b) in summer.
"""
)
ORIGIN = actions.Origin(
    key="39999R0001", version="OJ:2030-02-01", publisher="Town Council", authenticity="invented"
)
RAW = b"<act>as it came</act>\r\n"


def people(count: int, mark: str = "") -> list[dict[str, object]]:
    return [
        {"id": f"LN-{nth:03}", "schema": "Person", "properties": {"name": [f"Odo Lampe {nth}{mark}"]}}
        for nth in range(count)
    ]


def take_in_list(operator, entities, version="2030-02-01", **more):
    origin = replace(ORIGIN, key="lanterns", version=version)
    raw = f"{version} {len(entities)}".encode()
    return actions.take_in_list(
        operator,
        [actions.File("list.csv", raw)],
        entities,
        origin,
        title="List of lantern keepers",
        extractor="own/1",
        counts={"Person": len(entities)},
        **more,
    )


@pytest.fixture
def act(db, operator):
    return actions.take_in(operator, [actions.File("act.xml", RAW)], ACT, ORIGIN)


def test_an_act_comes_in_as_it_was_and_every_part_leads_back_to_it(act, ada):
    with tenant_scope(ada.tenant):
        [file] = queries.files(act)
        assert storage.read(DEPLOYMENT, file.blob_id, file.sha256) == RAW
        assert act.sha256 == hashlib.sha256(RAW).hexdigest()
        assert queries.parsed(act) == ACT
        point = queries.provision(act, "art_2.par_1.pnt_b")
        words = queries.text_of(act)[point.start : point.end]
    assert words == "(b) in summer."
    assert point.verbatim_sha256 == hashlib.sha256(words.encode()).hexdigest()
    assert act.counts == {"article": 2, "paragraph": 2, "point": 2}


def test_the_same_bytes_come_once(act, operator):
    before = set(storage.path_of(act.text_blob).parent.parent.glob("*/*"))
    with pytest.raises(Clash, match="here already, byte for byte"):
        actions.take_in(operator, [actions.File("act.xml", RAW)], ACT, ORIGIN)
    assert set(storage.path_of(act.text_blob).parent.parent.glob("*/*")) == before


def test_another_version_of_an_act_stands_beside_the_first(act, operator, ada):
    later = replace(ORIGIN, version="CONS:2031-01-01")
    newer = actions.take_in(operator, [actions.File("act.xml", RAW + b"x")], ACT, later)
    with tenant_scope(ada.tenant):
        assert [row.id for row in queries.newest("act")] == [newer.id]
        assert {row.id for row in queries.versions(act)} == {act.id, newer.id}


def test_tenants_read_sources_and_only_the_operator_takes_them_in(act, ada, mallory):
    for somebody in (ada, mallory):
        with tenant_scope(somebody.tenant):
            assert queries.snapshot(act.id).title == "An act of our own"
        with pytest.raises(Refused, match="Only the operator"):
            actions.take_in(somebody, [actions.File("act.xml", b"other")], ACT, ORIGIN)
        with pytest.raises(Refused, match="Only the operator"):
            take_in_list(somebody, people(3))


def test_an_operator_of_a_tenant_cannot_write_the_deployments_law(db, ada, operator):
    bold = replace(operator, tenant=ada.tenant)
    with pytest.raises(Refused):
        actions.take_in(bold, [actions.File("act.xml", RAW)], ACT, ORIGIN)
    with tenant_scope(ada.tenant):
        assert not Snapshot.objects.exists()


def test_a_list_comes_in_and_each_entry_is_found_at_its_place(db, operator, ada):
    listed = take_in_list(operator, people(25))
    with tenant_scope(ada.tenant):
        assert queries.entity(listed, "LN-007")["properties"] == {"name": ["Odo Lampe 7"]}
        assert len(queries.entities(listed)) == 25
        assert queries.entry_counts() == {listed.id: 25}
        row = ListEntry.objects.get(snapshot=listed, entity_id="LN-024")
        assert row.sha256 == hashlib.sha256(actions.entry_bytes(people(25)[24])).hexdigest()
        with pytest.raises(Absent):
            queries.entity(listed, "LN-999")


def test_no_name_of_a_list_stands_in_a_table(db, operator):
    listed = take_in_list(operator, people(3))
    with tenant_scope(DEPLOYMENT), connection.cursor() as cursor:
        for table in (Snapshot, ListEntry):
            cursor.execute(f"SELECT * FROM {table._meta.db_table}")  # noqa: S608  # a table's own name
            assert "Odo" not in str(cursor.fetchall())
    assert b"Odo" not in storage.path_of(listed.text_blob).read_bytes()


def test_an_empty_list_is_refused_and_nothing_stays(db, operator, ada):
    before = set((storage.path_of(ada.tenant).parent.parent).glob("*/*"))
    with pytest.raises(Invalid, match="has no entries"):
        take_in_list(operator, [], accept_shrinking=True)
    with tenant_scope(ada.tenant):
        assert not Snapshot.objects.exists()
    assert set((storage.path_of(ada.tenant).parent.parent).glob("*/*")) == before


def test_a_list_that_lost_more_than_a_tenth_stops_until_somebody_accepts_it(db, operator, ada):
    take_in_list(operator, people(20))
    assert take_in_list(operator, people(18), version="2030-02-02").counts == {"Person": 18}
    with pytest.raises(Clash, match="16 entries where there were 18"):
        take_in_list(operator, people(16), version="2030-02-03")
    kept = take_in_list(operator, people(16), version="2030-02-03", accept_shrinking=True)
    with tenant_scope(ada.tenant):
        assert queries.newest("list") == [kept]


def test_the_difference_of_two_lists_names_what_came_changed_and_went(db, operator, ada):
    old = take_in_list(operator, people(20))
    changed = [*people(20)[1:], {"id": "LN-100", "schema": "Person", "properties": {}}]
    changed[4] = people(20, mark=" II")[5]
    new = take_in_list(operator, changed, version="2030-02-02")
    with tenant_scope(ada.tenant):
        found = [(change.op, change.entity_id) for change in queries.difference(old, new)]
        assert found == [("DEL", "LN-000"), ("MOD", "LN-005"), ("ADD", "LN-100")]
        assert queries.difference(old, old) == []


def test_the_deep_check_is_clean_until_somebody_goes_round_the_door(act, operator):
    take_in_list(operator, people(3))
    publish.settle()
    assert verify.verify_log(DEPLOYMENT, deep=True).faults == []


def test_a_provision_changed_behind_the_door_is_named(act):
    publish.settle()
    with tenant_scope(DEPLOYMENT):
        row = Provision.objects.get(snapshot=act, eid="art_1")
    with tenant_scope(DEPLOYMENT), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT set_config('muniment.action', 'x', false)")
        else:
            cursor.execute("DROP TRIGGER guard_sources_provision_update")
        cursor.execute("UPDATE sources_provision SET heading = 'Exemptions' WHERE eid = 'art_1'")
    faults = verify.verify_log(DEPLOYMENT, deep=True).faults
    assert any("sources_provision" in fault and row.id.hex in fault.replace("-", "") for fault in faults)


def test_a_flipped_byte_of_the_law_is_found(act):
    path = storage.path_of(act.text_blob)
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    with tenant_scope(DEPLOYMENT), pytest.raises(storage.Damaged):
        queries.text_of(act)
    faults = verify.verify_log(DEPLOYMENT, deep=True).faults
    assert any(str(act.text_blob) in fault for fault in faults)


def test_a_file_that_cannot_be_kept_leaves_nothing(db, operator):
    before = set(storage.path_of(DEPLOYMENT).parent.parent.glob("*/*"))
    with pytest.raises(Invalid, match="empty"):
        actions.take_in(operator, [actions.File("a", RAW), actions.File("b", b"")], ACT, ORIGIN)
    assert set(storage.path_of(DEPLOYMENT).parent.parent.glob("*/*")) == before
