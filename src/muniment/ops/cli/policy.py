"""`muniment policy` and `muniment routes`: who may do what, and every address there is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click
from django.urls import URLPattern, URLResolver, get_resolver

from muniment.access.queries import for_tokens
from muniment.access.rules import OPERATOR, ROLES, SECOND_FACTOR, WORKER
from muniment.ops.cli.answers import answer, common, table


@click.command()
@common
def policy(*, as_json: bool) -> None:
    """Print which role may do what."""
    told = {
        "roles": {role: sorted(may) for role, may in ROLES.items()},
        "operator": sorted(OPERATOR),
        "worker": sorted(WORKER),
        "second_factor": sorted(SECOND_FACTOR),
        "by_token": {role: sorted(for_tokens(may)) for role, may in ROLES.items()},
    }
    kinds = sorted(set().union(*ROLES.values()))
    rows = [
        {"action": kind, **{role: "yes" if kind in may else "-" for role, may in ROLES.items()}}
        for kind in kinds
    ]
    answer(told, as_json=as_json, words=table(rows, ("action", *ROLES)))


@click.command()
@common
def routes(*, as_json: bool) -> None:
    """Print every address of the pages and of the API, out of the framework's own table."""
    rows = sorted(_routes(get_resolver(), "", ""), key=lambda row: (row["path"], row["name"]))
    answer({"routes": rows}, as_json=as_json, words=table(rows, ("path", "name", "methods", "kind")))


def _routes(resolver: URLResolver, prefix: str, space: str) -> Iterator[dict[str, Any]]:
    for one in resolver.url_patterns:
        path = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            inner = f"{space}{one.namespace}:" if one.namespace else space
            yield from _routes(one, path, inner)
        elif isinstance(one, URLPattern):
            view: Any = one.callback
            yield {
                "path": f"/{path}",
                "name": f"{space}{one.name or ''}",
                "view": f"{view.__module__}.{getattr(view, '__qualname__', type(view).__name__)}",
                "methods": ",".join(_methods(view)),
                "kind": "api" if path.startswith("api/") else "page",
            }


def _methods(view: Any) -> list[str]:
    """Return the methods that an API address answers; pages answer GET, and POST where they hold a form."""
    # Ninja keeps the operations of an address on an object that the view closes over.
    held = [cell.cell_contents for cell in getattr(view, "__closure__", None) or ()]
    held.append(getattr(view, "__self__", None))
    operations = [operation for one in held for operation in getattr(one, "operations", [])]
    return sorted({method for operation in operations for method in operation.methods})
