"""The house's own rules about files: size, names, docstrings, nothing unfinished, nothing that names a place."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
ROOMS = sorted(path.parent for path in (ROOT / "src/muniment").glob("*/__init__.py"))
CEILING = 400
#: Longer files, each with its reason.
LONGER: dict[str, str] = {}
BANNED = {"utils.py", "helpers.py", "services.py", "managers.py", "signals.py", "misc.py", "common.py"}


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=_name)
def test_a_file_can_be_read_in_a_sitting(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= CEILING or _name(path) in LONGER


def test_the_list_of_longer_files_holds_no_others():
    for name, reason in LONGER.items():
        assert reason
        assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) > CEILING, name


def test_no_drawer_without_a_bottom():
    assert [_name(path) for path in SOURCES if path.name in BANNED] == []


@pytest.mark.parametrize("path", [path for path in SOURCES if "migrations" not in path.parts], ids=_name)
def test_every_module_says_what_it_is_for(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if tree.body:
        assert ast.get_docstring(tree), "write what this file is for"


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_every_room_has_its_ten_lines(room):
    text = (room / "README.md").read_text(encoding="utf-8")
    assert 5 <= len(text.splitlines()) <= 30


def test_nothing_unfinished_is_left_lying():
    marker = re.compile(
        r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b|raise NotImplemented" + r"Error|pragma: no " + r"cover"
    )
    found = [_name(path) for path in [*SOURCES, *TESTS] if marker.search(path.read_text(encoding="utf-8"))]
    assert found == []


def test_an_exception_from_a_check_has_its_code():
    bare = re.compile(r"# type: " + r"ignore(?!\[)|# no" + r"qa(?!:)")
    found = [_name(path) for path in [*SOURCES, *TESTS] if bare.search(path.read_text(encoding="utf-8"))]
    assert found == []


def test_a_room_shows_only_its_own_pages():
    """A room's addresses lead to its own views; import contracts cannot see that (their wildcards allow it)."""
    for room in ROOMS:
        urls = room / "urls.py"
        if room.name != "site" and urls.exists():
            others = re.findall(
                r"from muniment\.(\w+)[\w.]* import (?:views|api|jobs)|from muniment\.(\w+)\.(?:views|api)",
                urls.read_text(),
            )
            assert {a or b for a, b in others} <= {room.name}, room.name
