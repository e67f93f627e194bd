"""Run by a test in an installation of its own: plant a fault in the database itself, then ask for everything.

``python -m tests.faults.run_unwritable FAULT FOLDER`` reads what ``muniment seed`` told and prints JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import django

#: Of PostgreSQL; the program forgets the owner's address as soon as it has read its settings.
OWNER, APP = (os.environ.get(f"MUNIMENT_DATABASE{more}", "") for more in ("_OWNER", ""))

django.setup()

import psycopg  # noqa: E402  # models need Django set up
from django.db import DatabaseError, connection  # noqa: E402  # as above
from django.db.backends.signals import connection_created  # noqa: E402  # as above
from django.test import Client  # noqa: E402  # as above
from psycopg import sql  # noqa: E402  # as above
from tests.faults import state  # noqa: E402  # as above
from tests.faults.run_commands import SAMPLES, World, given, typed  # noqa: E402  # as above

from muniment.access.backends import PATH  # noqa: E402  # as above
from muniment.access.queries import person_by_login  # noqa: E402  # as above
from muniment.spine import config  # noqa: E402  # as above

REFUSING = """
CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'planted'; END $$;
CREATE TRIGGER planted BEFORE INSERT ON ledger_outbox FOR EACH ROW EXECUTE FUNCTION planted();
"""
#: A disk that is full takes what still fits on its pages; so much of it is asked for before it is taken for writable.
MOST = 40


class Browser(Client):
    """A browser that speaks TLS."""

    def request(self, **given: Any) -> Any:
        """Send a request."""
        return super().request(**{**given, "wsgi.url_scheme": "https"})


def signed_in(world: World, role: str) -> Browser:
    """Return the browser of somebody who showed a password and a code."""
    login = next(one["login"] for one in world.told["logins"] if one["role"] == role)
    person = person_by_login(login)
    client = Browser(SERVER_NAME="localhost", REMOTE_ADDR="192.0.2.7", raise_request_exception=False)
    client.force_login(person, backend=PATH)
    session = client.session
    session["account_authentication_methods_user"] = str(person.pk)
    session["account_authentication_methods"] = [
        {"method": "password", "type": "password", "at": time.time()},
        {"method": "mfa", "type": "totp", "at": time.time()},
    ]
    session.save()
    return client


def plant(fault: str) -> None:
    """Make the ledger unwritable, in the database."""
    if fault == "trigger" and connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE TRIGGER planted BEFORE INSERT ON ledger_outbox BEGIN SELECT RAISE(ABORT, 'planted'); END"
            )
    elif fault == "full":
        _full(connection)
        with connection.cursor() as cursor, contextlib.suppress(DatabaseError):
            cursor.execute("CREATE TABLE filler (x BLOB)")
            while True:
                cursor.execute("INSERT INTO filler VALUES (zeroblob(3000))")
        connection_created.connect(_full_again, weak=False)
    else:
        _on_postgres(fault)


def mend(fault: str) -> None:
    """Make the ledger writable again."""
    if fault == "full":
        connection_created.disconnect(_full_again)
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA max_page_count = 1000000000")
            cursor.execute("DROP TABLE filler")
    elif connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER planted")
    else:
        _mend_on_postgres(fault)


def _mend_on_postgres(fault: str) -> None:
    app = sql.Identifier(config.postgres_parts(APP)["user"])
    with psycopg.connect(OWNER, autocommit=True) as hand:
        if fault == "trigger":
            hand.execute("DROP FUNCTION planted CASCADE")
        else:
            hand.execute(sql.SQL("GRANT INSERT ON ledger_outbox TO {}").format(app))


def _full_again(connection: Any, **_: Any) -> None:
    _full(connection)


def _full(to: Any) -> None:
    with to.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        [[pages]] = cursor.fetchall()
        cursor.execute(f"PRAGMA max_page_count = {pages}")


def _on_postgres(fault: str) -> None:
    app = sql.Identifier(config.postgres_parts(APP)["user"])
    with psycopg.connect(OWNER, autocommit=True) as hand:
        if fault == "trigger":
            hand.execute(REFUSING)
        else:
            hand.execute(sql.SQL("REVOKE INSERT ON ledger_outbox FROM {}").format(app))


def asked(world: World) -> Any:
    """Yield what is asked for: a name, and a function that says whether it was done, and its words."""
    officer, case = signed_in(world, "officer"), world.id("open_case")

    def page(method: str, address: str, **more: Any) -> Any:
        def ask() -> tuple[bool, str]:
            answer = getattr(officer, method)(address, **more)
            raw = b"".join(answer.streaming_content) if answer.streaming else answer.content
            return answer.status_code < 400, raw.decode("utf-8", "replace")

        return ask

    new = json.dumps({"title": "A broken lantern", "items": []})
    yield "page", page("get", f"/cases/{case}/")
    yield "page without an action", page("get", "/settings/")
    yield "form", page("post", "/cases/open/", data={"title": "A broken lantern", "once": str(uuid4())})
    yield "api read", page("get", "/api/v1/cases/")
    yield "api write", page("post", "/api/v1/cases/", data=new, content_type="application/json")
    for leaf in ("tenant list", "tenant create", "case list", "source list", "hold place", "ledger verifier"):
        sample = next(one for one in SAMPLES if one.leaf == leaf)
        yield f"muniment {leaf}", lambda sample=sample: command(world, sample)


def command(world: World, sample: Any) -> tuple[bool, str]:
    """Run a command; returns whether it was done, and what it said."""
    words, text = typed(world, sample)
    code, out, err = given(words, text)
    # What went wrong is told as JSON as well; anything else on the screen would be an answer.
    told = json.loads(out) if out.startswith("{") else {}
    return code == 0 or "error" not in told, err


def main() -> None:
    """Plant the fault, ask, and print what came."""
    fault, folder = sys.argv[1:3]
    world = World(Path(folder), json.load(sys.stdin), {})
    found = []
    todo = list(asked(world))
    plant(fault)
    for name, ask in todo:
        for _ in range(MOST):
            before = state.rows()
            done, words = ask()
            if not done or fault != "full":
                break
        found.append(
            {"name": name, "done": done, "changed": state.other(before, state.rows()), "words": words}
        )
    verified = given(["ledger", "verify", "--json"], "")
    json.dump({"asked": found, "verified": verified}, sys.stdout)


if __name__ == "__main__":
    main()
