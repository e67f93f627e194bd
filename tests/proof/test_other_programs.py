"""Other people's programs read what we write: that is what "no need to trust us" means."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from proofbundle.tlogproof import verify_tlog_proof
from securesystemslib.dsse import Envelope
from securesystemslib.signer._key import SSlibKey
from tests.proof.small_log import NOON, Log
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey
from tlog_scales.tlog import Checkpoint as TheirCheckpoint

from muniment.proof.checkpoint import Checkpoint, parse_checkpoint
from muniment.proof.dsse import key_label, seal_envelope
from muniment.proof.merkle import leaf_hash
from muniment.proof.note import parse_note, write_note
from muniment.proof.signer import cosign_mldsa44, sign_checkpoint, signer_from_seeds
from muniment.proof.tiles import Tiles, TileWriter
from muniment.proof.tlogproof import parse_tlog_proof, write_tlog_proof

SIGNER = signer_from_seeds("muniment.example/log/files", b"\x0a" * 32, b"\x0b" * 32)
COUNT = 700


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of 700 entries, published three times."""
    place = tmp_path_factory.mktemp("log")
    writer = TileWriter(place, sync=False)
    for old, new in ((0, 3), (3, 300), (300, COUNT)):
        grown = writer.extend(old, [f"entry {number}".encode() for number in range(old, new)])
        writer.publish(sign_checkpoint(SIGNER, Checkpoint(SIGNER.name, new, grown.root()), NOON))
        writer.drop_partials(old, new)
    return place


def test_tlog_scales_reads_our_log_and_recomputes_its_root(folder: Path) -> None:
    reader = TilesReader(LocalBackend(folder))
    state = reader.get_checkpoint()
    assert reader.calculate_root_hash() == state.root_hash
    for index in (0, 255, 256, COUNT - 1):
        entry = reader.get_entry(index)
        assert entry == f"entry {index}".encode()
        reader.get_inclusion_proof(index, state.size).check(leaf_hash(entry), state.root_hash)


def test_tlog_scales_accepts_both_signatures_and_no_strangers(folder: Path) -> None:
    state = TheirCheckpoint.from_text((folder / "checkpoint").read_text("utf-8"))
    for key in SIGNER.keys:
        state.verify(Vkey.from_string(key.encode()))
    stranger = signer_from_seeds(SIGNER.name, b"\x0c" * 32, b"\x0d" * 32)
    for key in stranger.keys:
        with pytest.raises(RuntimeError, match="no signature matched"):
            state.verify(Vkey.from_string(key.encode()))


def test_tlog_scales_command_writes_the_proof_that_we_write(folder: Path) -> None:
    command = [str(Path(sys.executable).with_name("tlog-tiles")), "gen-proof", str(folder), "299"]
    theirs = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout
    tiles = Tiles(folder, COUNT)
    assert theirs == write_tlog_proof(299, tiles.inclusion(299), tiles.checkpoint())
    assert parse_tlog_proof(theirs).index == 299


def test_proofbundle_accepts_our_proof_file_with_a_witness_and_refuses_another_entry(log: Log) -> None:
    witness = signer_from_seeds("witness.example/q", b"\x03" * 32, b"\x04" * 32)
    note = parse_note(log.checkpoint)
    cosigned = write_note(
        note.text, [*note.signatures, cosign_mldsa44(witness, parse_checkpoint(log.checkpoint), NOON)]
    )
    raw = write_tlog_proof(4, log.proof(4), cosigned).decode()
    trust = (log.signer.keys[0].encode(), [witness.keys[1].encode()])
    assert verify_tlog_proof(raw, log.entries[4], *trust, threshold=1)["ok"] is True
    assert verify_tlog_proof(raw, log.entries[5], *trust, threshold=1)["ok"] is False
    assert verify_tlog_proof(raw, log.entries[4], *trust, threshold=2)["ok"] is False


def test_securesystemslib_accepts_our_envelope_and_refuses_another_payload(log: Log) -> None:
    key = log.signer.keys[0]
    theirs = SSlibKey(key_label(key), "ed25519", "ed25519", {"public": key.public.hex()})
    raw = seal_envelope(b'{"a":1}', key, log.signer.sign_raw)
    envelope = Envelope.from_dict(json.loads(raw))
    assert set(envelope.verify([theirs], 1)) == {key_label(key)}
    envelope.payload = b'{"a":2}'
    with pytest.raises(Exception, match="Accepted signatures"):
        envelope.verify([theirs], 1)
