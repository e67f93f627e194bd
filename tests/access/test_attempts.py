"""How often one may try: counted for all processes together, under names that tell nobody's address or login."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache
from tests.access.test_sign_in import code_of, set_up_factor, sign_in
from tests.conftest import PASSWORD

from muniment.access.models import Remembered
from muniment.spine import ports

WRONG = "not the right password"
STOPPED = "Too many attempts"


def test_too_many_attempts_are_stopped(client_as, account_of, ada):
    person, client = account_of(ada), client_as()
    for _ in range(5):
        sign_in(client, person, password=WRONG)
    assert STOPPED in sign_in(client, person).content.decode()


def test_an_unknown_login_is_stopped_after_as_many(client_as, db):
    client = client_as()
    asked = {"login": "nobody@nowhere.example", "password": PASSWORD}
    pages = [client.post("/account/sign-in/", asked).content.decode() for _ in range(6)]
    assert [STOPPED in page for page in pages] == [False] * 5 + [True]


def test_another_port_in_the_host_header_gives_no_new_attempts(client_as, account_of, ada):
    person, client = account_of(ada), client_as()
    for port in range(5):
        sign_in(client, person, password=WRONG, headers={"host": f"localhost:{8000 + port}"})
    answer = sign_in(client, person, headers={"host": "127.0.0.1:9"})
    assert STOPPED in answer.content.decode()


def test_another_way_of_writing_the_login_gives_no_new_attempts(client_as, account_of, ada):
    login, client = account_of(ada).login, client_as()
    wide = "".join(chr(ord(letter) + 0xFEE0) if letter.isalpha() else letter for letter in login)
    for written in (login, login.upper(), wide, wide.upper(), f"{wide[0]}{login[1:]}"):
        client.post("/account/sign-in/", {"login": written, "password": WRONG})
    answer = client.post("/account/sign-in/", {"login": login.title(), "password": PASSWORD})
    assert STOPPED in answer.content.decode()


def test_headers_about_another_address_give_no_new_attempts(client_as, db):
    client = client_as()
    pages = []
    for at in range(11):
        claimed = {"x-forwarded-for": f"198.51.100.{at}", "x-real-ip": f"198.51.100.{at}"}
        asked = {"login": f"nobody-{at}", "password": WRONG}
        pages.append(client.post("/account/sign-in/", asked, headers=claimed).content.decode())
    assert [STOPPED in page for page in pages] == [False] * 10 + [True]


def test_neither_address_nor_login_nor_person_stands_in_what_is_remembered(client_as, account_of, otto):
    person, client = account_of(otto), client_as()
    sign_in(client, person, password=WRONG)
    sign_in(client, person)
    secret = set_up_factor(client)
    again = client_as()
    sign_in(again, person)
    again.post("/account/sign-in/code/", {"code": code_of(secret)})
    rows = list(Remembered.objects.all())
    assert len(rows) >= 3
    held = " ".join(f"{row.name} {row.value}" for row in rows)
    for told in ("192.0.2.7", person.login, otto.id, "allauth", code_of(secret)):
        assert told not in held
    assert all(len(row.name) == 64 and json.loads(row.value) for row in rows)


def test_a_used_code_is_refused_as_long_as_it_would_be_right(client_as, account_of, otto):
    """A code is taken one period early and one late, so it must be remembered for three (RFC 6238, section 5.2)."""
    person, client = account_of(otto), client_as()
    sign_in(client, person)
    code = code_of(set_up_factor(client))
    app = TOTP(Authenticator.objects.get(user_id=person.id, type="totp"))
    assert app.validate_code(code)
    assert not app.validate_code(code)
    later = ports.now() + timedelta(seconds=89)
    with ports.frozen(clock=later):
        assert not app.validate_code(code)
        assert not app.validate_code(f"{code[:3]} {code[3:]}")


def test_the_shared_memory_is_a_cache_as_django_expects(db):
    now = ports.now()
    with ports.frozen(clock=now):
        assert cache.get("colour", "none") == "none"
        assert cache.add("colour", "green", timeout=60)
        assert not cache.add("colour", "red", timeout=60)
        assert cache.get("colour") == "green"
        cache.set("colour", ["blue"], timeout=60)
        assert cache.get("colour") == ["blue"]
        assert cache.touch("colour", timeout=120)
        assert not cache.touch("shape", timeout=120)
        cache.set("for a while", 1, timeout=None)
        cache.set("as usual", 1)
    with ports.frozen(clock=now + timedelta(seconds=121)):
        assert cache.get("colour") is None
        assert not cache.touch("colour")
        assert cache.add("colour", "white", timeout=60), "what is over makes room"
        assert cache.delete("colour")
        assert not cache.delete("colour")
        assert cache.get("for a while") == cache.get("as usual") == 1
    cache.clear()
    assert not Remembered.objects.exists()


def test_what_is_remembered_is_read_as_json_and_runs_nothing(db):
    cache.set("colour", "green", timeout=60)
    Remembered.objects.update(value="gASVFgAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOULg==")
    with pytest.raises(json.JSONDecodeError):
        cache.get("colour")
