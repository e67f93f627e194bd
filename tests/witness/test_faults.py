"""A witness and a mirror that come to grief between looking and writing: one history signed, no evidence lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.house import ROOT, python_path
from tests.witness.scripted import Shown, made

from muniment.proof.checkpoint import open_checkpoint
from muniment.proof.merkle import root_of
from muniment.proof.mirror import write_given
from muniment.proof.tiles import Tiles, encode_bundle
from muniment.witness.application import Witness

STATE = "muniment.witness.state:State"
COPY = "muniment.witness.mirror:Mirror"
WRITER = "muniment.proof.tiles:TileWriter"
#: Where it ends: between looking and writing, in the middle of writing, after writing and before it answers.
PLACES = [
    ("witness", f"{STATE}._write", "before"),
    ("witness", f"{STATE}._write", "after"),
    ("witness", f"{STATE}.accept", "after"),
    ("mirror", f"{COPY}.require", "before"),
    ("mirror", f"{WRITER}.extend", "after"),
    ("mirror", f"{WRITER}.publish", "after"),
    ("mirror", f"{STATE}.accept", "before"),
    ("mirror", f"{STATE}.accept", "after"),
]


def entries(shown: Shown, first: int, last: int) -> bytes:
    return write_given(shown.origin, first, encode_bundle(shown.entries[first:last]))


def struck(folder: Path, place: tuple[str, str, str], how: str, *requests: bytes) -> tuple[int, list[str]]:
    """Let a witness come to grief; returns how it ended and the numbers that it answered with."""
    kind, where, when = place
    raw = b"".join(
        (b"e" if one.startswith(b"first ") else b"c") + len(one).to_bytes(4, "big") + one for one in requests
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.witness.struck", str(folder), where, when, how, kind],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": python_path()},
        input=raw,
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout.decode().split()


@pytest.mark.parametrize("place", PLACES, ids=lambda one: " ".join(one).replace("muniment.", ""))
def test_killed_between_looking_and_writing_it_signs_one_history_and_keeps_the_other(
    tmp_path: Path, shown: Shown, place: tuple[str, str, str]
) -> None:
    folder = tmp_path / "w"
    made(folder, shown)
    mirror = place[0] == "mirror"
    liar = shown.forked()
    given = [entries(shown, 0, 5)] if mirror else []
    assert struck(folder, place, "kill", *given, shown.asked(0, 5)) == (-signal.SIGKILL, ["200"] * len(given))

    witness = Witness(folder, mirror=mirror)
    try:
        # The other history comes first now, with everything that it needs.
        persisted = bool(witness.state.seen())
        copied = witness.mirror is not None and witness.mirror.held(shown.origin) == 5
        if persisted or copied:
            assert witness.add_checkpoint(liar.asked(0, 5)).status in {409, 424}
            [kept] = (folder / "evidence").glob("*-fork-*.json")
            told = json.loads(kept.read_text("utf-8"))
            other, first = (told[one].encode() for one in ("shown", "cosigned" if persisted else "copied"))
            # Both signed by the log, for one size: proof by itself.
            for raw, log in ((other, liar), (first, shown)):
                assert open_checkpoint(raw, shown.signer.keys)[0].root == root_of(log.entries[:5])
        # And the honest one goes on, from wherever it stands.
        if mirror and not copied:
            witness.add_entries(entries(shown, 0, 5))
        assert witness.add_checkpoint(shown.asked(5 if persisted else 0, 5)).status == 200
        if mirror:
            assert witness.add_entries(entries(shown, 5, 9)).status == 200
        assert witness.add_checkpoint(shown.asked(5, 9)).status == 200
        [seen] = witness.state.seen()
        assert (seen.checkpoint.size, seen.evidence) == (9, int(persisted or copied))
        assert witness.add_checkpoint(liar.asked(5, 9)).status in {409, 422}
        assert witness.add_checkpoint(shown.asked(0, 5)).status == 409
        if witness.mirror is not None:
            copy = Tiles(witness.mirror.place(shown.origin), 9)
            assert copy.entries(0, 9) == shown.entries[:9]
            assert copy.range().root() == open_checkpoint(copy.checkpoint(), shown.signer.keys)[0].root
    finally:
        witness.state.close()


@pytest.mark.parametrize("when", ["before", "after"])
def test_evidence_that_a_kill_kept_from_being_written_is_written_when_it_is_shown_again(
    tmp_path: Path, shown: Shown, when: str
) -> None:
    folder = tmp_path / "w"
    made(folder, shown)
    place = ("witness", "pathlib:Path.replace", when)
    ended = struck(folder, place, "kill", shown.asked(0, 5), shown.forked().asked(0, 5))
    assert ended == (-signal.SIGKILL, ["200"])
    witness = Witness(folder)
    try:
        assert witness.state.evidence(shown.origin) == (when == "after")
        assert witness.add_checkpoint(shown.forked().asked(0, 5)).status == 409
        assert witness.state.evidence(shown.origin) == 1
    finally:
        witness.state.close()


@pytest.mark.parametrize("how", ["full", "eio", "readonly"])
@pytest.mark.parametrize("kind", ["witness", "mirror"])
def test_a_disk_that_takes_nothing_has_nothing_signed(
    tmp_path: Path, shown: Shown, kind: str, how: str
) -> None:
    folder = tmp_path / "w"
    made(folder, shown)
    given = [entries(shown, 0, 5)] if kind == "mirror" else []
    where = f"{COPY}.require" if given else f"{STATE}.accept"
    ended = struck(folder, (kind, where, "before"), how, *given, shown.asked(0, 5))
    assert ended == (0, ["200"] * len(given) + ["503"])
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o700 if path.is_dir() else 0o600)
    witness = Witness(folder, mirror=bool(given))
    try:
        assert witness.state.seen() == []
        assert witness.add_checkpoint(shown.asked(0, 5)).status == 200
    finally:
        witness.state.close()
