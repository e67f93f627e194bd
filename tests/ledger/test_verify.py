"""Whatever is changed behind the application's back is named, by row, entry or file."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from tests.ledger.tamper import key, owner, update

from muniment.cases import actions as cases
from muniment.cases import queries as case_queries
from muniment.ledger import logs, publish, verify, walk
from muniment.ledger.models import Checkpoint, Entry, Outbox, RowList
from muniment.spine.scope import tenant_scope
from muniment.vault import actions as vault

WORDS = "The policy allows four days where the law allows three."


@pytest.fixture
def lived(db, ada, otto, account_of):
    """A log with a document, a decided case and two people, all under a checkpoint."""
    account_of(ada)
    account_of(otto)
    policy = vault.receive(ada, [b"Within 96 hours.\n"], name="incident.md", title="Incident response")
    case = cases.open_case(ada, title="Too late", items=[("evidence", policy.id)])
    cases.propose(ada, case_id=case.id, outcome="to_remedy", rationale=WORDS)
    with tenant_scope(ada.tenant):
        shown = case_queries.whole(case.id).shown
    cases.decide(otto, case_id=case.id, approve=True, reason="Agreed, amend it.", shown=shown)
    publish.settle()
    assert verify.verify_log(ada.tenant, deep=True).faults == []
    return case


@pytest.fixture
def faults(ada) -> Callable[..., str]:
    def all_of(*, deep: bool = True) -> str:
        return "\n".join(verify.verify_log(ada.tenant, deep=deep).faults)

    return all_of


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("cases_case", "outcome = 'cleared'"),
        ("cases_case", "due_at = '2030-01-01 00:00:00'"),
        ("cases_decision", "bound_digest = 'x'"),
        ("cases_item", "digest = 'x'"),
        ("access_person", "role = 'administrator'"),
        ("vault_document", "latest = 7"),
        ("vault_documentversion", "sha256 = 'x'"),
        ("tenants_tenant", "name = 'Another name'"),
    ],
)
def test_a_row_that_was_changed_is_named(lived, ada, faults, table, change):
    with owner(ada.tenant, table) as cursor:
        update(cursor, table, change, "tenant_id", key(ada.tenant))
        assert cursor.rowcount > 0
    assert f"{table} " in faults()
    assert "was changed behind the application's back (last by entry" in faults()
    assert faults(deep=False) == "", "a plain check looks at the log alone"


def test_a_row_that_was_added_is_named(lived, ada, faults):
    new = uuid4()
    with owner(ada.tenant, "cases_item") as cursor:
        cursor.execute(
            "INSERT INTO cases_item (id, tenant_id, case_id, kind, item_id, digest, attached_by, attached_at) "
            "SELECT %s, tenant_id, case_id, kind, %s, digest, attached_by, attached_at FROM cases_item "
            "WHERE case_id = %s",
            [key(new), key(uuid4()), key(lived.id)],
        )
    assert f"cases_item {new.hex}: this row was added behind the application's back" in faults()


def test_a_row_that_was_removed_is_named(lived, ada, faults):
    with owner(ada.tenant, "cases_decision") as cursor:
        cursor.execute("DELETE FROM cases_decision WHERE tenant_id = %s", [key(ada.tenant)])
    assert "this row was removed behind the application's back (last by entry" in faults()


def test_an_event_that_still_waits_commits_its_rows_too(lived, ada, faults):
    cases.open_case(ada, title="Not settled yet")
    assert faults() == ""
    with owner(ada.tenant, "cases_case") as cursor:
        cursor.execute("UPDATE cases_case SET due_at = '2030-01-01 00:00:00' WHERE number = 2")
    assert "last by waiting event" in faults()


def newest(ada):
    with tenant_scope(ada.tenant):
        return Entry.objects.order_by("-idx").first()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("actor = 'somebody-else'", "its search columns do not say what was committed"),
        ("kind = 'cases.open'", "its search columns do not say what was committed"),
        ("subject = 'cases.Case/x'", "its search columns do not say what was committed"),
    ],
)
def test_search_columns_that_say_something_else_are_named(lived, ada, faults, change, words):
    last = newest(ada)
    with owner(ada.tenant, "ledger_entry") as cursor:
        update(cursor, "ledger_entry", change, "id", key(last.id))
    assert f"entry {last.idx}: {words}" in faults()


def test_a_time_that_is_another_within_its_second_is_named(lived, ada, faults):
    """The leaf holds the second; the rest is committed to and stands in the row alone."""
    last = newest(ada)
    other = last.at.replace(microsecond=(last.at.microsecond + 1) % 1_000_000)
    with owner(ada.tenant, "ledger_entry") as cursor:
        update(cursor, "ledger_entry", "at = %s", "id", f"{other:%Y-%m-%d %H:%M:%S.%f}", key(last.id))
    assert f"entry {last.idx}: its contents, with the time in its row, are not what was committed" in faults()


@pytest.mark.parametrize("column", ["body", "root"])
def test_an_entry_that_was_changed_is_named(lived, ada, faults, column):
    last = newest(ada)
    raw = bytearray(bytes(getattr(last, column)))
    raw[len(raw) // 2] ^= 1
    with owner(ada.tenant, "ledger_entry") as cursor:
        update(cursor, "ledger_entry", f"{column} = %s", "id", bytes(raw), key(last.id))
    assert f"entry {last.idx}:" in faults(deep=False)
    assert f"entry {last.idx}:" in faults()


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ("at = '2020-01-01 00:00:00'", "at"),
        ("cls = 'export'", "cls"),
        ("cls = 'Not a class'", "cls"),
        ("root = NULL", "root"),
        ("leaf = root", "leaf, root"),
        ("cls = 'export', root = body", "cls, root"),
    ],
)
def test_columns_that_disagree_with_their_leaf_are_named(lived, ada, faults, change, names):
    last = newest(ada)
    with owner(ada.tenant, "ledger_entry") as cursor:
        update(cursor, "ledger_entry", change, "id", key(last.id))
    assert faults(deep=False) == f"entry {last.idx}: its columns do not agree with its leaf ({names})"


def test_an_entry_that_was_deleted_is_named(lived, ada, faults):
    with owner(ada.tenant, "ledger_entry") as cursor:
        cursor.execute("DELETE FROM ledger_entry WHERE idx = 2 AND tenant_id = %s", [key(ada.tenant)])
    said = faults(deep=False)
    assert "entry 2 is missing" in said
    assert "do not lead to the stored head" in said
    assert "do not lead to the checkpoint signed" in said


def test_a_tail_that_was_cut_off_is_named(lived, ada, faults):
    last = newest(ada)
    with owner(ada.tenant, "ledger_entry") as cursor:
        cursor.execute("DELETE FROM ledger_entry WHERE id = %s", [key(last.id)])
    assert "do not lead to the stored head" in faults(deep=False)


def test_a_gap_in_a_stream_is_named(lived, ada, faults):
    with tenant_scope(ada.tenant):
        one = Entry.objects.filter(kind="cases.decide").get()
    with owner(ada.tenant, "ledger_entry") as cursor:
        cursor.execute("UPDATE ledger_entry SET sn = sn + 5 WHERE id = %s", [key(one.id)])
    assert f"entry {one.idx}: a number is missing in its stream" in faults(deep=False)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("note = replace(note, 'muniment', 'nunimemt')", "is not signed by the log"),
        ("size = size + 1", "is not what was signed"),
        ("root = %s", "is not what was signed"),
    ],
)
def test_a_checkpoint_that_was_changed_is_named(lived, ada, faults, change, words):
    with owner(ada.tenant, "ledger_checkpoint") as cursor:
        given = [b"\0" * 32] if "%s" in change else []
        update(cursor, "ledger_checkpoint", change, "tenant_id", *given, key(ada.tenant))
    assert words in faults(deep=False)


@pytest.mark.parametrize(("part", "words"), [("tile/0", "tiles"), ("tile/entries", "entry bundles")])
def test_a_tile_that_was_edited_is_named(lived, ada, faults, part, words):
    folder = logs.folder(logs.of(ada.tenant)) / part
    for file in [path for path in folder.rglob("*") if path.is_file()]:
        raw = bytearray(file.read_bytes())
        raw[-1] ^= 1
        file.write_bytes(raw)
    assert f"the {words} do not lead to the published checkpoint" in faults(deep=False)


def test_a_tile_that_is_gone_is_named(lived, ada, faults):
    folder = logs.folder(logs.of(ada.tenant)) / "tile/0"
    for file in [path for path in folder.rglob("*") if path.is_file()]:
        file.unlink()
    assert "A file of the log is missing" in faults(deep=False)


def test_a_checkpoint_file_that_was_edited_is_named(lived, ada, faults):
    file = logs.folder(logs.of(ada.tenant)) / "checkpoint"
    file.write_bytes(file.read_bytes().replace(b"\n\n", b"\n\n", 1)[:-8] + b"AAAAAAA\n")
    assert faults(deep=False) != ""


@pytest.mark.parametrize("how", ["gone", "changed"])
def test_a_list_of_changed_rows_that_is_gone_or_changed_is_named(lived, ada, faults, how):
    last = newest(ada)
    with owner(ada.tenant, "ledger_rowlist") as cursor:
        if how == "gone":
            cursor.execute("DELETE FROM ledger_rowlist WHERE id = %s", [key(last.id)])
        else:
            cursor.execute("UPDATE ledger_rowlist SET body = %s WHERE id = %s", [b"[]", key(last.id)])
    wanted = "is missing" if how == "gone" else "is not what was committed"
    assert f"entry {last.idx}: the list of the rows that it changed {wanted}" in faults()


def test_faults_are_named_up_to_a_thousand(ada):
    found = verify.Finding()
    found.extend(iter(["fault"] * (walk.MOST_NAMED + 5)))
    assert (len(found.faults), found.holds) == (walk.MOST_NAMED, False)


def test_every_log_is_checked_the_deployments_too(lived, town):
    found = verify.verify(deep=True)
    assert {town.example, town.harbour} < set(found)
    assert all(one.holds for one in found.values())


def test_all_that_was_looked_at_is_counted(lived, ada):
    found = verify.verify_log(ada.tenant, deep=True)
    with tenant_scope(ada.tenant):
        assert found.entries == Entry.objects.count()
        assert found.rows >= 8
        assert not Outbox.objects.exists()
        assert Checkpoint.objects.count() == 1
        assert RowList.objects.count() <= found.entries
