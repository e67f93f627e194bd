"""Digests of rows: each kind of column tells itself apart, and a whole table is read as its rows one by one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from muniment.ledger import rows
from muniment.spine.guard import table_named
from muniment.spine.scope import tenant_scope
from muniment.spine.sealed import Stored

KINDS = [
    True,
    1,
    "1",
    Stored(b"1"),
    b"2",
    UUID(int=1),
    datetime(2030, 1, 2, tzinfo=UTC),
    date(2030, 1, 2),
    1.0,
    Decimal("1.10"),
    {"b": 1, "a": [2]},
]


def test_no_two_kinds_of_value_look_alike():
    told = [rows.stored(value) for value in KINDS]
    assert len(set(told)) == len(KINDS)
    assert rows.stored({"a": [2], "b": 1}) == told[-1]
    assert rows.stored(memoryview(b"2")) == rows.stored(b"2")
    assert rows.stored(Decimal("1.1")) == rows.stored(Decimal("1.10"))


def test_an_empty_column_is_left_out_so_that_a_new_one_changes_no_old_digest():
    old = rows.digest_of("cases_case", ["id", "title"], ["1", "x"])
    assert rows.digest_of("cases_case", ["title", "note", "id"], ["x", None, "1"]) == old
    filled = (
        [["id", "title", "note"], ["1", "x", ""]],
        [["id", "title"], ["1", None]],
        [["id", "note"], ["1", "x"]],
    )
    assert len({old, *(rows.digest_of("cases_case", *one) for one in filled)}) == 4


def test_a_whole_table_gives_what_its_rows_give_and_a_row_that_is_gone_gives_nothing(db, town):
    item = table_named("tenants_tenant")
    with tenant_scope(town.example):
        whole = {mark for mark in rows.digests(item) if mark[1] == town.example.hex}
        named = list(rows.digests(item, [town.example.hex, UUID(int=9).hex]))
    assert whole == {mark for mark in named if mark[2]}
    assert [mark[1] for mark in named if not mark[2]] == [UUID(int=9).hex]


def test_an_unknown_table_is_no_guarded_one(db):
    with pytest.raises(KeyError, match="nobody"):
        table_named("nobody")
