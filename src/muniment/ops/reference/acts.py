"""Reference pages about what can be done: actions, roles, states, errors, and the API's own description."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.db.models import TextChoices
from django.urls import resolve, reverse

from muniment.access.rules import EDGE, OPERATOR, ROLES, WORKER
from muniment.ledger import exporting, publish, reading
from muniment.ledger.action import REGISTRY, Known
from muniment.ledger.checks import runs
from muniment.ledger.pruning import acts as pruning
from muniment.ledger.pushing import follow
from muniment.ledger.questions import acts as questions
from muniment.ledger.refusals import CONSTRAINTS
from muniment.ops.reference.marks import first_sentence, table
from muniment.spine.errors import MunimentError

GROUPS = {**ROLES, "operator": OPERATOR, "worker": WORKER, "the edge of the site": EDGE}


def _rooms() -> list[str]:
    return sorted(config.label for config in apps.get_app_configs() if config.name.startswith("muniment."))


def known_actions() -> dict[str, Known]:
    """Return every action of the house by name, after all rooms were loaded; the ledger has its own elsewhere."""
    loaded = {
        publish.anchor.__module__,
        reading.read.__module__,
        exporting.export.__module__,
        follow.push_all.__module__,
        pruning.prune.__module__,
        questions.keep_question.__module__,
        runs.verify.__module__,
    }
    for apart in ("damage.acts", "time.asking", "time.onrecord", "trust.accepting", "clock"):
        import_module(f"muniment.ledger.{apart}")
    for room in (*_rooms(), "site"):
        if find_spec(f"muniment.{room}.actions") is not None:
            import_module(f"muniment.{room}.actions")
    found = {kind: known for kind, known in sorted(REGISTRY.items()) if known.module.startswith("muniment.")}
    if not loaded <= {known.module for known in found.values()}:
        raise LookupError("the ledger's own actions are not in the registry")
    return found


def actions() -> str:
    """Write every action: what it does, what a stranger sees of it in the log, who may."""
    parts = [
        "# Actions\n",
        "An action's name is the permission that allows it and the kind of the ledger entry it leaves. *Class* is what",
        "a stranger sees on the entry's leaf. Actions marked *reads* change nothing and are there to be on record.\n",
    ]
    found = known_actions()
    for room in dict.fromkeys(kind.split(".")[0] for kind in found):
        rows = [
            (
                f"`{kind}`" + (" (reads)" if known.reads else ""),
                first_sentence(known.doc),
                known.cls,
                ", ".join(name for name, may in GROUPS.items() if kind in may),
            )
            for kind, known in found.items()
            if kind.startswith(f"{room}.")
        ]
        parts += [f"\n## {room}\n", table(("action", "what it does", "class", "who may"), rows)]
    return "\n".join(parts)


def roles() -> str:
    """Write which role may do what."""
    kinds = sorted(set().union(*GROUPS.values()))
    rows = [(f"`{kind}`", *("yes" if kind in may else "" for may in GROUPS.values())) for kind in kinds]
    return "\n".join(
        [
            "# Roles\n",
            "What is not listed is refused. The operator acts at the machine itself; the worker is the installation.\n",
            table(("action", *GROUPS), rows),
        ]
    )


def states() -> str:
    """Write the states of everything that has some, and what leads from one to the next."""
    parts = ["# States\n"]
    for room in _rooms():
        steps = _named(f"muniment.{room}.rules", "STEPS")
        if steps:
            lines = sorted({(str(a), kind, str(b)) for kind, ways in steps.items() for a, b in ways.items()})
            parts += [f"## {room}\n", "```mermaid", "stateDiagram-v2"]
            parts += [f"    {a} --> {b}: {kind}" for a, kind, b in lines]
            parts += ["```\n"]
        if find_spec(f"muniment.{room}.models") is None:
            continue
        module = import_module(f"muniment.{room}.models")
        for name, kinds in sorted(vars(module).items()):
            if (
                isinstance(kinds, type)
                and issubclass(kinds, TextChoices)
                and kinds.__module__ == module.__name__
            ):
                parts += [
                    f"### {room}: {name}\n",
                    f"{first_sentence(kinds.__doc__)}\n",
                    table(("stored", "shown"), kinds.choices),
                ]
    return "\n".join(parts)


def _named(module: str, name: str) -> Any:
    return getattr(import_module(module), name, None) if find_spec(module) is not None else None


def errors() -> str:
    """Write the ways of saying no, and what the database's own refusals mean."""
    known_actions()
    kinds = [
        (f"`{kind.code}`", kind.status, kind.title, first_sentence(kind.__doc__))
        for kind in sorted(MunimentError.__subclasses__(), key=lambda kind: kind.status)
        if kind.__module__ == MunimentError.__module__
    ]
    refusals = [(f"`{name}`", meaning.code, str(meaning)) for name, meaning in sorted(CONSTRAINTS.items())]
    return "\n".join(
        [
            "# Errors\n",
            "Every refusal says what happened and what to do. Over HTTP it is a problem document (RFC 9457) or a page",
            "with the same words; on the command line a sentence on standard error.\n",
            table(("code", "status", "title", "means"), kinds),
            "\n## What the database refuses by itself\n",
            table(("constraint", "code", "words"), refusals),
        ]
    )


def openapi() -> dict[str, Any]:
    """Return the API's own description."""
    view: Any = resolve(reverse("api:openapi-json")).func
    api = view.keywords["api"]
    return dict(api.get_openapi_schema(path_prefix="/api/v1/"))
