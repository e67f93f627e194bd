"""What the old keys signed is read with the new ones, and the other way round: folders, receipts, exports, streams."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.proof.receipt_log import BEFORE, COUNT, make_promised
from tests.proof.receipt_log import ORIGIN as PROMISED
from tests.proof.small_log import NOON, ORIGIN
from tests.proof.streamed import CASE, HEADS, StreamedLog, map_of
from tests.proof.test_certificate import GOOD, TRUST
from tests.proof.test_exported import RAW, written
from tests.proof.test_succession import FIRST, SECOND, THIRD, Grown, pair, twice

from muniment.proof import honoured
from muniment.proof.canonical import canonical, parse
from muniment.proof.certificate import verify_certificate
from muniment.proof.checkpoint import Checkpoint, parse_checkpoint
from muniment.proof.command import main
from muniment.proof.errors import Malformed
from muniment.proof.exported import verify_export
from muniment.proof.folder import verify_folder
from muniment.proof.merkle import root_of
from muniment.proof.report import Report
from muniment.proof.signer import Signer, sign_checkpoint, signer_from_seeds
from muniment.proof.streamfile import verify_stream
from muniment.proof.streamproof import write_heads, write_stream_proof
from muniment.proof.tiles import TileWriter, tile_name
from muniment.proof.tlogproof import parse_tlog_proof, write_tlog_proof

THEIRS = signer_from_seeds(PROMISED, b"\x05" * 32, b"\x06" * 32)
BEFORE_THEIRS = signer_from_seeds(PROMISED, b"\x25" * 32, b"\x26" * 32)


def handed_over(origin: str, old: Signer, new: Signer) -> bytes:
    grown = Grown(origin)
    grown.add("ledger.rotate_key", new, old, new, before=old)
    grown.add("ledger.retire_key", old, new)
    return grown.file()


def resigned(raw: bytes, *signers: Signer, **members: str) -> bytes:
    """The same file, whose checkpoint others signed."""
    held = parse(raw)
    proof = parse_tlog_proof(held["proof"].encode())
    note = sign_checkpoint(signers[0], parse_checkpoint(proof.checkpoint), NOON, *signers[1:])
    written_anew = write_tlog_proof(proof.index, proof.hashes, note).decode()
    return canonical({**held, "proof": written_anew, **members})


def failed(report: Report) -> list[str]:
    return [one.name for one in report.checks if one.state == "failed"]


@pytest.mark.parametrize("reader", [FIRST, SECOND, THIRD])
@pytest.mark.parametrize("inside", [True, False])
def test_an_export_is_read_after_two_changes_by_whichever_keys(
    tmp_path: Path, reader: Signer, *, inside: bool
) -> None:
    (tmp_path / "file").write_bytes(RAW)
    steps = twice().file()
    raw = resigned(written()[0], SECOND, THIRD, **({"succession": steps.decode()} if inside else {}))
    told = verify_export(tmp_path / "file", raw, reader.vkeys(), None if inside else steps)
    assert told.verified, told.text()
    assert "followed through" in told.text()
    # One of the keys that were in force is missing, or it is signed by a key that was let go.
    for signers in ((SECOND,), (THIRD,), (FIRST,)):
        bad = resigned(written()[0], *signers, succession=steps.decode())
        assert failed(verify_export(tmp_path / "file", bad, reader.vkeys())) == ["log"]
    # A broken chain is named as one.
    bent = canonical(
        {**parse(raw), "succession": steps.decode().replace("ledger.retire_key", "ledger.retire_kex")}
    )
    assert failed(verify_export(tmp_path / "file", bent, reader.vkeys())) == ["keys"]


def test_a_certificate_that_the_old_keys_signed_is_read_with_the_new_ones_and_the_other_way_round() -> None:
    origin = TRUST.split(b"+")[0].decode()
    old, new = (signer_from_seeds(origin, bytes([at]) * 32, bytes([at + 1]) * 32) for at in (61, 71))
    size = parse_checkpoint(parse_tlog_proof(parse(GOOD)["proof"].encode()).checkpoint).size
    grown = Grown(origin)
    while len(grown.leaves) < size:
        grown.add("cases.open", new, old)
    grown.steps.clear()
    grown.add("ledger.rotate_key", new, old, new, before=old)
    grown.add("ledger.retire_key", old, new)
    steps = grown.file()
    by_old = resigned(GOOD, old)
    told = verify_certificate(by_old, new.vkeys(), steps)
    assert told.verified, told.text()
    assert not verify_certificate(by_old, new.vkeys()).verified
    # It is older than the new keys: they alone are nobody's word at that size.
    assert not verify_certificate(resigned(GOOD, new), new.vkeys(), steps).verified
    by_new = resigned(GOOD, new)
    told = verify_certificate(by_new, old.vkeys(), handed_over(origin, old, new))
    assert told.verified, told.text()
    assert failed(verify_certificate(by_new, old.vkeys(), b"{}")) == ["keys"]


def test_a_receipt_is_judged_by_a_reader_of_the_older_keys(tmp_path: Path) -> None:
    own = make_promised(tmp_path)
    own.publish(own.receipt(COUNT - 1).due)
    own.announce()
    raw = own.signed(own.receipt(COUNT - 1))
    with pytest.raises(Malformed):
        honoured.judge_copy(raw, tmp_path, BEFORE_THEIRS.keys)
    (tmp_path / "succession").write_bytes(handed_over(PROMISED, BEFORE_THEIRS, THEIRS))
    for reader in (BEFORE_THEIRS, THEIRS):
        assert honoured.judge_copy(raw, tmp_path, reader.keys)[1].state == honoured.KEPT
    (tmp_path / "succession").write_bytes(handed_over(PROMISED, THEIRS, BEFORE_THEIRS))
    with pytest.raises(Malformed):
        honoured.judge_copy(raw, tmp_path, THEIRS.keys)
    assert BEFORE < COUNT


def test_a_stream_is_shown_under_newer_keys_to_a_reader_of_the_older_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = StreamedLog().write("cococh")
    log.signer = SECOND
    raw = write_stream_proof(log.proof(CASE, [0, 2, 4], 5, map_of(log, 5)))
    steps = handed_over(ORIGIN, FIRST, SECOND)
    assert failed(verify_stream(raw, FIRST.vkeys())) == ["log"]
    assert verify_stream(raw, FIRST.vkeys(), steps).verified
    for name, content in (("stream", raw), ("keys", FIRST.vkeys()), ("steps", steps)):
        (tmp_path / name).write_bytes(content)
    asked = [str(tmp_path / "stream"), "--stream", "--trust", str(tmp_path / "keys")]
    assert (main(asked), main([*asked, "--succession", str(tmp_path / "steps")])) == (1, 0)
    assert main([*asked, "--succession", str(tmp_path / "none")]) == 2
    assert "The file of the log's keys cannot be read" in capsys.readouterr().err


def copied(folder: Path, leaves: list[bytes], *signers: Signer, **files: bytes) -> Path:
    writer = TileWriter(folder, sync=False)
    writer.extend(0, leaves)
    head = Checkpoint(ORIGIN, len(leaves), root_of(leaves))
    writer.publish(sign_checkpoint(signers[0], head, NOON, *signers[1:]))
    for name, raw in files.items():
        (folder / name).write_bytes(raw)
    return folder


@pytest.mark.parametrize("reader", [FIRST, SECOND, THIRD])
def test_a_copied_folder_is_read_after_two_changes_by_whichever_keys(tmp_path: Path, reader: Signer) -> None:
    grown = twice()
    folder = copied(tmp_path, grown.leaves, SECOND, THIRD, succession=grown.file())
    kept = [(f"kept {at}", parse_tlog_proof(one.proof).checkpoint) for at, one in enumerate(grown.steps)]
    seen = verify_folder(folder, reader.keys, kept=kept)
    assert seen.faults == []
    assert any("were followed through" in one for one in seen.notes)
    assert "2 streams are numbered without a gap; 0 maps of them hold." in seen.notes
    # The thief of keys that were let go signs on.
    copied(tmp_path, grown.leaves, FIRST)
    assert "in force" in (said := str(verify_folder(folder, reader.keys).faults)) or "no good" in said


def test_a_chain_that_is_broken_is_named(tmp_path: Path) -> None:
    grown = twice()
    bent = json.loads(grown.file())
    del bent["steps"][0]
    folder = copied(tmp_path, grown.leaves, SECOND, THIRD, succession=canonical(bent))
    (first, *_) = verify_folder(folder, FIRST.keys).faults
    assert first.startswith("succession: ")
    for other in (b"", grown.file().replace(b"step", b"stop")):
        (folder / "succession").write_bytes(other)
        assert verify_folder(folder, SECOND.keys).faults[0].startswith("succession: ")
    (folder / "succession").write_bytes(grown.file())
    assert verify_folder(folder, pair(7).keys).faults


def streamed(folder: Path, letters: str, **said: Any) -> StreamedLog:
    log = StreamedLog().write(letters)
    if said:
        log.commit_heads(**said)
    copied(folder, log.entries, log.signer)
    (folder / "heads").mkdir(exist_ok=True)
    for index, openings in log.openings.items():
        if any(one.path == "facts.streams" for one in openings):
            place = folder / "heads" / tile_name(index)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(write_heads(index, openings))
    return log


def faults(folder: Path) -> list[str]:
    return verify_folder(folder, FIRST.keys).faults


def test_the_maps_of_streams_are_made_again_from_a_copy_alone(tmp_path: Path) -> None:
    log = streamed(tmp_path, "cochcoh")
    assert log.signer.keys == FIRST.keys
    seen = verify_folder(tmp_path, FIRST.keys)
    assert (seen.faults, seen.notes) == ([], ["3 streams are numbered without a gap; 2 maps of them hold."])
    streamed(tmp_path / "lied", "cochco", root="00" * 32)
    (said,) = faults(tmp_path / "lied")
    assert (
        said
        == "the stream-heads leaf at 6: the entries before it do not lead to the map of streams that it commits"
    )
    (tmp_path / "heads" / tile_name(3)).unlink()
    (said,) = faults(tmp_path)
    assert said == "the stream-heads leaf at 3: what it says is not published"


@pytest.mark.parametrize(
    ("number", "why"),
    [(3, "and number 2 is missing before it"), (1, "and a number 1 of it stands before it already")],
)
def test_a_number_that_is_missing_or_twice_in_a_stream_is_named(
    tmp_path: Path, number: int, why: str
) -> None:
    log = StreamedLog().write("coc")
    log.append("case.change", CASE, {"note": "c"}, sn=number)
    log.write("o")
    copied(tmp_path, log.entries, log.signer)
    assert faults(tmp_path) == [f"entry 3: it is number {number} of stream {CASE.hex()}, {why}"]
    assert HEADS != CASE


def test_an_entry_that_is_no_leaf_is_named_in_a_ledger(tmp_path: Path) -> None:
    log = StreamedLog().write("coc")
    copied(tmp_path, [*log.entries, b"nonsense"], log.signer)
    (said,) = faults(tmp_path)
    assert said.startswith("entry 3: it is no leaf of a ledger")


def test_what_is_pruned_or_changed_leaves_the_maps_open_and_says_so(tmp_path: Path) -> None:
    log = streamed(tmp_path, "co" * 150 + "h")
    (tmp_path / "tile/entries/000").unlink()
    seen = verify_folder(tmp_path, log.signer.keys)
    assert seen.faults == ["entries 0 to 255 are missing, and no bound was signed below which they may go"]
    assert seen.notes == [
        "The maps of streams could not all be made again: not every entry before them is here."
    ]
