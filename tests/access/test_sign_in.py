"""Signing in as people do it: password, second factor, recovery codes; and what the ledger says afterwards."""

from __future__ import annotations

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from tests.conftest import PASSWORD

from muniment.ledger.models import Outbox
from muniment.ledger.openings import opened_event
from muniment.spine.scope import DEPLOYMENT, tenant_scope


def code_of(secret: str, step: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step))


def sign_in(client, person, password=PASSWORD, **more):
    return client.post("/account/sign-in/", {"login": person.login, "password": password}, **more)


def set_up_factor(client) -> str:
    page = client.get("/account/factor/").content.decode()
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", page)[1]
    answer = client.post("/account/factor/", {"code": code_of(secret)})
    assert (answer.status_code, answer["Location"]) == (302, "/account/factor/codes/")
    return secret


def events(tenant) -> list[tuple[str, str, str]]:
    with tenant_scope(tenant):
        return [
            (row.kind, row.actor, opened_event(row).value("outcome"))
            for row in Outbox.objects.order_by("order")
        ]


def test_an_analyst_signs_in_with_a_password_and_the_ledger_says_so(client_as, account_of, ada):
    person, client = account_of(ada), client_as()

    answer = sign_in(client, person)

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert events(ada.tenant)[-1] == ("access.sign_in", ada.id, "done")
    assert client.get("/").status_code == 200


def test_the_login_is_found_whatever_its_case(client_as, account_of, ada):
    person, client = account_of(ada), client_as()
    answer = client.post("/account/sign-in/", {"login": f" {person.login.upper()} ", "password": PASSWORD})
    assert answer.status_code == 302


def test_an_officer_must_set_up_a_second_factor_before_anything_else(client_as, account_of, otto):
    person, client = account_of(otto), client_as()
    sign_in(client, person)

    for address in ("/", "/settings/", "/settings/tokens/"):
        answer = client.get(address)
        assert (answer.status_code, answer["Location"]) == (302, "/account/factor/")
    assert client.get("/api/v1/openapi.json").status_code == 403

    set_up_factor(client)

    assert client.get("/").status_code == 200
    codes = client.get("/account/factor/codes/").content.decode()
    assert len(re.findall(r"<li>\d{10}</li>", codes)) == 10
    again = client.get("/account/factor/codes/").content.decode()
    assert "<li>*" not in again
    assert not re.findall(r"\d{10}", again)
    assert ("access.enrol_factor", otto.id, "done") in events(otto.tenant)


def test_the_next_time_the_officer_is_asked_for_the_code(client_as, account_of, otto):
    person, first = account_of(otto), client_as()
    sign_in(first, person)
    secret = set_up_factor(first)

    client = client_as()
    answer = sign_in(client, person)
    assert answer["Location"] == "/account/sign-in/code/"
    assert client.get("/")["Location"].startswith("/account/sign-in/")

    wrong = client.post("/account/sign-in/code/", {"code": "000000"})
    assert wrong.status_code == 200
    assert events(otto.tenant)[-1] == ("access.sign_in", otto.id, "refused")

    answer = client.post("/account/sign-in/code/", {"code": code_of(secret, 1)})
    assert answer.status_code == 302
    assert client.get("/").status_code == 200
    with tenant_scope(otto.tenant):
        row = Outbox.objects.order_by("order").last()
        assert opened_event(row).value("origin")["factors"] == ["password", "totp"]
        assert opened_event(row).value("origin")["address"] == "192.0.2.7"


def test_a_recovery_code_lets_one_in_once(client_as, account_of, otto):
    person, first = account_of(otto), client_as()
    sign_in(first, person)
    set_up_factor(first)
    code = re.findall(r"<li>(\d{10})</li>", first.get("/account/factor/codes/").content.decode())[0]

    client = client_as()
    sign_in(client, person)
    assert client.post("/account/sign-in/code/", {"code": code}).status_code == 302
    assert client.get("/").status_code == 200

    other = client_as()
    sign_in(other, person)
    assert other.post("/account/sign-in/code/", {"code": code}).status_code == 200


def test_secrets_of_second_factors_stand_encrypted(client_as, account_of, otto):
    person, client = account_of(otto), client_as()
    sign_in(client, person)
    secret = set_up_factor(client)

    kept = Authenticator.objects.get(user_id=person.id, type="totp").data["secret"]
    assert secret not in kept
    assert decrypt(kept) == secret


@pytest.mark.parametrize("login", ["nobody@nowhere.example", "x" * 119, "a b"])
def test_an_unknown_login_is_refused_like_a_wrong_password_and_recorded_without_it(
    client_as, account_of, ada, login
):
    person, client = account_of(ada), client_as()
    unknown = client.post("/account/sign-in/", {"login": login, "password": PASSWORD})
    wrong = sign_in(client, person, password="not the right password")

    words = "Login or password is not right"
    assert unknown.status_code == wrong.status_code == 200
    assert words in unknown.content.decode()
    assert words in wrong.content.decode()
    assert events(DEPLOYMENT)[-1] == ("access.sign_in", "system:gate", "refused")
    assert events(ada.tenant)[-1] == ("access.sign_in", ada.id, "refused")
    with tenant_scope(DEPLOYMENT):
        row = Outbox.objects.order_by("order").last()
        assert login not in str(opened_event(row).openings)


def test_too_many_attempts_are_stopped(client_as, account_of, ada):
    person, client = account_of(ada), client_as()
    for _ in range(5):
        sign_in(client, person, password="not the right password")
    answer = sign_in(client, person)
    assert "Too many attempts" in answer.content.decode()


def test_signing_out_ends_the_session_and_is_recorded(client_as, account_of, ada):
    client = client_as(ada)
    assert client.get("/").status_code == 200
    answer = client.post("/account/sign-out/")
    assert (answer.status_code, answer["Location"]) == (302, "/account/sign-in/")
    assert client.get("/").status_code == 302
    assert events(ada.tenant)[-1] == ("access.sign_out", ada.id, "done")


def test_no_ledger_no_sign_in(client_as, account_of, ada, monkeypatch):
    from muniment.ledger import record

    person, client = account_of(ada), client_as()

    def full(*_args):
        raise OSError("disk full")

    monkeypatch.setattr(record, "append", full)
    with pytest.raises(OSError, match="disk full"):
        sign_in(client, person)
    monkeypatch.undo()
    assert client.get("/").status_code == 302


def test_a_session_ends_after_its_hours_however_busy(client_as, ada, settings):
    client = client_as(ada)
    session = client.session
    records = session["account_authentication_methods"]
    for one in records:
        one["at"] -= settings.SESSION_COOKIE_AGE + 1
    session["account_authentication_methods"] = records
    session.save()
    assert client.get("/").status_code == 302


def test_nobody_signs_up_or_resets_by_mail(client_as):
    for address in ("/account/signup/", "/account/password/reset/", "/account/email/"):
        assert client_as().get(address).status_code == 404


def test_the_hash_of_nobodys_password_costs_what_a_persons_does_and_nothing_to_make(
    account_of, ada, monkeypatch
):
    from django.contrib.auth.hashers import check_password, identify_hasher

    from muniment.access import backends

    theirs = account_of(ada).password
    with monkeypatch.context() as dear:
        dear.setattr(backends.Argon2, "encode", None)
        made = backends._nobodys_password.__wrapped__()
    assert made.split("$")[:4] == theirs.split("$")[:4]
    assert [len(part) for part in made.split("$")] == [len(part) for part in theirs.split("$")]
    hasher = identify_hasher(made)
    assert not hasher.must_update(made)
    assert not check_password("", made)
    assert not check_password(PASSWORD, made)
