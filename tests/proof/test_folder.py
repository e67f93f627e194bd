"""A copied log is verified by its files and public keys alone, and what is not there is told apart."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.proof.small_log import ORIGIN

from muniment.proof import folder as folders
from muniment.proof.canonical import canonical
from muniment.proof.checkpoint import Checkpoint, parse_checkpoint
from muniment.proof.folder import PRUNED, PRUNED_KIND, Seen, verify_folder
from muniment.proof.kept import COSIGNED, KEPT
from muniment.proof.leaf import Leaf, seal_fields
from muniment.proof.merkle import CompactRange, leaf_hash
from muniment.proof.note import parse_keys
from muniment.proof.policy import Policy, parse_policy
from muniment.proof.signer import Signer, cosign_mldsa44, sign_checkpoint, signer_from_seeds
from muniment.proof.tiles import TileWriter

NOW = datetime(2030, 1, 2, 12, tzinfo=UTC)
SIGNER = signer_from_seeds(ORIGIN, b"\x01" * 32, b"\x02" * 32)
SIZE = 700


@dataclass
class Copy:
    """A folder of a log of 700 entries, whose entry 600 signs the bound 512."""

    folder: Path
    openings: list[Any]

    def verify(self, **more: Any) -> Seen:
        return verify_folder(self.folder, SIGNER.keys, **more)

    def said(self, **more: Any) -> str:
        return "\n".join(self.verify(**more).faults)

    def prune(self, **changed: Any) -> None:
        held = {"index": 600, "k": PRUNED_KIND, "openings": self.openings, "origin": ORIGIN, **changed}
        (self.folder / PRUNED).write_bytes(canonical(held))
        for number in range(2):
            (self.folder / f"tile/entries/00{number}").unlink()


def signed(entries: list[bytes], at: datetime, signer: Signer = SIGNER) -> bytes:
    grown = CompactRange()
    for one in entries:
        grown.append(leaf_hash(one))
    return sign_checkpoint(signer, Checkpoint(ORIGIN, len(entries), grown.root()), at)


def made_entries() -> tuple[list[bytes], list[Any]]:
    entries = [f"entry {number}".encode() for number in range(SIZE)]
    commitments, openings = seal_fields(
        {"action": "ledger.prune", "at": "2030-01-02T12:00:00.000000Z"}, {"bound": 512}, b"\x07" * 32
    )
    leaf = Leaf("log.prune", commitments, 0, b"s" * 16, int(NOW.timestamp()), b"x" * 32)
    entries[600] = leaf.encode()
    return entries, [one.shown() for one in openings]


ENTRIES, OPENINGS = made_entries()


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    writer = TileWriter(tmp_path, sync=False)
    writer.extend(0, ENTRIES)
    writer.publish(signed(ENTRIES, NOW))
    return Copy(tmp_path, OPENINGS)


def test_a_whole_copy_holds(copy: Copy) -> None:
    seen = copy.verify()
    assert (seen.holds, seen.origin, seen.size, seen.entries, seen.pruned) == (True, ORIGIN, SIZE, SIZE, 0)
    assert (seen.checkpoints, seen.notes, seen.quorum) == (
        1,
        ["The entries are no leaves of a ledger, so nothing was looked for in streams."],
        None,
    )


def test_an_empty_log_holds(tmp_path: Path) -> None:
    TileWriter(tmp_path, sync=False).publish(signed([], NOW))
    assert verify_folder(tmp_path, SIGNER.keys).holds


def test_a_log_of_several_levels_holds_and_a_tile_above_is_held_too(tmp_path: Path) -> None:
    many = [number.to_bytes(4, "big") for number in range(256 * 256 + 300)]
    writer = TileWriter(tmp_path, sync=False)
    writer.extend(0, many)
    writer.publish(signed(many, NOW))
    assert verify_folder(tmp_path, SIGNER.keys).faults == []
    tile = tmp_path / "tile/1/000"
    held = tile.read_bytes()
    tile.write_bytes(held[:-1] + bytes([held[-1] ^ 1]))
    assert (
        "holds something else than the tiles below it give" in verify_folder(tmp_path, SIGNER.keys).faults[0]
    )
    tile.unlink()
    assert "A tile is missing" in verify_folder(tmp_path, SIGNER.keys).faults[0]


def test_a_log_that_ends_with_a_full_tile_of_the_second_level_holds(tmp_path: Path) -> None:
    many = [number.to_bytes(4, "big") for number in range(256 * 256)]
    writer = TileWriter(tmp_path, sync=False)
    writer.extend(0, many)
    writer.publish(signed(many, NOW))
    assert verify_folder(tmp_path, SIGNER.keys).faults == []


def flip(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("tile/0/000", "entry 128 is not the one that the tree holds"),
        ("tile/0/002.p/188", "is not the one that the tree holds"),
        ("tile/entries/001", "tile/entries/001"),
        ("tile/1/000.p/2", "holds something else than the tiles below it give"),
        ("checkpoint", ""),
    ],
)
def test_a_flipped_bit_is_named(copy: Copy, name: str, said: str) -> None:
    flip(copy.folder / name)
    found = copy.verify()
    assert not found.holds
    assert said in "\n".join(found.faults)


def test_a_flipped_bit_of_a_tile_is_named_without_the_entries_too(copy: Copy) -> None:
    flip(copy.folder / "tile/0/000")
    assert "the tree does not lead to the checkpoint signed at 700" in copy.said(hashes_only=True)


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("tile/0/000", None, "A tile is missing, and pruning never takes a tile away."),
        ("tile/0/000", b"x", "A tile has the wrong length."),
        ("tile/0/000", b"x" * 9000, "A file of the log is too long."),
        ("tile/1/000.p/2", None, "A tile is missing"),
        ("tile/entries/000", b"\0\5half", "An entry bundle is cut off"),
        ("tile/entries/000", None, "entries 0 to 255 are missing, and no bound was signed"),
        ("tile/entries/002.p/188", None, "entries 512 to 699 are missing"),
        ("checkpoint", None, "The file checkpoint is missing"),
        ("checkpoint", b"x" * (1024 * 1024 + 1), "A file of the log is too long."),
    ],
)
def test_a_file_that_is_missing_or_half_written_is_named(
    copy: Copy, name: str, raw: bytes | None, said: str
) -> None:
    path = copy.folder / name
    if raw is None:
        path.unlink()
    else:
        path.write_bytes(raw)
    assert said in copy.said()


def test_a_file_that_cannot_be_read_is_named(copy: Copy) -> None:
    (copy.folder / "checkpoint").unlink()
    (copy.folder / "checkpoint").mkdir()
    assert "A file of the log cannot be read. (checkpoint)" in copy.said()
    (copy.folder / "checkpoint").rmdir()
    (copy.folder / "checkpoint").write_bytes(signed(ENTRIES, NOW))
    (copy.folder / "witnessed").mkdir()
    assert "A file of the log cannot be read. (witnessed)" in copy.said()


def test_full_tiles_stand_in_for_partial_ones(copy: Copy) -> None:
    writer = TileWriter(copy.folder, sync=False)
    writer.extend(SIZE, [b"more"] * 100)
    for level in ("0", "entries"):
        (copy.folder / f"tile/{level}/002.p/188").unlink()
    assert copy.verify().holds


def test_without_any_entries_they_are_called_withheld(copy: Copy) -> None:
    for one in sorted((copy.folder / "tile/entries").rglob("*"), reverse=True):
        one.rmdir() if one.is_dir() else one.unlink()
    (copy.folder / "tile/entries").rmdir()
    seen = copy.verify()
    assert (seen.holds, seen.entries) == (True, 0)
    assert "The entries were withheld" in seen.notes[0]


def test_hashes_alone_are_enough_for_the_tree(copy: Copy) -> None:
    assert (copy.verify(hashes_only=True).holds, copy.verify(hashes_only=True).entries) == (True, 0)


def test_what_was_pruned_is_told_from_what_is_missing(copy: Copy) -> None:
    copy.prune()
    seen = copy.verify()
    assert (seen.faults, seen.pruned, seen.entries) == ([], 512, SIZE - 512)
    assert "Entries below 512 were pruned; entry 600 is the log's own word for it." in seen.notes
    (copy.folder / "tile/entries/002.p/188").unlink()
    assert "The entry that signs the bound is not there" in copy.said()


def changed(openings: list[Any], path: str, value: Any) -> list[Any]:
    return [{**one, "value": value} if one["path"] == path else one for one in openings]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"k": "x"}, "a form that is not known here"),
        ({"origin": "other"}, "is of another log"),
        ({"index": 700}, "It names no entry of this log"),
        ({"index": "600"}, "It names no entry of this log"),
        ({"openings": {}}, "It names no entry of this log"),
        (
            {"openings": changed(OPENINGS, "facts.bound", 256)},
            "A disclosed value is not the one that was logged",
        ),
        ({"openings": [one for one in OPENINGS if one["path"] == "action"]}, "signs no bound"),
        ({"openings": [one for one in OPENINGS if one["path"] != "action"]}, "signs no bound"),
        ({"index": 599}, ""),
    ],
)
def test_a_bound_that_the_log_did_not_sign_is_none(copy: Copy, change: dict[str, Any], said: str) -> None:
    copy.prune(**change)
    told = copy.said()
    assert f"{PRUNED}: " in told
    assert said in told
    assert "entries 0 to 255 are missing" in told


def test_a_file_of_pruning_that_is_no_object_is_none(copy: Copy) -> None:
    copy.prune()
    (copy.folder / PRUNED).write_bytes(b"[]")
    assert "a form that is not known here" in copy.said()


def test_an_entry_that_signs_the_bound_must_be_in_the_tree(copy: Copy) -> None:
    copy.prune()
    bundle = copy.folder / "tile/entries/002.p/188"
    bundle.write_bytes(bundle.read_bytes().replace(b'"sn":0', b'"sn":1'))
    assert "is not the one that the tree holds" in copy.said()


def test_pruning_early_is_named_by_whoever_kept_a_younger_checkpoint(copy: Copy) -> None:
    copy.prune()
    late = ("mine", signed(ENTRIES[:300], NOW - timedelta(days=300)))
    assert "Pruned too early: mine was signed less than a year before the pruning, at 300" in copy.said(
        kept=[late]
    )
    old = ("mine", signed(ENTRIES[:300], NOW - timedelta(days=400)))
    assert copy.said(kept=[old]) == ""


@pytest.mark.parametrize("size", [1, 255, 256, 257, 512, 600, 699, 700])
def test_every_kept_checkpoint_is_held_against_the_tree(copy: Copy, size: int) -> None:
    (copy.folder / KEPT).mkdir()
    (copy.folder / KEPT / "one").write_bytes(signed(ENTRIES[:size], NOW))
    assert (copy.verify().holds, copy.verify().checkpoints) == (True, 2)
    other = [b"another", *ENTRIES[1:size]]
    assert f"fork: the tree does not lead to the checkpoint signed at {size}" in copy.said(
        kept=[("fork", signed(other, NOW))]
    )


def test_a_checkpoint_of_a_longer_log_says_that_this_one_was_rolled_back(copy: Copy) -> None:
    later = signed([*ENTRIES, b"more"], NOW)
    assert "the log was rolled back, or this copy is older" in copy.said(kept=[("later", later)])


def test_a_kept_checkpoint_of_another_log_or_signer_counts_for_nothing(copy: Copy) -> None:
    other = signer_from_seeds(ORIGIN, b"\x03" * 32, b"\x04" * 32)
    seen = copy.verify(kept=[("strange", signed(ENTRIES, NOW, other))])
    assert "strange: " in seen.faults[0]
    assert seen.checkpoints == 1


def test_a_quorum_is_asked_for_when_a_policy_is_given(copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    log = SIGNER.vkeys().decode().splitlines()[0]
    none = parse_policy(f"log {log}\nquorum none\n".encode())
    assert copy.verify(policy=none).quorum is True
    witness = signer_from_seeds("w.example", b"\x05" * 32, b"\x06" * 32).vkeys().decode().splitlines()[1]
    one = parse_policy(f"log {log}\nwitness w {witness}\nquorum w\n".encode())
    seen = copy.verify(policy=one)
    assert seen.quorum is False
    assert "is not witnessed" in seen.faults[0]

    def refuses(*_: Any) -> Any:
        raise folders.Malformed("no")

    def unknown(*_: Any) -> Any:
        return type("W", (), {"quorum": None})

    monkeypatch.setattr(folders, "witnessed", unknown)
    seen = copy.verify(policy=one)
    assert (seen.holds, seen.quorum) == (True, None)
    assert "cannot check" in seen.notes[0]
    monkeypatch.setattr(folders, "witnessed", refuses)
    assert copy.said(policy=one) == "checkpoint: no"


W = signer_from_seeds("w.example", b"\x05" * 32, b"\x06" * 32)


def kept_head(copy: Copy, size: int, named: int | None = None, *, bent: bool = False) -> None:
    """Put a head with a witness's signature beside the tiles."""
    raw = signed(ENTRIES[:size], NOW)
    line = cosign_mldsa44(W, parse_checkpoint(raw), NOW).encode().encode()
    (copy.folder / COSIGNED).mkdir(exist_ok=True)
    (copy.folder / COSIGNED / str(named or size)).write_bytes(
        raw + (line[:60] + b"AAAA" + line[64:] if bent else line)
    )


