"""A mirror holds what it cosigns, and cosigns nothing that it does not hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.proof.small_log import NOON
from tests.witness.scripted import Shown, made

from muniment.proof.errors import Malformed
from muniment.proof.merkle import root_of
from muniment.proof.mirror import LARGEST_ENTRIES, parse_given, split_entries, write_given
from muniment.proof.tiles import Tiles, TileWriter, encode_bundle
from muniment.proof.witness import Declined
from muniment.witness import mirror as copies
from muniment.witness.application import Witness


@pytest.fixture
def mirror(tmp_path: Path, shown: Shown) -> Iterator[Witness]:
    made(tmp_path / "w", shown)
    at_work = Witness(tmp_path / "w", now=lambda: NOON, mirror=True)
    yield at_work
    at_work.state.close()


def give(mirror: Witness, shown: Shown, first: int, last: int) -> tuple[int, bytes]:
    said = mirror.add_entries(write_given(shown.origin, first, encode_bundle(shown.entries[first:last])))
    return said.status, said.body


def ask(mirror: Witness, shown: Shown, old: int, size: int) -> tuple[int, bytes]:
    said = mirror.add_checkpoint(shown.asked(old, size))
    return said.status, said.body if said.status != 200 else b""


def copy(mirror: Witness, shown: Shown) -> Path:
    assert mirror.mirror is not None
    return mirror.mirror.place(shown.origin)


def test_a_head_is_cosigned_once_its_entries_are_here(mirror: Witness, shown: Shown) -> None:
    assert ask(mirror, shown, 0, 5) == (424, b"0\n")
    assert give(mirror, shown, 0, 3) == (200, b"3\n")
    assert ask(mirror, shown, 0, 5) == (424, b"3\n")
    assert give(mirror, shown, 3, 5) == (200, b"5\n")
    assert ask(mirror, shown, 0, 5) == (200, b"")
    # The copy verifies by itself.
    assert Tiles(copy(mirror, shown), 5).entries(0, 5) == shown.entries[:5]
    assert Tiles(copy(mirror, shown), 5).checkpoint() == mirror_note(mirror, shown)
    # And grows, over the edge of a bundle.
    assert give(mirror, shown, 5, 290) == (200, b"290\n")
    assert ask(mirror, shown, 5, 290) == (200, b"")
    assert ask(mirror, shown, 290, 290) == (200, b"")
    assert Tiles(copy(mirror, shown), 290).range().root() == root_of(shown.entries[:290])


def mirror_note(mirror: Witness, shown: Shown) -> bytes:
    return (copy(mirror, shown) / "checkpoint").read_bytes()


def test_entries_that_do_not_lead_to_the_signed_head_are_forgotten(mirror: Witness, shown: Shown) -> None:
    liar = shown.forked()
    assert give(mirror, liar, 0, 5) == (200, b"5\n")
    assert ask(mirror, shown, 0, 5) == (424, b"0\n")
    assert list(copy(mirror, shown).glob("aside*")) == []
    assert give(mirror, shown, 0, 5) == (200, b"5\n")
    assert ask(mirror, shown, 0, 5) == (200, b"")


def test_a_fork_is_kept_as_evidence_before_its_entries_are_asked_for(mirror: Witness, shown: Shown) -> None:
    give(mirror, shown, 0, 5)
    ask(mirror, shown, 0, 5)
    assert ask(mirror, shown.forked(), 0, 5) == (409, b"5\n")
    assert mirror.state.evidence(shown.origin) == 1
    assert mirror.add_checkpoint(shown.forked().asked(5, 7)).status == 422


def test_a_copy_that_was_damaged_cosigns_nothing(mirror: Witness, shown: Shown) -> None:
    give(mirror, shown, 0, 5)
    ask(mirror, shown, 0, 5)
    tile = copy(mirror, shown) / "tile" / "0" / "000.p" / "5"
    tile.write_bytes(bytes(len(tile.read_bytes())))
    assert ask(mirror, shown, 5, 5) == (424, b"5\n")
    tile.unlink()
    assert mirror.add_checkpoint(shown.asked(5, 5)).status == 503


@pytest.mark.parametrize("half", [b"\0", b"\0\x09half"])
def test_what_a_crash_left_half_written_is_given_again(mirror: Witness, shown: Shown, half: bytes) -> None:
    give(mirror, shown, 0, 3)
    with (copy(mirror, shown) / "aside-0").open("ab") as file:
        file.write(half)
    assert ask(mirror, shown, 0, 5) == (424, b"0\n")
    assert give(mirror, shown, 3, 5) == (409, b"0\n")
    assert give(mirror, shown, 0, 5) == (200, b"5\n")
    assert ask(mirror, shown, 0, 5) == (200, b"")


def test_a_crash_between_the_copy_and_the_signature_loses_nothing(
    mirror: Witness, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise OSError(5, "Input/output error")

    give(mirror, shown, 0, 5)
    for place, name in ((TileWriter, "publish"), (TileWriter, "_sync_folder")):
        with monkeypatch.context() as patched:
            patched.setattr(place, name, killed)
            assert mirror.add_checkpoint(shown.asked(0, 5)).status == 503
        assert mirror.state.seen() == []
    assert ask(mirror, shown, 0, 5) == (200, b"")


def test_what_is_no_request_is_refused(
    mirror: Witness, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert mirror.add_entries(b"nonsense").status == 400
    assert mirror.add_entries(write_given("elsewhere", 0, b"")).status == 404
    assert mirror.add_entries(write_given(shown.origin, 0, b"\0\x09half")).status == 400
    assert give(mirror, shown, 0, 0) == (409, b"0\n")
    assert give(mirror, shown, 7, 9) == (409, b"0\n")
    for raw in (b"first 0\nlog \xff\n\n", b"x" * (LARGEST_ENTRIES + 1)):
        with pytest.raises(Declined):
            parse_given(raw)
    with pytest.raises(Malformed):
        split_entries(b"\0")
    monkeypatch.setattr(copies, "MOST_ASIDE", 30)
    assert give(mirror, shown, 0, 1) == (200, b"1\n")
    assert give(mirror, shown, 1, 9)[0] == 413
    monkeypatch.setattr(Path, "mkdir", lambda *_a, **_k: (_ for _ in ()).throw(OSError(30, "read-only")))
    assert give(mirror, shown, 0, 1)[0] == 503


def test_a_witness_that_is_no_mirror_takes_no_entries(witness: Witness, shown: Shown) -> None:
    assert give(witness, shown, 0, 1)[0] == 404
