"""The folder of a witness: its settings, its key, the logs that it knows."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest
from tests.ops.commands import here
from tests.proof.small_log import NOON
from tests.witness.scripted import NAME, Shown, made

from muniment.proof.errors import Malformed
from muniment.proof.policy import parse_policy
from muniment.spine.errors import Absent, Clash, Invalid
from muniment.witness import folder as place
from muniment.witness.application import Witness


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


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("two words", "https://localhost"),
        ("a+b", "https://localhost"),
        (NAME, "http://localhost"),
        (NAME, "https://["),
        (NAME, "https://localhost/?a"),
    ],
)
def test_a_name_or_an_address_that_cannot_be_used_is_refused(tmp_path: Path, name: str, url: str) -> None:
    with pytest.raises(Invalid):
        place.make(tmp_path / "w", place.Settings(name, url, "127.0.0.1", 1), NOON)
    assert not (tmp_path / "w").exists()


def test_without_a_witness_in_it_a_folder_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(Absent):
        place.signer(tmp_path)


def test_a_port_that_is_taken_is_told_with_where_to_change_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        made(tmp_path / "w", port=taken.getsockname()[1])
        ran = here(capsys, monkeypatch)("witness", "serve", "--state", str(tmp_path / "w"))
    assert (ran.code, "witness.toml" in ran.err) == (1, True)


def test_the_commands_answer_people_in_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = here(capsys, monkeypatch)
    shown = Shown()
    state = ("--state", str(tmp_path / "w"))
    made = command("witness", "init", *state, "--name", NAME, "--url", "https://localhost")
    assert made.code == 0
    assert f"group {NAME} all" in made.out
    keys = tmp_path / "keys"
    keys.write_bytes(shown.signer.vkeys())
    assert "is known now" in command("witness", "trust", *state, str(keys)).out
    assert "All were known." in command("witness", "trust", *state, str(keys)).out
    assert "No log was cosigned yet." in command("witness", "show", *state).out
    witness = Witness(tmp_path / "w")
    witness.add_checkpoint(shown.asked(0, 5))
    looked = command("witness", "show", *state)
    assert (looked.code, "5 entries, cosigned at" in looked.out) == (0, True)
    witness.add_checkpoint(shown.forked().asked(5, 5))
    witness.state.close()
    looked = command("witness", "show", *state)
    assert (looked.code, "; 1 in evidence against it" in looked.out) == (1, True)
    keys.write_text("nonsense")
    assert command("witness", "trust", *state, str(keys), "--json").json["error"] == "invalid"
    (tmp_path / "w" / "logs.policy").write_text("nonsense\n")
    broken = command("witness", "serve", *state, "--json")
    assert (broken.code, broken.json["where"]) == (1, "line 1")
