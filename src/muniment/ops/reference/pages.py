"""Every reference page: its name and how it is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

from muniment.ops.reference import acts, commands, tables, unrecorded
from muniment.spine.errors import Absent

HEAD: Final = (
    "<!-- Written by `muniment docs` out of the code. Do not edit: change the code and run it again. -->\n\n"
)

PAGES: Final[dict[str, Callable[[], str]]] = {
    "actions.md": acts.actions,
    "roles.md": acts.roles,
    "settings.md": commands.settings,
    "states.md": acts.states,
    "errors.md": acts.errors,
    "commands.md": commands.commands,
    "columns.md": tables.columns,
    "unrecorded.md": unrecorded.unrecorded,
}


def folder() -> Path:
    """Return where the pages lie in a checkout.

    :raises Absent: when this program was installed without its checkout.
    """
    root = Path(__file__).resolve().parents[4]
    if not (root / "pyproject.toml").is_file():
        raise Absent("This program runs outside its checkout.", todo="Say where to with --into FOLDER.")
    return root / "docs" / "reference"


def written() -> dict[str, str]:
    """Return every page as it must be, by name."""
    found = {name: HEAD + page().rstrip() + "\n" for name, page in PAGES.items()}
    found["openapi.json"] = json.dumps(acts.openapi(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    return found


def differing(into: Path) -> list[str]:
    """Return the names of the pages that are missing, stale or too many."""
    wanted = written()
    stale = [name for name, text in wanted.items() if _read(into / name) != text]
    extra = [path.name for path in sorted(into.glob("*")) if path.name not in wanted] if into.is_dir() else []
    return sorted(stale) + extra


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def write(into: Path) -> list[str]:
    """Write the pages that differ and remove those that are none; returns their names."""
    stale = differing(into)
    wanted = written()
    into.mkdir(parents=True, exist_ok=True)
    for name in stale:
        if name in wanted:
            (into / name).write_text(wanted[name], encoding="utf-8")
        else:
            (into / name).unlink()
    return stale
