"""Sessions: the key that the browser holds stands nowhere in the database, and a row means nothing elsewhere."""

from __future__ import annotations

import base64
import importlib
from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.models import Session
from django.db import DatabaseError, OperationalError, connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from muniment.ops.serving.sweeping import sweep
from muniment.site.middleware import Sessions
from muniment.site.sessions import SessionStore, row_name
from muniment.site.shared_memory import SharedMemory


def key_of(client) -> str:
    return client.cookies["__Host-session"].value


def everything() -> str:
    """Return what stands in the whole database, table by table."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608  # the database's own names
            found += [
                str(bytes(cell) if isinstance(cell, memoryview) else cell) for row in cursor for cell in row
            ]
    return "\n".join(found)


def test_the_browsers_key_stands_nowhere_in_the_database(client_as, ada):
    client = client_as(ada)
    key = key_of(client)
    assert client.get("/").status_code == 200
    held = everything()
    assert row_name(key) in held, "the walk reads the sessions too"
    assert key not in held


def test_what_the_database_shows_opens_no_session(client_as, ada):
    shown = row_name(key_of(client_as(ada)))
    thief = client_as()
    thief.cookies["__Host-session"] = shown
    assert thief.get("/").status_code == 302


def test_signing_in_gives_another_key_than_the_one_brought_along(client_as, account_of, ada):
    person, client = account_of(ada), client_as()
    client.cookies["__Host-session"] = "chosenbysomebodyelse0000000000aa"
    client.post("/account/sign-in/", {"login": person.login, "password": "correct horse battery staple"})
    assert key_of(client) != "chosenbysomebodyelse0000000000aa"
    assert client.get("/").status_code == 200


def test_signing_out_takes_the_row_away_and_the_old_key_opens_nothing(client_as, ada):
    client = client_as(ada)
    key = key_of(client)
    client.post("/account/sign-out/")
    assert not Session.objects.filter(session_key=row_name(key)).exists()
    client.cookies["__Host-session"] = key
    assert client.get("/").status_code == 302


def test_what_a_session_remembers_is_sealed(client_as, ada):
    row = Session.objects.get(session_key=row_name(key_of(client_as(ada))))
    raw = base64.b64decode(row.session_data)
    assert ada.id.encode() not in raw
    assert b"password" not in raw


def test_the_contents_of_another_row_are_nobodys(client_as, ada, vera):
    """Who can write the table cannot put an auditor's session under a key of their own."""
    hers, own = client_as(vera), client_as(ada)
    stolen = Session.objects.get(session_key=row_name(key_of(hers))).session_data
    Session.objects.filter(session_key=row_name(key_of(own))).update(session_data=stolen)
    assert own.get("/").status_code == 302
    assert hers.get("/").status_code == 200


@pytest.mark.parametrize("broken", ["", "!", "bm9uc2Vuc2U=", "x" * 100, "é"])
def test_a_row_that_was_changed_is_an_empty_session(client_as, ada, broken):
    client = client_as(ada)
    Session.objects.filter(session_key=row_name(key_of(client))).update(session_data=broken)
    assert client.get("/").status_code == 302


@pytest.mark.parametrize("key", ["short", "é" * 32, "x" * 5000, "\ud800" * 8])
def test_a_key_that_was_never_given_out_is_nobodys(db, key):
    store = SessionStore(key)
    assert store.get("anything") is None
    assert store.session_key is None


def test_a_store_behaves_as_django_expects(db):
    store = SessionStore()
    store["colour"] = "green"
    store.save()
    first = str(store.session_key)
    assert store.exists(first)
    assert SessionStore(first)["colour"] == "green"
    store.cycle_key()
    assert not store.exists(first)
    assert SessionStore(store.session_key)["colour"] == "green"
    store.delete("neverseen000")
    store.flush()
    store.delete()
    assert not Session.objects.exists()


def test_nothing_asynchronous_writes_the_bare_key():
    for name in ("aload", "aexists", "acreate", "asave", "adelete"):
        assert name in vars(SessionStore), name


def test_sessions_from_before_are_ended_by_the_migration(db):
    Session.objects.create(session_key="a" * 32, session_data="x", expire_date=timezone.now())
    step = importlib.import_module("muniment.access.migrations.0002_remembered")
    step.end_every_session(apps, None)
    assert not Session.objects.exists()


def test_the_sweep_takes_away_what_is_over_and_nothing_else(client_as, ada):
    living, over = client_as(ada), client_as(ada)
    now = timezone.now()
    Session.objects.filter(session_key=row_name(key_of(over))).update(expire_date=now)
    memory = SharedMemory("", {})
    memory.set("soon over", 1, timeout=60)
    memory.set("not yet", 1, timeout=600)
    assert sweep(now + timedelta(seconds=61)) == 2
    assert memory.get("not yet") == 1
    assert living.get("/").status_code == 200


def changing(request):
    """Answer as a view that leaves a message in the session."""
    request.session["told"] = "done"
    return HttpResponse("done")


@pytest.fixture
def asked(client_as, ada):
    request = RequestFactory().post("/anything/")
    request.COOKIES["__Host-session"] = key_of(client_as(ada))
    request.number = "0" * 32
    return request


def failing(fault):
    def save(*_: object, **__: object) -> None:
        raise fault

    return save


def test_a_locked_database_is_no_deleted_session_and_says_to_look_first(asked, monkeypatch):
    """Twenty seconds of a locked file came as 400, after the action was done; a second try did it twice."""
    monkeypatch.setattr(Session, "save", failing(OperationalError("database is locked")))
    answered = Sessions(changing)(asked)
    assert answered.status_code == 503
    assert "may be done already" in answered.content.decode()


def test_a_session_that_somebody_ended_meanwhile_stays_what_it_was(asked, monkeypatch):
    monkeypatch.setattr(Session, "save", failing(DatabaseError("Forced update did not affect any rows.")))
    with pytest.raises(SessionInterrupted):
        Sessions(changing)(asked)
