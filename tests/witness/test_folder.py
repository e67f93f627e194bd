"""The folder of a witness: its settings, its key, the logs that it knows."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from tests.proof.small_log import NOON
from tests.witness.scripted import NAME, Shown, made

from muniment.proof.errors import Malformed
from muniment.proof.policy import parse_policy
from muniment.spine.errors import Clash, Invalid
from muniment.witness import folder as place


def test_the_key_belongs_to_its_owner_alone_and_comes_back(tmp_path: Path) -> None:
    signer = made(tmp_path / "w")
    assert place.signer(tmp_path / "w").cosigner_keys == signer.cosigner_keys
    assert stat.S_IMODE((tmp_path / "w").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "w" / "key.pem").stat().st_mode) == 0o600


def test_known_logs_are_found_by_origin_with_all_their_keys(tmp_path: Path) -> None:
    shown = Shown()
    made(tmp_path / "w", shown, Shown("log.example/two", 0x51))
    known = place.known(tmp_path / "w")
    assert set(known) == {"log.example/one", "log.example/two"}
    assert known[shown.origin] == shown.signer.keys
    assert place.trust(tmp_path / "w", shown.signer.keys) == ()


def test_a_key_that_is_none_of_a_log_is_not_trusted(tmp_path: Path) -> None:
    signer = made(tmp_path / "w")
    with pytest.raises(Malformed):
        place.trust(tmp_path / "w", signer.cosigner_keys[:1])
    assert place.known(tmp_path / "w") == {}


def test_the_lines_for_a_policy_ask_for_both_keys(tmp_path: Path) -> None:
    signer = made(tmp_path / "w")
    policy = parse_policy(f"{place.policy_lines(signer, 'https://w.example')}quorum {NAME}\n".encode())
    assert policy.met(signer.cosigner_keys) is True
    assert [policy.met([key]) for key in signer.cosigner_keys] == [False, False]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name = ",
        'name = "a"\nurl = "https://a"\nhost = "a"\nport = "1"\n',
        'name = "a"\nurl = "https://a"\nhost = "a"\nport = 0\n',
        'name = "a"\nurl = "https://a"\nhost = "a"\nport = 1\nmore = 1\n',
    ],
)
def test_settings_that_cannot_be_read_are_refused(tmp_path: Path, text: str) -> None:
    made(tmp_path / "w")
    (tmp_path / "w" / "witness.toml").write_text(text)
    with pytest.raises(Invalid):
        place.settings(tmp_path / "w")


def test_a_name_with_quotes_comes_back(tmp_path: Path) -> None:
    told = place.Settings('a"b\\c', "https://localhost", "127.0.0.1", 1)
    place.make(tmp_path / "w", told, NOON)
    assert place.settings(tmp_path / "w") == told


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    with pytest.raises(Clash):
        made(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
