"""How a command answers: as JSON for programs or as lines for people; and the two options every command has."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

import click

from muniment.ops.cli import recording
from muniment.proof.report import plain

F = TypeVar("F", bound=Callable[..., Any])


def common(function: F) -> F:
    """Give a command ``--home`` and ``--json``; the folder was taken out of the arguments before it was loaded."""
    function = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")(function)
    return click.option(
        "--home", metavar="FOLDER", expose_value=False, help="Folder of the installation (or MUNIMENT_HOME)."
    )(function)


def _told(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else str(value)


def print_json(value: Any) -> None:
    """Print one JSON document."""
    sys.stdout.write(json.dumps(value, default=_told, ensure_ascii=False, indent=1) + "\n")
    sys.stdout.flush()


def say(sentence: str) -> None:
    """Print a line for people; what came from outside cannot write on their screen."""
    sys.stdout.write("\n".join(plain(line) for line in sentence.split("\n")) + "\n")
    sys.stdout.flush()


def complain(sentence: str) -> None:
    """Print a line on standard error."""
    sys.stderr.write(plain(sentence) + "\n")


def answer(value: Any, *, as_json: bool, words: str | Iterable[str] = "") -> None:
    """Print what came of a command, after it has left its entry.

    :param value: the whole answer, for programs.
    :param words: the same for people.
    :raises Busy: when that cannot be put on record; nothing is printed then.
    """
    recording.leave()
    if as_json:
        print_json(value)
        return
    for line in [words] if isinstance(words, str) else words:
        say(line)


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> list[str]:
    """Return rows as lines with columns of even width."""
    texts = [[_cell(row.get(name)) for name in columns] for row in rows]
    heads = [name.replace("_", " ") for name in columns]
    widths = [max(len(line[at]) for line in [heads, *texts]) for at in range(len(columns))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in [heads, *texts]
    ]


def _cell(value: Any) -> str:
    return (
        "" if value is None else value.isoformat(timespec="seconds") if hasattr(value, "hour") else str(value)
    )
