"""Who signed which head is kept over time, verified when it is read, and told as far as it is known."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.ledger.houses import Houses
from tests.proof.small_log import NOON

from muniment.cases import actions as cases
from muniment.ledger import anchoring, covering, lag, logs, publish, verify, witnessing
from muniment.ledger.models import Checkpoint, Entry, Log
from muniment.ledger.time import asking
from muniment.proof.checkpoint import Checkpoint as SignedHead
from muniment.proof.folder import verify_folder
from muniment.proof.kept import COSIGNED, cosigned_sizes
from muniment.proof.merkle import CompactRange
from muniment.proof.note import parse_keys, parse_note
from muniment.proof.policy import witnessed
from muniment.proof.signer import sign_checkpoint
from muniment.proof.tlogproof import parse_tlog_proof
from muniment.spine.scope import DEPLOYMENT, tenant_scope


def deployment() -> Log:
    return logs.of(DEPLOYMENT)


def settled(act: Any, title: str, *, asked: bool = True) -> int:
    """Open a case, publish, and ask; return the size of the deployment's log."""
    cases.open_case(act, title=title)
    publish.settle()
    if asked:
        witnessing.ask_all(NOON)
    return deployment().size


def kept() -> list[int]:
    return cosigned_sizes(logs.folder(deployment()))


def checkpoint_in(raw: bytes) -> bytes:
    """Return the head under which the file of an entry proves it."""
    with zipfile.ZipFile(io.BytesIO(raw)) as held:
        (name,) = [one for one in held.namelist() if one.endswith(".tlog-proof") and "time/" not in one]
        return parse_tlog_proof(held.read(name)).checkpoint


def file_at(size: int) -> Path:
    return logs.folder(deployment()) / COSIGNED / str(size)


@pytest.fixture
def one(houses: Houses) -> Houses:
    houses.open("witness.example/a", deployment())
    houses.policy("quorum witness.example/a")
    return houses


def test_each_signed_head_is_kept_and_a_restart_takes_none_away(one: Houses, ada: Any) -> None:
    sizes = [settled(ada, f"Case {number}") for number in range(3)]
    assert kept() == sizes
    found = witnessing.policy()
    assert found is not None
    for size in sizes:
        head = witnessed(file_at(size).read_bytes(), found, parse_keys(deployment().vkeys.encode()))
        assert (head.quorum, head.checkpoint.size) == (True, size)
    # What a process remembers plays no part: it is read from the files alone.
    witnessing._sizes.clear()
    lag.verified.cache_clear()
    with tenant_scope(DEPLOYMENT):
        covers = covering.states(sizes)
    assert [(covers[size].size, covers[size].own, covers[size].quorum) for size in sizes] == [
        (size, True, True) for size in sizes
    ]
    assert verify.verify_log(DEPLOYMENT).faults == []


def test_the_newest_are_kept_and_an_older_state_is_held_by_the_first_of_them(
    one: Houses, ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witnessing, "MOST_KEPT", 2)
    sizes = [settled(ada, f"Case {number}") for number in range(4)]
    assert kept() == sizes[-2:]
    with tenant_scope(DEPLOYMENT):
        cover = covering.states(sizes)[sizes[0]]
    assert (cover.size, cover.own, cover.through, cover.names) == (
        sizes[2],
        False,
        False,
        ("witness.example/a",),
    )


def test_a_head_that_nobody_was_asked_about_is_held_by_the_next_that_was_signed(
    one: Houses, ada: Any
) -> None:
    early = settled(ada, "Nobody was asked", asked=False)
    late = settled(ada, "Now somebody was")
    last = settled(ada, "And nobody again", asked=False)
    with tenant_scope(DEPLOYMENT):
        covers = covering.states([early, late, last])
    assert {size: cover.size for size, cover in covers.items()} == {early: late, late: late}


def test_a_tenants_state_is_held_through_its_anchor_by_the_first_head_above_it(one: Houses, ada: Any) -> None:
    settled(ada, "First")
    first = logs.of(ada.tenant).size
    above = deployment().size
    settled(ada, "Second")
    with tenant_scope(ada.tenant):
        covers = covering.states([first, logs.of(ada.tenant).size])
        entry = Entry.objects.get(idx=first - 1)
        found = covering.entry(entry)
        newest = Checkpoint.objects.order_by("-size").first()
    assert (covers[first].size, covers[first].through, covers[first].of) == (above, True, 1)
    assert covers[first].size < covers[logs.of(ada.tenant).size].size
    assert found == covers[first]
    # A pack of the newest state rests on the first head above its anchor, not on whichever came last.
    settled(ada, "Third")
    assert newest is not None
    anchor = anchoring.anchor_of(logs.of(ada.tenant), newest.size, bytes(newest.root))
    assert anchor is not None
    with tenant_scope(ada.tenant):
        expected = covering.states([newest.size])[newest.size].size
    proof = parse_tlog_proof(anchor[1])
    assert proof.checkpoint == file_at(expected).read_bytes()