def by_w() -> Policy:
    log = SIGNER.vkeys().decode().splitlines()[0]
    key = W.cosigner_keys[1].encode()
    return parse_policy(f"log {log}\nwitness w {key}\nquorum w\n".encode())


def test_heads_that_are_kept_with_their_cosignatures_are_held_too(copy: Copy) -> None:
    for size in (300, 600):
        kept_head(copy, size)
    (copy.folder / COSIGNED / ".12.new").write_bytes(b"half")
    assert (copy.verify().faults, copy.verify().checkpoints) == ([], 3)
    seen = copy.verify(policy=by_w())
    assert seen.faults == ["The checkpoint at 700 is not witnessed: the quorum of the policy is not met."]
    assert "2 earlier states have the quorum too; the first is of 300 entries." in seen.notes


def test_a_kept_head_whose_cosignature_does_not_hold_is_named_by_who_knows_the_witness(copy: Copy) -> None:
    kept_head(copy, 300, bent=True)
    assert copy.verify().holds, "without a policy nobody's cosignature is looked at"
    assert copy.verify(policy=by_w()).faults[1].startswith("cosigned/300: ")


def test_a_kept_head_under_another_number_is_named(copy: Copy) -> None:
    kept_head(copy, 300, 301)
    assert copy.said() == "cosigned/301: It is signed at 300 entries, and its name says another number."


