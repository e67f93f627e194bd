"""Nothing readable is written anywhere: a canary goes through every text field there is and is found in no byte.

Fields are found in the pages that are visited, in the OpenAPI document and in the command line's own tables, so a new
one that no canary was sent through fails here.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from tests.faults.canary import Canaries, files, search, search_secrets
from tests.faults.stay import Stay
from tests.support import plugin
from tests.support.seeded import Seeded, run_folder, seeded, served

#: The first test waits for the whole stay, and in it for a new code of an app again and again.
pytestmark = pytest.mark.timeout(1200)

#: Text fields of forms that no canary can be in: what they hold is searched for as a secret.
SECRET_FIELDS = {"code", "oldpassword", "password", "password1", "password2"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: Any) -> Seeded:
    home = tmp_path_factory.mktemp("canary") / "home"
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return seeded(run_folder(tmp_path_factory), home, f"muniment_canary_{worker}")


@pytest.fixture(scope="module")
def stay(house: Seeded) -> Stay:
    """Use the house in every way there is, then stop it."""
    scratch = house.home.with_name("scratch")
    scratch.mkdir()
    house.environment["TMPDIR"] = str(scratch)
    made = Stay(house, Canaries())
    made.at_the_machine()
    # A collector that is not there: what is tried, kept and said of it holds none of the words that it is told.
    told = {
        "MUNIMENT_OTLP_ADDRESS": "https://localhost:9/v1/logs",
        "MUNIMENT_ALLOW_EGRESS_PRIVATE": "https://localhost:9",
        "MUNIMENT_OTLP_HEADERS": f"Authorization: Bearer {made.words['word for the collector']}",
    }
    house.environment.update(told)
    with served(house) as address:
        made.by_pages(address)
        made.at_the_machine_again()
        made.by_api(address)
        made.by_headers(address)
        made.wait_for_the_worker()
        made.while_running = found(made)
    made.keys = made.all_keys()
    return made


def found(stay: Stay) -> list[tuple[str, str, str]]:
    """Search all that the installation wrote: its folder, its temporary files, what it said."""
    home = stay.house.home
    return search(stay.canaries, files(home, home.with_name("scratch"), home.with_suffix(".log")))


def test_every_text_field_of_every_form_was_used(db, stay):
    assert len(stay.seen) > 15, stay.seen
    left = {one for one in stay.seen - stay.taken if one[1] not in SECRET_FIELDS}
    assert left <= stay.refused, "these fields of forms had no canary: send one in tests/faults/stay.py"
    assert {name for _form, name in stay.refused - stay.taken} <= stay.STRICT


#: Texts of the API that are taken out of a closed list, must fit what is there, or are codes with a check digit.
NOT_FREE = {
    ".basis",
    ".birth_dates[]",
    ".countries[]",
    ".cursor",
    ".gender",
    ".identifiers[].kind",
    ".identifiers[].value",
    ".kind",
    ".mapping",
    ".mark",
    ".on",
    ".schema",
    ".shown",
    "action",
    "cursor",
    "eid",
    "kind",
    "standing",
    "state",
    "tile",
    "verdict",
}


def test_every_text_of_the_api_was_used(db, stay):
    assert len(stay.api_sent) > 25
    assert stay.api_missing == set(), (
        "these texts of the API had no canary: add a body in tests/faults/stay.py"
    )
    refused = {
        place.partition(":")[2] for (_method, _path, place), status in stay.api_sent.items() if status >= 300
    }
    assert refused <= NOT_FREE, (
        "these texts of the API were refused: make a better body in tests/faults/bodies.py"
    )


def test_every_option_of_the_command_line_was_used(db, stay):
    assert stay.options_missing() == set()


def test_no_canary_is_in_any_byte(db, stay):
    assert stay.while_running == []
    assert found(stay) == []


def test_no_secret_is_in_any_byte(db, stay):
    home = stay.house.home
    master = home / "keys" / "master.key"
    held = [
        one
        for one in files(home, home.with_suffix(".log"), home.with_name("scratch"))
        if one[0] != str(master)
    ]
    assert search_secrets(stay.secrets, held) == []
    assert len(stay.secrets) > 8 and min(map(len, stay.secrets.values())) >= 16


def test_a_canary_that_is_somewhere_is_found(db, stay, tmp_path: Path):
    word = stay.canaries.sing("a trial")
    for name, raw in {
        "plain": word.encode(),
        "capitals": word.upper().encode(),
        "wide": word.encode("utf-16-le"),
        "hex": word.encode().hex().encode(),
    }.items():
        (tmp_path / name).write_bytes(b"\x01\x02" + raw + b"\x03")
    import base64

    for lead in range(3):
        (tmp_path / f"base64-{lead}").write_bytes(base64.b64encode(b"ab"[:lead] + word.encode() + b"rest"))
    hits = {Path(place).name for place, _spelling, _where in search(stay.canaries, files(tmp_path))}
    assert hits == {"plain", "capitals", "wide", "hex", "base64-0", "base64-1", "base64-2"}
    assert search(stay.canaries, files(tmp_path / "plain"))[0][2] == "a trial"


@pytest.mark.skipif(plugin.ON != "postgresql", reason="the tables are in the encrypted file here")
def test_on_postgresql_only_ordinary_columns_are_readable(db, stay):
    held = list(stay.postgres())
    assert len(held) > 20
    own = {stay.canaries.where[one] for one in stay.canaries.ordinary}
    readable = {where for _place, _spelling, where in search(stay.canaries, held)}
    assert readable <= own
    assert "table of counterparties: organisation" in readable, "the search reads the wrong database"
    assert search_secrets(stay.secrets, held) == []
