"""Our own vectors, made apart from the code they test: they freeze the formats and need nothing outside."""

from __future__ import annotations

import io
import json
from base64 import b64decode
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from muniment.proof.canonical import canonical, encode64, parse
from muniment.proof.checkpoint import Checkpoint, cosigned_message, open_checkpoint
from muniment.proof.errors import Malformed
from muniment.proof.leaf import commit, parse_leaf, parse_opening, require_opened, seal_fields
from muniment.proof.merkle import leaf_hash, root_of, verify_consistency, verify_inclusion
from muniment.proof.note import parse_key
from muniment.proof.pack import verify_pack
from muniment.proof.signer import sign_checkpoint, signer_from_seeds
from muniment.proof.tiles import Tiles, TileWriter, tile_path

FOLDER = Path(__file__).resolve().parents[1] / "vectors"


def vector(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def test_canonical_json_is_written_as_the_vectors_say() -> None:
    held = vector("canonical-json")
    for case in held["written"]:
        assert canonical(case["value"]) == case["bytes"].encode()
        assert parse(case["bytes"].encode()) == case["value"]
    for text in held["refused"]:
        with pytest.raises(Malformed):
            parse(text.encode())


def test_leaves_and_commitments_are_as_the_vectors_say() -> None:
    held = vector("leaf")
    for case in held["commitments"]:
        made = commit(b64decode(case["salt"]), case["path"], canonical(case["value"]))
        assert encode64(made) == case["commitment"]
    raw = held["leaf"].encode()
    leaf = parse_leaf(raw)
    assert encode64(leaf_hash(raw)) == held["leaf_hash"]
    require_opened(leaf, parse_opening(held["opening"]))
    for opening in held["refused_openings"]:
        with pytest.raises(Malformed):
            require_opened(leaf, parse_opening(opening))
    for text in held["refused_leaves"]:
        with pytest.raises(Malformed):
            parse_leaf(text.encode())


def test_leaves_of_version_2_are_as_the_vectors_say() -> None:
    held = vector("leaf-2")
    seeds = dict.fromkeys(held["apart"], bytes.fromhex(held["seed_apart"]))
    found, openings = seal_fields(held["fixed"], held["facts"], bytes.fromhex(held["seed"]), seeds)
    raw = held["leaf"].encode()
    leaf = parse_leaf(raw)
    assert leaf.f == found == (root_of(bytes.fromhex(slot) for slot in held["slots"]),)
    assert leaf_hash(raw).hex() == held["leaf_hash"]
    assert [one.shown() for one in openings] == held["openings"]
    for opening in held["openings"]:
        require_opened(leaf, parse_opening(opening))
    for opening in held["refused_openings"]:
        with pytest.raises(Malformed):
            require_opened(leaf, parse_opening(opening))
    for text in held["refused_leaves"]:
        with pytest.raises(Malformed):
            parse_leaf(text.encode())


def test_trees_and_proofs_are_as_the_vectors_say(tmp_path: Path) -> None:
    held = vector("log")
    entries = [b64decode(one) for one in held["entries"]]
    roots = [b64decode(one) for one in held["roots"]]
    assert [root_of(entries[: size + 1]) for size in range(len(entries))] == roots
    writer = TileWriter(tmp_path, sync=False)
    for size in range(len(entries)):
        writer.extend(size, entries[size : size + 1])
    for case in held["inclusion"]:
        proof = [b64decode(one) for one in case["proof"]]
        assert Tiles(tmp_path, case["size"]).inclusion(case["index"]) == proof
        hashed = leaf_hash(entries[case["index"]])
        verify_inclusion(hashed, case["index"], case["size"], proof, roots[case["size"] - 1])
    for case in held["consistency"]:
        proof = [b64decode(one) for one in case["proof"]]
        assert Tiles(tmp_path, case["new"]).consistency(case["old"]) == proof
        verify_consistency(case["old"], case["new"], proof, roots[case["old"] - 1], roots[case["new"] - 1])
    for path, (level, index, width) in held["tile_paths"].items():
        assert tile_path(level, index, width) == path


def test_checkpoints_are_as_the_vectors_say() -> None:
    held = vector("checkpoint")
    keys = [parse_key(line) for line in held["vkeys"]]
    state = Checkpoint(held["origin"], held["size"], b64decode(held["root"]))
    assert open_checkpoint(held["note"].encode(), keys)[0] == state
    assert encode64(cosigned_message(state.origin, held["time"], state)) == held["mldsa44_message"]
    signer = signer_from_seeds(state.origin, b64decode(held["ed25519_seed"]), b64decode(held["mldsa44_seed"]))
    assert list(signer.keys) == keys
    again = sign_checkpoint(signer, state, datetime.fromtimestamp(held["time"], UTC)).decode()
    assert again.splitlines()[:5] == held["note"].splitlines()[:5]
    for text in held["refused"]:
        with pytest.raises(Malformed):
            open_checkpoint(text.encode(), keys)


def test_the_pack_of_the_vectors_is_verified_and_its_flips_refused() -> None:
    held = vector("proofpack")
    raw = b64decode("".join(held["pack"]))
    trust = "\n".join(held["vkeys"]).encode()
    assert sha256(raw).hexdigest() == held["sha256"]
    report = verify_pack(io.BytesIO(raw), trust)
    assert report.verified
    assert (report.shown["events"], report.shown["question"]) == (held["events"], held["question"])
    for at in held["refused_flips"]:
        bent = raw[:at] + bytes([raw[at] ^ 0x20]) + raw[at + 1 :]
        assert not verify_pack(io.BytesIO(bent), trust).verified