def test_a_kept_head_that_is_no_file_is_named(copy: Copy) -> None:
    (copy.folder / COSIGNED / "12").mkdir(parents=True)
    assert copy.said() == "A file of the log cannot be read. (12)"


def test_a_signature_that_cannot_be_computed_is_said_to_be_unchecked(
    copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("muniment.proof.checkpoint.mldsa44_available", lambda: False)
    assert "was not checked" in copy.verify().notes[0]


def test_faults_are_named_up_to_a_thousand() -> None:
    seen = Seen()
    for number in range(folders.MOST_FAULTS + 5):
        seen.fault(str(number))
    assert len(seen.faults) == folders.MOST_FAULTS


def vectors() -> dict[str, Any]:
    path = Path(__file__).resolve().parents[1] / "vectors" / "tiles-and-pruning.json"
    held: dict[str, Any] = json.loads(path.read_text())
    return held


@pytest.mark.parametrize("case", vectors()["cases"], ids=lambda case: case["name"])
def test_the_vectors_come_out_as_they_did(tmp_path: Path, case: dict[str, Any]) -> None:
    held = vectors()
    files = {**held["files"], **case["files"]}
    for name, text in files.items():
        if text is not None:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(bytes.fromhex(text))
    seen = verify_folder(tmp_path, parse_keys(held["vkeys"].encode()))
    assert (seen.faults, seen.pruned, seen.entries) == (case["faults"], case["pruned"], case["entries"])
