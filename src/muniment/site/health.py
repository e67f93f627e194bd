"""Is it alive, and can it serve? Two questions for whoever watches the installation.

The answers name no details.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import structlog
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from muniment.ledger import logs
from muniment.ledger.checks import runs
from muniment.ledger.models import Checkpoint, Log
from muniment.ledger.sequence import compact_range
from muniment.proof.checkpoint import open_checkpoint
from muniment.proof.note import parse_key
from muniment.spine import ports
from muniment.spine.installation import provider
from muniment.spine.scope import tenant_scope

log = structlog.get_logger("muniment.site")


@require_safe
def live(request: HttpRequest) -> JsonResponse:  # noqa: ARG001  # a view's signature
    """Say that the process answers."""
    return JsonResponse({"status": "live"})


def _migrated() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _keys_open() -> bool:
    provider().check()
    return True


def head_holds(held: Log) -> bool:
    """Say whether a log's newest checkpoint is signed by it and, where it covers all entries.

    Leads to their root.
    """
    with tenant_scope(held.tenant_id):
        newest: Checkpoint | None = Checkpoint.objects.order_by("-size").first()
    if newest is None:
        return held.published == 0
    keys = [parse_key(line) for line in held.vkeys.splitlines()]
    head, _ = open_checkpoint(newest.note.encode("utf-8"), keys, origin=held.origin)
    whole = head.size != held.size or compact_range(held).root() == head.root
    return whole and head.size == newest.size <= held.size and bytes(newest.root) == head.root


def _ledger_holds() -> bool:
    return all(head_holds(held) for held in logs.every())


def _checks_good() -> bool:
    """Say whether the last checks of every log found nothing."""
    for held in logs.every():
        with tenant_scope(held.tenant_id):
            if runs.standing(ports.now()).alarm:
                return False
    return True


CHECKS: Final[dict[str, Callable[[], bool]]] = {
    "database": _migrated,
    "keys": _keys_open,
    "ledger": _ledger_holds,
    "checks": _checks_good,
}


def _checked(name: str, check: Callable[[], bool]) -> bool:
    """Run one check; whatever it raises means that it does not hold."""
    try:
        return check()
    except Exception:  # a watcher wants an answer, whatever is broken
        log.exception("health_check_failed", check=name)
        return False


@require_safe
def ready(request: HttpRequest) -> JsonResponse:  # noqa: ARG001  # a view's signature
    """Say whether the tables are up to date, the keys open and the heads of the ledger verify."""
    found = {name: _checked(name, check) for name, check in CHECKS.items()}
    holds = all(found.values())
    response = JsonResponse(
        {"status": "ready" if holds else "not ready", "checks": found}, status=200 if holds else 503
    )
    response.is_problem = True  # type: ignore[attr-defined]  # the envelope leaves this answer as it is
    return response
