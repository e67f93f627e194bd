"""The key file is safe, whole and ours, or it is not used; what it wraps opens only where it belongs."""

import base64
import os
import stat
from pathlib import Path

import pytest

from muniment.spine.errors import Busy, Clash, Invalid, Refused
from muniment.spine.keyfile import KeyFileProvider
from muniment.spine.keys import KeyFault, KeyProvider


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "muniment.key"


def test_a_new_key_file_is_for_its_owner_only_whatever_the_umask(path: Path) -> None:
    before = os.umask(0)
    try:
        KeyFileProvider.create(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes().startswith(b"muniment-key-v1\n")


def test_a_keeper_opened_again_unwraps_and_derives_the_same(path: Path) -> None:
    first: KeyProvider = KeyFileProvider.create(path)
    second: KeyProvider = KeyFileProvider(str(path))
    wrapped = first.wrap(b"k" * 32, context=b"tenant 1")
    assert second.unwrap(wrapped, context=b"tenant 1") == b"k" * 32
    assert second.derive("database") == first.derive("database")
    assert second.name == "file"
    second.check()


def test_wrapping_twice_looks_different_and_hides_the_key(path: Path) -> None:
    keeper = KeyFileProvider.create(path)
    one, two = (keeper.wrap(b"k" * 32, context=b"") for _ in range(2))
    assert one != two
    assert b"kkkk" not in one


def test_a_wrapped_key_opens_in_no_other_context_and_under_no_other_key(path: Path, tmp_path: Path) -> None:
    keeper = KeyFileProvider.create(path)
    wrapped = keeper.wrap(b"k" * 32, context=b"tenant 1")
    with pytest.raises(KeyFault):
        keeper.unwrap(wrapped, context=b"tenant 2")
    with pytest.raises(KeyFault):
        keeper.unwrap(wrapped[:-1] + bytes([wrapped[-1] ^ 1]), context=b"tenant 1")
    with pytest.raises(KeyFault):
        KeyFileProvider.create(tmp_path / "other").unwrap(wrapped, context=b"tenant 1")


def test_purposes_get_secrets_of_their_own_and_none_is_the_key(path: Path) -> None:
    keeper = KeyFileProvider.create(path)
    root = base64.b64decode(path.read_bytes().split(b"\n")[1])
    secrets = {root, *(keeper.derive(purpose) for purpose in ("database", "keystore", "wrap", ""))}
    assert len(secrets) == 5
    assert {len(secret) for secret in secrets} == {32}


def test_a_key_is_never_overwritten(path: Path) -> None:
    KeyFileProvider.create(path)
    before = path.read_bytes()
    with pytest.raises(Clash):
        KeyFileProvider.create(path)
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there_is_told_without_its_name(path: Path) -> None:
    with pytest.raises(Busy, match="ENOENT") as caught:
        KeyFileProvider.create(path / "below" / "key")
    assert path.name not in str(caught.value)


def test_a_full_disk_leaves_no_half_written_key_behind(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Busy, match="ENOSPC"):
        KeyFileProvider.create(path)
    assert not path.exists()


def test_a_missing_file_is_busy_since_its_storage_may_come_back(path: Path) -> None:
    with pytest.raises(Busy) as caught:
        KeyFileProvider(path)
    assert str(path) not in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o660, 0o777])
def test_a_file_that_others_can_touch_is_refused(path: Path, mode: int) -> None:
    KeyFileProvider.create(path)
    path.chmod(mode)
    with pytest.raises(Refused, match="chmod 600"):
        KeyFileProvider(path)


def test_a_link_is_refused(path: Path, tmp_path: Path) -> None:
    KeyFileProvider.create(tmp_path / "real")
    path.symlink_to(tmp_path / "real")
    with pytest.raises(Refused, match="symbolic link"):
        KeyFileProvider(path)


def test_what_is_no_ordinary_file_is_refused_without_waiting_for_it(path: Path, tmp_path: Path) -> None:
    os.mkfifo(path, 0o600)
    with pytest.raises(Refused, match="ordinary"):
        KeyFileProvider(path)
    with pytest.raises(Refused, match="ordinary"):
        KeyFileProvider(tmp_path)


def test_somebody_elses_file_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    KeyFileProvider.create(path)
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    with pytest.raises(Refused, match="another user"):
        KeyFileProvider(path)


GOOD = base64.b64encode(b"k" * 32)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "form"),
        (b"k" * 32, "form"),
        (b"muniment-key-v2\n" + GOOD + b"\n0011223344556677\n", "form"),
        (b"muniment-key-v1\n" + GOOD + b"\n0011223344556677", "form"),
        (b"muniment-key-v1\n" + GOOD + b"\n0011223344556677\nmore", "form"),
        (b"muniment-key-v1\n" + GOOD + b"\n0011223344556677\n", "damaged"),
        (b"muniment-key-v1\n" + GOOD[:-4] + b"\n0011223344556677\n", "damaged"),
        (b"muniment-key-v1\n!!!!\n0011223344556677\n", "damaged"),
        (b"\n" * (1 << 20), "form"),
    ],
)
def test_damaged_content_is_refused_and_not_echoed(path: Path, content: bytes, word: str) -> None:
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(Invalid, match=word) as caught:
        KeyFileProvider(path)
    assert GOOD.decode()[:8] not in str(caught.value)


def test_any_flipped_bit_in_the_file_is_noticed(path: Path) -> None:
    KeyFileProvider.create(path)
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(Invalid):
            KeyFileProvider(path)


def test_a_file_exchanged_under_a_running_system_is_found(path: Path) -> None:
    keeper = KeyFileProvider.create(path)
    path.unlink()
    with pytest.raises(Busy):
        keeper.check()
    KeyFileProvider.create(path)
    with pytest.raises(Refused, match="another key"):
        keeper.check()


def test_the_keeper_does_not_show_its_key(path: Path) -> None:
    keeper = KeyFileProvider.create(path)
    assert repr(keeper) == str(keeper) == "KeyFileProvider(…)"
