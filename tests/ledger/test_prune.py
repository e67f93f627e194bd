"""Old entries go below a signed bound, nothing younger than a year goes, and nothing becomes unverifiable by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from muniment.cases import actions as cases
from muniment.ledger import logs, publish, queries, rules, taking, verify
from muniment.ledger.action import REGISTRY, action
from muniment.ledger.models import Checkpoint, Entry, RowList
from muniment.ledger.pruning import acts, plan
from muniment.ledger.tables.pruning import Carried, Prune, Retention
from muniment.ledger.words import moment
from muniment.proof.checkpoint import parse_checkpoint
from muniment.proof.merkle import leaf_hash, verify_consistency, verify_inclusion
from muniment.proof.tiles import Tiles
from muniment.proof.tlogproof import parse_tlog_proof
from muniment.spine import ports
from muniment.spine.actor import system
from muniment.spine.errors import Busy, Clash, Invalid, Refused
from muniment.spine.guard import LEDGER_HAND, PRUNING_HAND
from muniment.spine.scope import DEPLOYMENT, tenant_scope
from muniment.spine.session import open_action

#: The tenants of the tests are as old as the run is.
THEN = ports.now()


def keeper(tenant):
    return system("operator", may=frozenset({"ledger.retain"}), tenant=tenant, via="cli")


@pytest.fixture
def many(db):
    """Put many readings on record at once."""

    def record_many(act, *, count):
        for number in range(count):
            act.record("try.thing", number=number)

    door = action("try.many", cls="case.read", says="many")(record_many)

    def do(tenant, count):
        door(system("try", may=frozenset({"try.many"}), tenant=tenant), count=count)
        publish.settle()

    yield do
    REGISTRY.pop("try.many", None)


@pytest.fixture
def old(many, ada):
    """A log of one tenant with 600 old entries, and a young one fourteen months later."""
    with ports.frozen(clock=THEN):
        case = cases.open_case(ada, title="The one that stays open")
        many(ada.tenant, 600)
    with ports.frozen(clock=THEN + timedelta(days=425)):
        cases.open_case(ada, title="A young one")
        publish.settle()
        yield case


def entries(tenant) -> list[int]:
    with tenant_scope(tenant):
        return list(Entry.objects.order_by("idx").values_list("idx", flat=True))


def test_old_entries_go_whole_bundles_of_them_and_everything_still_holds(old, ada):
    before = logs.of(ada.tenant).size
    done = taking.prune(ada.tenant)
    assert (done.below, done.gone, done.bundles, done.stops) == (512, 510, 2, ())
    left = entries(ada.tenant)
    assert left[:3] == [0, 1, 512], "how the tenant began never goes, nor what an open case needs"
    assert left[-1] == logs.of(ada.tenant).size - 1 >= before
    for deep in (False, True):
        found = verify.verify_log(ada.tenant, deep=deep)
        assert found.faults == []
        assert found.pruned == 510
    assert found.rows > 1, "rows whose last change was pruned are still held"
    folder = logs.folder(logs.of(ada.tenant))
    assert not (folder / "tile/entries/000").exists()
    assert (folder / "tile/0/000").exists()


def test_old_proofs_stay_valid_and_new_ones_are_made_of_what_is_left(old, ada):
    with tenant_scope(ada.tenant):
        proofs = {
            one.idx: (bytes(one.leaf), queries.proof(one))
            for one in Entry.objects.filter(idx__in=[3, 511, 512])
        }
        heads = {one.size: bytes(one.root) for one in Checkpoint.objects.all()}
    taking.prune(ada.tenant)
    with tenant_scope(ada.tenant):
        assert {one.size: bytes(one.root) for one in Checkpoint.objects.all()}.items() >= heads.items()
        newest = queries.newest_checkpoint()
        tiles = Tiles(logs.folder(logs.of(ada.tenant)), newest.size)
        for index, (leaf, made) in proofs.items():
            found = parse_tlog_proof(made.file)
            verify_inclusion(
                leaf_hash(leaf), index, made.size, found.hashes, parse_checkpoint(found.checkpoint).root
            )
            verify_inclusion(leaf_hash(leaf), index, newest.size, tiles.inclusion(index), bytes(newest.root))
        assert queries.proof(Entry.objects.get(idx=512)).fault == ""
        for size, root in heads.items():
            verify_consistency(size, newest.size, tiles.consistency(size), root, bytes(newest.root))


def test_the_entry_that_signs_the_bound_says_what_went_and_why(old, ada):
    taking.prune(ada.tenant)
    with tenant_scope(ada.tenant):
        [told] = queries.told(Entry.objects.filter(kind="ledger.prune"))
    facts = told.opened.facts
    assert told.sentence == "510 entries go below 512, as their time is over"
    assert (facts["bound"], facts["goes"], facts["number"], facts["why"]) == (512, 510, 0, taking.WHY)
    assert f"case.read<512@{moment(rules.months_before(told.at, 13))}" in facts["classes"]
    assert not any(line.startswith("log.prune<") for line in facts["classes"])


def test_doing_it_again_changes_nothing(old, ada):
    first = taking.prune(ada.tenant)
    again = taking.prune(ada.tenant)
    assert (again.below, again.gone, again.bundles) == (first.below, 0, 0)
    with tenant_scope(ada.tenant):
        assert Entry.objects.filter(kind="ledger.prune").count() == 1


def test_a_later_pruning_goes_on_from_the_bound(old, ada, many):
    taking.prune(ada.tenant)
    later = THEN + timedelta(days=900)
    with ports.frozen(clock=THEN + timedelta(days=430)):
        many(ada.tenant, 300)
    with ports.frozen(clock=later):
        assert taking.prune(ada.tenant).below == 768
        found = verify.verify_log(ada.tenant, deep=True)
        assert (found.faults, found.pruned) == ([], 764)
        assert {0, 1, 604} <= set(entries(ada.tenant)), "what signed the first bound never goes"
        with tenant_scope(ada.tenant):
            assert set(Prune.objects.values_list("number", flat=True)) == {0, 1}
            assert Carried.objects.values("entry").distinct().count() == 1
        cases.withdraw(ada, case_id=old.id, reason="Opened in error.")
        publish.settle()
        assert verify.verify_log(ada.tenant, deep=True).faults == []


def test_nothing_goes_that_is_younger_than_the_time_of_keeping(old, ada):
    with ports.frozen(clock=THEN + timedelta(days=380)):
        assert taking.prune(ada.tenant) == taking.Pruned(ada.tenant, logs.of(ada.tenant).origin, 0, 0, 0)
    assert entries(ada.tenant)[0] == 0


def test_a_class_that_is_kept_longer_stays_entry_by_entry(old, ada, adam):
    acts.retain(keeper(ada.tenant), months=60, cls="case.change")
    with tenant_scope(ada.tenant):
        wanted = set(Entry.objects.filter(cls="case.change", idx__lt=512).values_list("idx", flat=True))
    assert wanted
    wanted.add(0)
    done = taking.prune(ada.tenant)
    assert (done.below, done.gone) == (512, 512 - len(wanted))
    assert {one for one in entries(ada.tenant) if one < 512} == wanted
    found = verify.verify_log(ada.tenant, deep=True)
    assert (found.faults, found.pruned) == ([], 512 - len(wanted))
    with ports.frozen(clock=THEN + timedelta(days=61 * 31)):
        assert taking.prune(ada.tenant).gone >= len(wanted) - 2
        assert verify.verify_log(ada.tenant, deep=True).faults == []
        assert not {one for one in entries(ada.tenant) if 1 < one < 512}


def test_what_somebody_still_needs_stays(old, ada, monkeypatch):
    monkeypatch.setattr(plan, "KEEPERS", [lambda _tenant: [f"cases.Case/{old.id}"]])
    taking.prune(ada.tenant)
    with tenant_scope(ada.tenant):
        assert Entry.objects.filter(subject=f"cases.Case/{old.id}", idx__lt=512).count() == 1
    assert verify.verify_log(ada.tenant, deep=True).faults == []


@pytest.mark.parametrize("months", [-1, 0, 6, 11, 1201])
def test_nobody_keeps_entries_for_less_than_a_year(old, ada, months):
    with pytest.raises(Invalid, match="12 months at least"):
        acts.retain(keeper(ada.tenant), months=months)
    # And past the rule, the table.
    with tenant_scope(ada.tenant), pytest.raises(IntegrityError), transaction.atomic(), open_action("x"):
        Retention.objects.create(tenant_id=ada.tenant, cls="", months=months)


def test_no_role_may_prune_or_choose_the_time(old, ada, otto, vera, adam):
    for who in (ada, otto, vera, adam):
        with pytest.raises(Refused):
            acts.retain(who, months=24)
        with pytest.raises(Refused):
            acts.prune(who, wanted=None, start=None, number=0, why="")


@pytest.mark.parametrize("cls", ["nonsense", "log.prune"])
def test_a_class_that_never_goes_has_no_time(old, ada, cls):
    with pytest.raises(Invalid, match="never go"):
        acts.retain(keeper(ada.tenant), months=24, cls=cls)


def test_what_was_chosen_is_changed_and_on_record(old, ada):
    acts.retain(keeper(ada.tenant), months=24)
    held = acts.retain(keeper(ada.tenant), months=36)
    with tenant_scope(ada.tenant):
        assert plan.chosen() == {"": 36}
        assert Retention.objects.count() == 1
    assert held.months == 36


def test_a_bound_that_reaches_into_the_last_year_is_refused_by_the_table(old, ada):
    now = ports.now()
    row = {"entry": ada.tenant, "number": 0, "cls": "case.read", "bound": 512, "at": now}
    with tenant_scope(ada.tenant), open_action(LEDGER_HAND):
        with pytest.raises(IntegrityError), transaction.atomic():
            Prune.objects.create(tenant_id=ada.tenant, before=now - timedelta(days=364), **row)
        Prune.objects.create(tenant_id=ada.tenant, before=now - timedelta(days=365), **row)


@pytest.mark.parametrize("hand", ["cases.open", LEDGER_HAND, PRUNING_HAND])
def test_the_database_lets_no_entry_go_without_a_bound(old, ada, hand):
    with tenant_scope(ada.tenant), pytest.raises(IntegrityError), transaction.atomic(), open_action(hand):
        Entry.objects.filter(idx=0).delete()


@pytest.mark.parametrize(
    ("hand", "where"), [(LEDGER_HAND, {"idx": 3}), ("cases.open", {"idx": 3}), (PRUNING_HAND, {"idx": 512})]
)
def test_the_database_lets_only_the_pruning_hand_take_away_and_only_below_the_bound(
    old, ada, hand, where, monkeypatch
):
    monkeypatch.setattr(taking, "carry_out", lambda *_: (0, 0))
    taking.prune(ada.tenant)
    with tenant_scope(ada.tenant), pytest.raises(IntegrityError), transaction.atomic(), open_action(hand):
        Entry.objects.filter(**where).delete()
    with tenant_scope(ada.tenant), transaction.atomic(), open_action(PRUNING_HAND):
        assert Entry.objects.filter(idx=3).delete()[0] == 1


def test_the_pruning_hand_changes_and_adds_nothing(old, ada):
    with tenant_scope(ada.tenant):
        one = Entry.objects.get(idx=1)
        # On PostgreSQL the application's role has not even the right to change an entry.
        with (
            pytest.raises((IntegrityError, ProgrammingError)),
            transaction.atomic(),
            open_action(PRUNING_HAND),
        ):
            Entry.objects.filter(idx=1).update(kind="x")
        one.id = ports.new_id()
        one.idx = one.sn = 9999
        with pytest.raises(IntegrityError), transaction.atomic(), open_action(PRUNING_HAND):
            one.save(force_insert=True)


def test_nothing_is_pruned_while_the_clock_is_not_trusted_or_somebody_has_a_reason(old, ada, monkeypatch):
    monkeypatch.setattr(plan, "clock_is_trusted", lambda: False)
    assert taking.prune(ada.tenant).stops == (plan.CLOCK,)
    monkeypatch.undo()
    monkeypatch.setattr(plan, "STOPS", [lambda _tenant, _now: ["a legal hold is in force"]])
    assert taking.prune(ada.tenant).stops == ("a legal hold is in force",)
    assert entries(ada.tenant)[0] == 0


def test_a_log_that_does_not_hold_is_not_pruned(old, ada):
    (logs.folder(logs.of(ada.tenant)) / "tile/0/000").write_bytes(bytes(8192))
    with pytest.raises(Clash, match="does not hold"):
        taking.prune(ada.tenant)
    assert entries(ada.tenant)[0] == 0


def test_what_is_not_signed_yet_is_not_carried_out(old, ada, monkeypatch):
    monkeypatch.setattr(publish, "settle", list)
    with pytest.raises(Busy, match="not under a checkpoint"):
        taking.prune(ada.tenant)
    assert entries(ada.tenant)[0] == 0
    monkeypatch.undo()
    publish.settle()
    assert taking.prune(ada.tenant).gone == 510


def test_the_worker_prunes_a_log_once_in_four_weeks(old, ada):
    taking.prune(ada.tenant)
    with ports.frozen(clock=THEN + timedelta(days=425 + 10)):
        acts.retain(keeper(ada.tenant), months=12)
        with tenant_scope(ada.tenant):
            assert taking.prune(ada.tenant, at_most_each=taking.EVERY).gone == 0


def test_the_deployments_log_keeps_the_last_head_of_a_log_that_rests(many, ada, mallory):
    with ports.frozen(clock=THEN):
        cases.open_case(ada, title="One")
        cases.open_case(mallory, title="Another")
        publish.settle()
    with ports.frozen(clock=THEN + timedelta(days=1)):
        publish.settle()  # now it is written down where the streams end
        publish.settle()
        many(DEPLOYMENT, 300)
    with ports.frozen(clock=THEN + timedelta(days=425)):
        cases.open_case(ada, title="It goes on")
        publish.settle()
        assert taking.prune(DEPLOYMENT).below == 256
        with tenant_scope(DEPLOYMENT):
            kept = set(Entry.objects.filter(idx__lt=256).values_list("subject", flat=True))
        assert kept & {f"log/{logs.of(one.tenant).tag}" for one in (ada, mallory)} == {
            f"log/{logs.of(mallory.tenant).tag}"
        }
        assert [sentence for one in verify.verify(deep=True).values() for sentence in one.faults] == []


def test_row_lists_go_with_their_entries(old, ada):
    with tenant_scope(ada.tenant):
        before = RowList.objects.count()
    taking.prune(ada.tenant)
    with tenant_scope(ada.tenant):
        assert RowList.objects.count() < before + 2
        assert not RowList.objects.exclude(id__in=Entry.objects.values("id")).exists()


def test_months_are_those_of_the_calendar():
    assert rules.months_before(datetime(2026, 3, 31, tzinfo=UTC), 13) == datetime(2025, 2, 28, tzinfo=UTC)
    assert rules.months_before(datetime(2024, 2, 29, tzinfo=UTC), 12) == datetime(2023, 2, 28, tzinfo=UTC)
    assert rules.kept_for("case.read", {"": 24, "case.change": 60}) == 24
    assert rules.kept_for("case.change", {"": 24, "case.change": 60}) == 60
    assert rules.kept_for("case.read", {"": 3}) == 12, "whatever stands in the table"
    assert rules.cut_off("log.prune", {}, THEN) is None