def test_of_the_anchors_below_the_oldest_kept_head_one_alone_is_opened(
    one: Houses, ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page about an old entry must not open every anchor of a long history."""
    monkeypatch.setattr(witnessing, "MOST_KEPT", 2)
    for number in range(5):
        settled(ada, f"Case {number}")
    oldest = kept()[0]
    log = logs.of(ada.tenant)
    every = covering._anchors(log, 0, 0)
    needed = covering._anchors(log, 0, oldest)
    assert len([at for _, at in every if at < oldest]) > 1
    assert needed == every[-len(needed) :]
    assert len([at for _, at in needed if at < oldest]) == 1
    with tenant_scope(ada.tenant):
        assert covering.states([1])[1].size == oldest


def test_the_file_of_an_entry_stands_under_the_first_head_that_was_signed_for_it(
    houses: Houses, ada: Any
) -> None:
    own = logs.of(ada.tenant)
    houses.open("witness.example/a", deployment(), own)
    houses.policy(f"log {own.vkeys.splitlines()[0]}", "quorum witness.example/a")
    settled(ada, "First")
    first = logs.of(ada.tenant).size
    settled(ada, "Second", asked=False)
    with tenant_scope(ada.tenant):
        held = Entry.objects.get(idx=first - 1)
        after = Entry.objects.get(idx=first)
        named = checkpoint_in(asking.entry_file(held))
        unseen = checkpoint_in(asking.entry_file(after))
    assert named == (logs.folder(own) / COSIGNED / str(first)).read_bytes()
    assert b"witness.example/a" not in unseen


def test_too_few_signatures_are_told_with_their_number_and_cover_nothing(houses: Houses, ada: Any) -> None:
    houses.open("witness.example/a", deployment())
    houses.open("witness.example/b")
    houses.policy("group both all witness.example/a witness.example/b", "quorum both")
    size = settled(ada, "Half of them")
    with tenant_scope(DEPLOYMENT):
        cover = covering.states([size])[size]
        assert covering.entry(Entry.objects.get(idx=0)) is None
    assert (cover.names, cover.of, cover.quorum) == (("witness.example/a",), 2, False)
    assert covering.head_over(deployment(), 1) == b""


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw[:40],
        lambda raw: raw[:-20] + bytes([raw[-20] ^ 1]) + raw[-19:],
        lambda raw: raw.split(b"\n\n")[0] + b"\n\n",
    ],
    ids=["cut off", "bent", "without signatures"],
)
def test_a_kept_head_that_was_changed_is_named_and_counts_for_nothing(
    one: Houses, ada: Any, change: Any
) -> None:
    size = settled(ada, "First")
    later = settled(ada, "Second")
    path = file_at(size)
    path.write_bytes(change(path.read_bytes()))
    with tenant_scope(DEPLOYMENT):
        assert covering.states([size])[size].size == later
    faults = verify.verify_log(DEPLOYMENT).faults
    assert any(f"the file {COSIGNED}/{size} does not hold" in fault for fault in faults), faults
    found = witnessing.policy()
    keys = parse_keys(deployment().vkeys.encode())
    outside = verify_folder(logs.folder(deployment()), keys, policy=found)
    assert (
        [fault for fault in outside.faults if fault.startswith(f"{COSIGNED}/{size}: ")]
        == outside.faults
        != []
    )


def test_a_head_under_another_number_is_named(one: Houses, ada: Any) -> None:
    size = settled(ada, "First")
    file_at(size).rename(file_at(size - 1))
    with tenant_scope(DEPLOYMENT):
        assert covering.states([size - 1])[size - 1].size == size
    assert any("its name says another number" in fault for fault in verify.verify_log(DEPLOYMENT).faults)
    keys = parse_keys(deployment().vkeys.encode())
    assert "its name says another number" in verify_folder(logs.folder(deployment()), keys).faults[0]


def test_a_kept_head_of_a_longer_log_says_that_this_one_was_rolled_back(one: Houses, ada: Any) -> None:
    size = settled(ada, "First")
    longer = CompactRange()
    for _ in range(size + 7):
        longer.append(b"\x01" * 32)
    state = SignedHead(deployment().origin, size + 7, longer.root())
    file_at(size + 7).write_bytes(sign_checkpoint(logs.signer(deployment()), state, NOON))
    (fault,) = verify.verify_log(DEPLOYMENT).faults
    assert (
        f"the file {COSIGNED}/{size + 7} is signed by the log, and no checkpoint row says the same" in fault
    )
    keys = parse_keys(deployment().vkeys.encode())
    assert "the log was rolled back" in verify_folder(logs.folder(deployment()), keys).faults[0]
    with tenant_scope(DEPLOYMENT):
        assert covering.states([size + 1]) == {}


def test_a_copied_folder_says_how_many_earlier_states_have_the_quorum(one: Houses, ada: Any) -> None:
    sizes = [settled(ada, f"Case {number}") for number in range(2)]
    keys = parse_keys(deployment().vkeys.encode())
    seen = verify_folder(logs.folder(deployment()), keys, policy=witnessing.policy())
    assert (seen.faults, seen.quorum, seen.checkpoints) == ([], True, 4)
    assert f"2 earlier states have the quorum too; the first is of {sizes[0]} entries." in seen.notes


def test_nobody_named_or_nothing_asked_about_covers_nothing(db: None, ada: Any) -> None:
    with tenant_scope(ada.tenant):
        assert covering.states([1]) == {}
    assert covering.head_over(deployment(), 1) == b""


def test_how_long_a_witness_took_is_told_from_its_own_clock(one: Houses, ada: Any) -> None:
    size = settled(ada, "First")
    with tenant_scope(DEPLOYMENT):
        cover = covering.states([size])[size]
    lines = parse_note(file_at(size).read_bytes()).signatures
    said = max(int.from_bytes(line.raw[:8], "big") for line in lines if line.name == "witness.example/a")
    assert cover.at == datetime.fromtimestamp(said, UTC)


def test_signatures_that_are_kept_are_put_back_below_the_newest_head(one: Houses, ada: Any) -> None:
    size = settled(ada, "First")
    shown = logs.folder(deployment()) / "checkpoint"
    whole = shown.read_bytes()
    with tenant_scope(DEPLOYMENT):
        shown.write_bytes(Checkpoint.objects.get(size=size).note.encode())
    assert witnessing.ask_all(NOON) == {}, "nobody has to be asked again"
    assert shown.read_bytes() == whole
