"""Refusals: how often one is recorded, and what the database's own refusals mean in words.

A room that lays a rule into the database as a constraint says here, by the constraint's name, what its breach
means to the person in front of the screen.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Final

from django.apps import apps
from django.db import IntegrityError, models

from muniment.spine import ports
from muniment.spine.errors import Clash, MunimentError

#: At most so many refusals of one kind for one actor in a minute are recorded one by one.
MOST_A_MINUTE: Final = 30

_SQLITE_UNIQUE: Final = "UNIQUE constraint failed: "

CONSTRAINTS: dict[str, MunimentError] = {}

_lock = threading.Lock()
_recent: dict[tuple[str, str], deque[float]] = {}


def constraint(name: str, meaning: MunimentError) -> None:
    """Say what the breach of a database constraint means."""
    CONSTRAINTS[name] = meaning


def _unique(text: str) -> set[str]:
    """Return the names of the constraints that a refusal of SQLite may mean, which tells columns only."""
    if not text.startswith(_SQLITE_UNIQUE):
        return set()
    columns = {part.strip() for part in text.removeprefix(_SQLITE_UNIQUE).split(",")}
    found = set()
    for model in apps.get_models():
        names = {
            field.name: f"{model._meta.db_table}.{field.column}" for field in model._meta.concrete_fields
        }
        for rule in model._meta.constraints:
            if isinstance(rule, models.UniqueConstraint) and {names[name] for name in rule.fields} == columns:
                found.add(rule.name)
    return found


def constraint_refusal(fault: IntegrityError) -> MunimentError:
    """Return the error that the breached constraint stands for; an unknown one is a clash."""
    text = str(fault)
    unique = _unique(text)
    for name, meaning in CONSTRAINTS.items():
        if name in text or name in unique:
            return type(meaning)(meaning.what, todo=meaning.todo, where=meaning.where)
    return Clash(
        "The database refused this change.",
        todo="Reload the page and try again; if it happens again, tell the operator.",
    )


def within_rate(actor: str, kind: str) -> bool:
    """Say whether a refusal of this kind for this actor is still within the minute's number."""
    at = ports.monotonic()
    with _lock:
        if len(_recent) > 10_000:
            _recent.clear()
        times = _recent.setdefault((actor, kind), deque())
        while times and times[0] < at - 60:
            times.popleft()
        if len(times) >= MOST_A_MINUTE:
            return False
        times.append(at)
        return True
