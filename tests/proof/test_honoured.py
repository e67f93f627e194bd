"""Whether a receipt was honoured: by a proof, by all entries, by the copy of a folder."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.proof.receipt_log import BEFORE, BEGAN, COUNT, Promised, leaf_of, make_promised

from muniment.proof import honoured
from muniment.proof.command import main
from muniment.proof.errors import Malformed
from muniment.proof.honoured import judge_before, judge_copy, judge_entries, judge_proof
from muniment.proof.merkle import EMPTY_ROOT
from muniment.proof.receipt import promised_leaf, write_receipt
from muniment.proof.tiles import Tiles

INDEX = 295
DUE = BEGAN + INDEX + 60


@pytest.fixture(scope="module")
def promised(tmp_path_factory: pytest.TempPathFactory) -> Promised:
    return make_promised(tmp_path_factory.mktemp("log"))


@pytest.fixture
def own(tmp_path: Path) -> Promised:
    return make_promised(tmp_path / "log")


def test_an_entry_under_a_head_in_time_is_honoured(promised: Promised) -> None:
    head = promised.publish(DUE)
    verdict = judge_proof(promised.receipt(INDEX), promised.entries[INDEX], promised.proof(INDEX), [head])
    assert (verdict.state, verdict.index) == (honoured.KEPT, INDEX)
    assert "under a head signed before 2030-03-17 17:52:35 UTC" in verdict.said
    assert judge_entries(promised.receipt(INDEX), promised.entries, [head]) == verdict


def test_a_later_head_alone_does_not_tell_when_it_came(promised: Promised) -> None:
    head = promised.publish(DUE + 1)
    receipt = promised.receipt(INDEX)
    verdict = judge_proof(receipt, promised.entries[INDEX], promised.proof(INDEX), [head])
    assert verdict.state == honoured.KEPT
    assert "cannot be told" in verdict.said
    unknown = replace(head, at=None)
    assert "cannot be told" in judge_entries(receipt, promised.entries, [unknown, unknown]).said


def test_the_first_head_over_it_tells_that_it_came_too_late(promised: Promised) -> None:
    head = promised.publish(DUE + 7)
    verdict = judge_proof(
        promised.receipt(INDEX), promised.entries[INDEX], promised.proof(INDEX), [head, head]
    )
    assert verdict.state == honoured.BROKEN
    assert verdict.said == f"It stands in the log as entry {INDEX}, and came 7 s too late."


def test_another_leaf_in_its_place_is_not_what_was_promised(promised: Promised) -> None:
    head = promised.publish(DUE)
    receipt = promised.receipt(INDEX, leaf=promised_leaf(leaf_of(INDEX, cls="case.read")))
    assert (
        judge_proof(receipt, promised.entries[INDEX], promised.proof(INDEX), [head]).state == honoured.BROKEN
    )
    verdict = judge_entries(receipt, promised.entries, [head])
    assert "is not what the receipt promised" in verdict.said


def test_a_proof_of_something_else_is_refused(promised: Promised) -> None:
    head = promised.publish(DUE)
    with pytest.raises(Malformed):
        judge_proof(promised.receipt(INDEX), promised.entries[INDEX], promised.proof(INDEX - 1), [head])
    with pytest.raises(Malformed, match="another log"):
        judge_proof(
            promised.receipt(INDEX, origin="else"), promised.entries[INDEX], promised.proof(INDEX), [head]
        )


@pytest.fixture
def without(tmp_path: Path) -> Promised:
    """The log with one entry left out."""
    entries = [leaf_of(at) for at in range(COUNT) if at != INDEX]
    return make_promised(tmp_path / "without", entries)


def test_a_head_after_the_deadline_that_goes_without_it_breaks_the_promise(without: Promised) -> None:
    receipt = without.receipt(INDEX)
    verdict = judge_entries(receipt, without.entries, [without.publish(DUE)])
    assert verdict.state == honoured.BROKEN
    assert verdict.said.startswith("It is not in the log: it was due at 2030-03-17 17:52:35 UTC, and a head")


def test_before_the_deadline_nothing_is_broken(without: Promised) -> None:
    receipt, head = without.receipt(INDEX), without.publish(DUE - 1)
    copy = judge_entries(receipt, without.entries, [head])
    assert (copy.state, "take a newer copy" in copy.said) == (honoured.NOT_TOLD, True)
    assert judge_entries(receipt, without.entries, [head], DUE).state == honoured.NOT_DUE
    late = judge_entries(receipt, without.entries, [head], DUE + 1)
    assert (late.state, late.said[:21]) == (honoured.BROKEN, "It is not in the log,")
    bare = judge_entries(receipt, without.entries, [replace(head, at=None)])
    assert (bare.state, "could not be checked here" in bare.said) == (honoured.NOT_TOLD, True)


def test_a_log_that_was_put_back_breaks_the_promise(promised: Promised) -> None:
    fewer = promised.entries[: BEFORE - 1]
    receipt = promised.receipt(INDEX)
    head = promised.publish(receipt.recorded + 1, fewer)
    verdict = judge_entries(receipt, fewer, [head])
    assert (verdict.state, verdict.said[:22]) == (honoured.BROKEN, "The log was put back: ")
    older = promised.publish(receipt.recorded, fewer)
    assert judge_entries(receipt, fewer, [older]).state == honoured.NOT_TOLD
    assert judge_entries(receipt, fewer, [replace(head, at=None)]).state == honoured.NOT_TOLD
    assert judge_entries(receipt, fewer, [older], DUE).state == honoured.BROKEN


def test_a_log_of_another_past_breaks_the_promise(tmp_path: Path) -> None:
    forked = make_promised(
        tmp_path / "forked", [leaf_of(at, t=7) if at == 3 else leaf_of(at) for at in range(COUNT)]
    )
    receipt = make_promised(tmp_path / "true").receipt(INDEX)
    head = forked.publish(DUE)
    verdict = judge_entries(receipt, forked.entries, [head])
    assert (verdict.state, "another one" in verdict.said) == (honoured.BROKEN, True)
    consistency = Tiles(forked.folder, COUNT).consistency(BEFORE)
    assert judge_before(receipt, consistency, head) == verdict


def test_a_log_that_goes_on_is_not_another_one(promised: Promised) -> None:
    head = promised.publish(DUE)
    consistency = Tiles(promised.folder, COUNT).consistency(BEFORE)
    assert judge_before(promised.receipt(INDEX), consistency, head) is None
    first = promised.receipt(0, size=0, root=EMPTY_ROOT)
    assert judge_before(first, (), head) is None
    assert judge_entries(first, promised.entries, [head]).state == honoured.KEPT


def test_entries_that_do_not_lead_to_the_head_tell_nothing(promised: Promised) -> None:
    head = promised.publish(DUE)
    with pytest.raises(Malformed, match="do not lead to the signed head"):
        judge_entries(promised.receipt(INDEX), promised.entries[:-1], [head])


# --- a copy of the folder


def test_a_copy_of_the_folder_tells_by_the_logs_keys_alone(own: Promised) -> None:
    own.publish(DUE)
    raw = own.signed(own.receipt(INDEX))
    with pytest.raises(Malformed, match="missing or cannot be read"):
        judge_copy(raw, own.folder, own.signer.keys)
    own.announce()
    receipt, verdict = judge_copy(raw, own.folder, own.signer.keys)
    assert (receipt.entry, verdict.state) == (f"{INDEX:032x}", honoured.KEPT)
    assert judge_copy(raw, own.folder, own.keys)[1] == verdict


def test_a_forged_receipt_is_refused_by_a_copy(own: Promised) -> None:
    own.publish(DUE)
    forger = Ed25519PrivateKey.from_private_bytes(b"\x09" * 32)
    raw = write_receipt(own.receipt(INDEX), own.key, forger.sign)
    verdict = judge_copy(raw, own.folder, own.keys)[1]
    assert (verdict.state, verdict.said[:45]) == (
        honoured.FORGED,
        "This receipt is not of this log's making. A s",
    )


def test_a_damaged_copy_leaves_the_answer_open(own: Promised) -> None:
    own.publish(DUE)
    raw = own.signed(own.receipt(INDEX))
    part = own.folder / "tile/entries/001.p/44"
    whole = part.read_bytes()
    for bent in (whole[:-1], whole[:1], whole[:-1] + bytes([whole[-1] ^ 1])):
        part.write_bytes(bent)
        verdict = judge_copy(raw, own.folder, own.keys)[1]
        assert (verdict.state, verdict.said[:40]) == (
            honoured.NOT_TOLD,
            "The log cannot be read as it should. The" if bent[-1:] == whole[-1:] else verdict.said[:40],
        )
        assert verdict.said.startswith("The log cannot be read as it should. ")
    part.unlink()
    assert judge_copy(raw, own.folder, own.keys)[1].state == honoured.NOT_TOLD


def test_large_numbers_of_bundles_and_large_files_are_read_by_their_names(tmp_path: Path) -> None:
    folder = tmp_path / "tile" / "entries"
    for number in range(1001):
        place = folder / (f"{number:03}" if number < 1000 else "x001/000")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"\x00\x01a" * 256)
    assert sum(1 for _ in honoured.copied_entries(tmp_path, 256 * 1001)) == 256 * 1001
    with pytest.raises(Malformed, match="longer"):
        honoured.read_file(folder / "000", 7)


def test_a_time_that_no_calendar_has_is_told_as_a_number() -> None:
    assert honoured.clock_time(2**62) == str(2**62)


def test_the_program_for_auditors_tells_it_too(
    own: Promised, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    own.publish(DUE)
    own.announce()
    for name, receipt in (
        ("kept", own.receipt(INDEX)),
        ("broken", own.receipt(INDEX, leaf=b"x" * 32)),
        ("open", own.receipt(INDEX, size=COUNT + 1, recorded=DUE, due=DUE + 60)),
    ):
        (tmp_path / name).write_bytes(own.signed(receipt))
    (tmp_path / "keys").write_bytes(own.signer.vkeys())

    def ask(name: str, *more: str) -> tuple[int, str]:
        ended = main([str(tmp_path / name), "--log", str(own.folder), *more])
        told = capsys.readouterr()
        return ended, told.out + told.err

    trust = ("--trust", str(tmp_path / "keys"))
    assert ask("kept", *trust)[0] == 0
    assert ask("kept", *trust)[1].startswith(f"{INDEX:032x}: HONOURED. It stands in the log as entry {INDEX}")
    assert ask("broken", *trust)[0] == 1
    assert ask("open", *trust)[0] == 2
    ended, told = ask("kept", *trust, "--json")
    assert (ended, json.loads(told)["receipts"][0]["state"]) == (0, "honoured")
    assert ask("kept")[0] == 2
    assert "obtained apart" in ask("kept")[1]
    assert ask("keys", *trust)[0] == 2
    (tmp_path / "both").write_bytes((tmp_path / "kept").read_bytes() + (tmp_path / "broken").read_bytes())
    assert ask("both", *trust)[0] == 1
