"""`muniment check` names what is wrong and shows no secret."""

from __future__ import annotations

import shutil

import pytest
from sqlcipher3 import dbapi2
from tests.ops.commands import muniment

from muniment.spine.keyfile import KeyFileProvider


@pytest.fixture
def copy(installed, tmp_path):
    return shutil.copytree(installed, tmp_path / "copy")


def _opened(home):
    key = KeyFileProvider(home / "keys" / "master.key").derive("database-file")
    connection = dbapi2.connect(str(home / "data" / "muniment.db"))
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    return connection


def test_nothing_is_wrong_with_a_new_installation(installed):
    ran = muniment("check", "--json", home=installed)
    assert (ran.code, ran.json["wrong"]) == (0, [])
    assert ran.json["settings"]["home"] == str(installed)


def test_a_guard_that_was_taken_away_is_named(copy):
    connection = _opened(copy)
    connection.execute("DROP TRIGGER guard_cases_decision_update")
    connection.commit()
    connection.close()
    ran = muniment("check", "--json", home=copy)
    assert ran.code == 1
    assert [(one["about"], "cases_decision" in one["what"]) for one in ran.json["wrong"]] == [
        ("guards", True)
    ]
    assert muniment("migrate", home=copy).code == 0
    assert muniment("check", home=copy).code == 0


def test_a_key_that_others_may_read_is_named(copy):
    (copy / "keys" / "master.key").chmod(0o644)
    ran = muniment("check", "--json", home=copy)
    assert ran.code == 1
    assert "may be read" in ran.json["wrong"][0]["what"]


def test_a_missing_certificate_and_a_missing_signing_key_are_named(copy):
    (copy / "tls" / "server.key").unlink()
    for path in (copy / "keys" / "signing").iterdir():
        path.unlink()
    ran = muniment("check", "--json", home=copy)
    assert {one["about"] for one in ran.json["wrong"]} == {"certificate", "ledger"}


def test_secrets_are_masked(tmp_path):
    secret = "postgresql://app:very-secret@127.0.0.1:9/none"
    ran = muniment("check", "--json", home=tmp_path, MUNIMENT_DATABASE=secret)
    assert "very-secret" not in ran.out + ran.err
    assert ran.json["settings"]["database"].startswith("postgresql://…@")


def test_a_malformed_setting_is_named_with_its_line(tmp_path):
    (tmp_path / "muniment.toml").write_text("prot = 1\n")
    ran = muniment("check", "--json", home=tmp_path)
    assert (ran.code, ran.json["wrong"][0]["where"]) == (1, "muniment.toml, prot")
    assert muniment("tenant", "list", home=tmp_path).code == 1
