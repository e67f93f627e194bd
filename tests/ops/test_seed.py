"""The example tenant has one of everything, and every command about a tenant's things works on it."""

from __future__ import annotations

import pytest
from tests.ops.commands import muniment


@pytest.fixture(scope="module")
def seeded(tmp_path_factory):
    """(folder, what was made, the options that show the token)."""
    folder = tmp_path_factory.mktemp("seed")
    assert muniment("init", home=folder / "home").code == 0
    made = muniment("seed", "--json", home=folder / "home")
    assert made.code == 0, made.err
    (folder / "token").write_text(made.json["api_token"])
    return folder / "home", made.json, ["--token-file", str(folder / "token"), "--json"]


def test_there_is_one_of_everything(seeded):
    _, ids, _ = seeded
    things = (
        "tenant source list document document_version scan finding screening result match case decision pack"
    )
    people = "analyst officer auditor administrator token person organisation import"
    assert {*things.split(), *people.split()} <= set(ids)


def test_what_was_found_comes_out_again(seeded):
    home, ids, by = seeded
    again = muniment("replay", ids["scan"], "--tenant", "seeded", "--json", home=home)
    assert (again.code, again.json["same"]) == (0, True)
    shown = muniment("scan", "show", ids["scan"], *by, home=home).json
    assert ids["finding"] in {one["id"] for one in shown["findings"]}
    results = muniment("screen", "show", ids["screening"], *by, home=home).json["results"]
    assert {one["reference"]: one["verdict"] for one in results} == {"O-1": "clear", "P-1": "alert"}
    assert muniment("screen", "replay", ids["result"], *by, home=home).json["identical"] is True


def test_a_proof_is_built_and_verified_and_a_changed_one_refused(seeded, tmp_path):
    home, ids, by = seeded
    assert len(muniment("case", "show", ids["case"], *by, home=home).json["items"]) == 3
    pack = tmp_path / "pack.zip"
    words = ["pack", "build", ids["case"], "--out", str(pack), "--given-to", "an auditor"]
    assert muniment(*words, *by, home=home).code == 0
    assert muniment(*words, *by, home=home).code == 1, "a file is never overwritten"
    assert muniment("pack", "verify", str(pack), "--json").json["verdict"] == "verified"
    raw = bytearray(pack.read_bytes())
    raw[len(raw) // 2] ^= 1
    pack.write_bytes(raw)
    assert muniment("pack", "verify", str(pack)).code == 1


def test_another_example_beside_it_and_the_ledger_holds(seeded):
    home, _, _ = seeded
    assert muniment("seed", "--json", home=home).code == 1
    assert muniment("ledger", "settle", home=home).code == 0
    assert muniment("ledger", "verify", "--deep", home=home).code == 0
