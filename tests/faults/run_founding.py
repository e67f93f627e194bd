"""Run by a test in an installation of its own: make tenants while something fails, and tell what is left.

``python -m tests.faults.run_founding`` reads one line of JSON for each thing that is to be done (its name, and what it
is given) and does it in a child of its own, which may be killed; it answers with how the child ended and what it said.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.db import DatabaseError, OperationalError, connection  # noqa: E402  # models need Django set up
from tests.faults.run_commands import given  # noqa: E402  # as above

from muniment.access.rules import OPERATOR  # noqa: E402  # as above
from muniment.ledger import logs, record  # noqa: E402  # as above
from muniment.ledger.models import Entry, Outbox  # noqa: E402  # as above
from muniment.ops.serving import catching_up  # noqa: E402  # as above
from muniment.spine import config  # noqa: E402  # as above
from muniment.spine.actor import system  # noqa: E402  # as above
from muniment.spine.errors import Busy  # noqa: E402  # as above
from muniment.spine.installation import key_store, keyring  # noqa: E402  # as above
from muniment.spine.scope import DEPLOYMENT, tenant_scope  # noqa: E402  # as above
from muniment.tenants import actions, begun  # noqa: E402  # as above
from muniment.tenants.models import Tenant  # noqa: E402  # as above


def places() -> dict[str, tuple[Any, str, Exception]]:
    """Return where it can fail: what is broken there, and how it fails when it fails by itself."""
    return {
        "key": (keyring(), "create_tenant", Busy("The key store does not answer.")),
        "signing key": (logs, "keep", OSError(28, "No space left on device")),
        "entry": (record, "append", DatabaseError("disk full")),
        "commit": (connection, "_commit", OperationalError("disk I/O error")),
        "mark": (begun.Begun, "done", OSError(5, "Input/output error")),
    }


def strike(where: str, how: str, slug: str) -> dict[str, Any]:
    """Make a tenant while one place fails: before it is passed (``fails``, ``killed``), or after it (``… late``)."""
    owner, name, fault = places()[where]
    real: Callable[..., Any] = getattr(owner, name)

    def struck(*given: Any, **named: Any) -> Any:
        if "late" in how:
            real(*given, **named)
        if "killed" in how:
            os.kill(os.getpid(), signal.SIGKILL)
        raise fault

    setattr(owner, name, struck)
    try:
        actions.found(system("operator", may=OPERATOR, via="cli"), name="Wick and Oil", slug=slug)
    except Exception as why:  # noqa: BLE001  # whatever it is, what is left is told
        return {"fault": type(why).__name__}
    return {"fault": ""}


def look() -> dict[str, Any]:
    """Return what is there: tenants in the register, keys, signing keys, marks."""
    with tenant_scope(DEPLOYMENT):
        tenants = dict(Tenant.everything.values_list("slug", "id"))
    files = sorted(one.name for one in config.current().signing_keys.iterdir())
    return {
        "tenants": {slug: str(one) for slug, one in tenants.items()},
        "keyless": [slug for slug, one in tenants.items() if key_store().get(one, one) is None],
        "keys": key_store().count(),
        "logs": len(logs.every()),
        "signing": [one for one in files if one.endswith(".sealed")],
        "others": [one for one in files if not one.endswith(".sealed")],
    }


def create(slug: str) -> dict[str, Any]:
    """Make a tenant by the command; returns what it said."""
    code, _out, err = given(["tenant", "create", "--name", "Lamp Trust", "--slug", slug], "")
    return {"code": code, "err": err}


def start() -> dict[str, Any]:
    """Do what is done before anything is served; returns what it said."""
    with contextlib.redirect_stderr(io.StringIO()) as err:
        code = catching_up.catch_up()
    return {"code": code, "err": err.getvalue()}


def told(tenant: str) -> list[str]:
    """Return who put on record that the keys of a tenant were taken away."""
    wanted = {"kind": "tenants.clear", "subject": f"tenants.Tenant/{tenant}"}
    with tenant_scope(DEPLOYMENT):
        return [one.actor for table in (Entry, Outbox) for one in table.objects.filter(**wanted)]


DEEDS: dict[str, Callable[..., Any]] = {
    "strike": strike,
    "look": look,
    "create": create,
    "start": start,
    "told": told,
}


def in_a_child(do: Callable[..., Any], words: list[str]) -> dict[str, Any]:
    """Do one thing in a child; returns how it ended and what it said."""
    ours, its = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        with os.fdopen(its, "w") as pipe:
            json.dump(do(*words), pipe)
        os._exit(0)
    os.close(its)
    with os.fdopen(ours) as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    return {"status": os.waitstatus_to_exitcode(status), "said": json.loads(said) if said else None}


def main() -> None:
    """Do one thing after the other."""
    for line in sys.stdin:
        what, *words = json.loads(line)
        sys.stdout.write(json.dumps(in_a_child(DEEDS[what], words)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
