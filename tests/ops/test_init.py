"""Making an installation: everything private, nothing overwritten, nothing half-done."""

from __future__ import annotations

import stat
import tomllib
from dataclasses import fields

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from tests.ops.commands import muniment

from muniment.spine.config import Settings


def _open_to_others(home):
    return [path for path in [home, *home.rglob("*")] if stat.S_IMODE(path.stat().st_mode) & 0o077]


def test_everything_belongs_to_the_owner_alone(installed):
    assert _open_to_others(installed) == []
    assert {path.name for path in installed.iterdir()} >= {"data", "keys", "tls", "muniment.toml"}


def test_a_second_installation_in_the_same_folder_is_refused(installed):
    before = {path: path.read_bytes() for path in (installed / "keys").rglob("*") if path.is_file()}
    ran = muniment("init", "--json", home=installed)
    assert ran.code == 1
    assert ran.json["error"] == "clash"
    assert "There is an installation here already" in ran.err
    assert "Traceback" not in ran.err
    assert {path: path.read_bytes() for path in (installed / "keys").rglob("*") if path.is_file()} == before


def test_what_cannot_be_finished_is_taken_back(tmp_path):
    home = tmp_path / "home"
    elsewhere = "postgresql://nobody:nothing@127.0.0.1:9/none"
    ran = muniment("init", home=home, MUNIMENT_DATABASE=elsewhere)
    assert ran.code == 2
    assert "nothing@" not in ran.err + ran.out
    assert not home.exists() or list(home.iterdir()) == []
    assert muniment("init", home=home).code == 0


def test_the_certificate_is_for_this_machine_and_its_authority_signs_nobody_else(installed):
    leaf = load_pem_x509_certificate((installed / "tls" / "server.pem").read_bytes())
    authority = load_pem_x509_certificate((installed / "tls" / "authority.pem").read_bytes())
    leaf.verify_directly_issued_by(authority)
    key = (installed / "tls" / "server.key").read_bytes()
    assert key.startswith(b"-----BEGIN PRIVATE KEY-----"), "the server takes PKCS #8 only"
    assert load_pem_private_key(key, None).public_key() == leaf.public_key()
    assert sorted(path.name for path in (installed / "tls").iterdir()) == [
        "authority.pem",
        "server.key",
        "server.pem",
    ]


def test_the_sample_settings_are_exactly_the_defaults(installed):
    sample = (installed / "muniment.toml").read_text()
    assert tomllib.loads(sample) == {}
    opened = "\n".join(line.removeprefix("# ") for line in sample.splitlines() if " = " in line)
    defaults = {item.name: item.default for item in fields(Settings) if item.name != "home"}
    told = tomllib.loads(opened)
    assert {
        name: tuple(value) if isinstance(value, list) else value for name, value in told.items()
    } == defaults
