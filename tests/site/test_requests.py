"""What surrounds every request: numbers, headers, words for refusals, actors, tenants."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
from datetime import timedelta
from uuid import UUID

import pytest
import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation, TooManyFilesSent
from django.test import RequestFactory
from ninja.errors import HttpError

from muniment.access import actions
from muniment.access.models import Person
from muniment.proof.errors import Malformed
from muniment.site import logs, problems
from muniment.site.logs import Templates, faults_by_type
from muniment.spine import ports
from muniment.spine.errors import Absent, Busy, Clash, Invalid, Refused
from muniment.spine.keyring import KeyDestroyed

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


@pytest.fixture
def bearer(ada, account_of):
    account_of(ada)
    issued = actions.create_token(
        ada, label="x", permissions=["scans.read"], expires_at=ports.now() + timedelta(days=1)
    )
    return {"HTTP_AUTHORIZATION": f"Bearer {issued.secret.text}"}


@pytest.mark.parametrize(
    "address", ["/", "/account/sign-in/", "/health/live", "/nothing/here", "/api/v1/nothing"]
)
def test_every_answer_has_the_headers_that_keep_browsers_honest(db, client_as, address):
    answer = client_as().get(address)
    assert answer["Content-Security-Policy"] == POLICY
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["Strict-Transport-Security"].startswith("max-age=63072000")
    assert "camera=()" in answer["Permissions-Policy"]
    assert answer["Cache-Control"] != ""
    assert "Server" not in answer


def test_the_number_of_a_request_is_ours_and_new(db, client_as):
    client = client_as()
    first = client.get("/health/live", HTTP_X_REQUEST_ID="chosen-outside")
    second = client.get("/health/live")
    assert re.fullmatch(r"[0-9a-f]{32}", first["X-Request-Id"])
    assert first["X-Request-Id"] != second["X-Request-Id"]


def test_cookies_are_bound_to_this_host_and_kept_from_scripts(client_as, ada, account_of):
    from tests.conftest import PASSWORD

    person, client = account_of(ada), client_as()
    client.post("/account/sign-in/", {"login": person.login, "password": PASSWORD})
    cookie = client.cookies["__Host-session"]
    assert cookie["secure"]
    assert cookie["httponly"]
    assert cookie["path"] == "/"
    assert not cookie["domain"]
    assert cookie["samesite"] == "Lax"


@pytest.mark.parametrize("claimed", ["X-Forwarded-For", "X-Real-IP", "Forwarded"])
def test_an_address_in_a_header_is_not_believed(client_as, ada, claimed):
    from muniment.ledger.models import Outbox
    from muniment.ledger.openings import opened_event
    from muniment.spine.scope import tenant_scope

    client_as(ada).post("/account/sign-out/", headers={claimed: "203.0.113.66"})
    with tenant_scope(ada.tenant):
        origin = opened_event(Outbox.objects.order_by("order").last()).value("origin")
    assert origin["address"] == "192.0.2.7"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Invalid("Line 3 is short.", todo="Mend it.", where="line 3"), 422),
        (Refused("No.", todo="Ask."), 403),
        (Absent(), 404),
        (Clash("It changed."), 409),
        (Busy("The key is away."), 503),
    ],
)
def test_a_refusal_says_the_same_on_a_page_and_over_the_api(error, status):
    page, call = (RequestFactory().get(path) for path in ("/x", "/api/v1/x"))
    page.number = call.number = "00ff"
    shown, told = (problems.answer(one, problems.of_exception(error)) for one in (page, call))
    assert shown.status_code == told.status_code == status
    document = json.loads(told.content)
    assert told["Content-Type"] == "application/problem+json"
    assert document["status"] == status
    assert document["detail"] == error.what
    assert document["instance"].endswith("00ff")
    assert error.what in shown.content.decode()
    assert error.todo in shown.content.decode()


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (KeyDestroyed(UUID(int=1), UUID(int=2)), 404, "erased"),
        (Malformed("The line is short.", todo="Mend it."), 422, "The line is short."),
        (Person.DoesNotExist("canary"), 404, Absent().what),
        (PermissionDenied("canary"), 403, "You may not do this."),
        (RequestDataTooBig("canary"), 413, "larger than this installation takes"),
        (TooManyFilesSent("canary"), 413, "larger than this installation takes"),
        (SuspiciousOperation("canary"), 400, "not well-formed"),
        (HttpError(415, "canary"), 415, "that kind of content"),
        (HttpError(418, "canary"), 418, "cannot be answered"),
        (HttpError(502, "canary"), 502, "Nothing was changed halfway"),
    ],
)
def test_the_refusals_of_others_are_put_into_our_words(error, status, said):
    found = problems.of_exception(error)
    assert (found.status, "canary" in repr(found)) == (status, False)
    assert said in found.what


def test_a_fault_of_ours_is_no_refusal():
    assert problems.of_exception(ZeroDivisionError()) is None


def test_a_missing_page_and_method_leave_in_our_words(db, client_as, ada):
    client = client_as(ada)
    absent = client.get("/nothing/here?name=secret")
    assert absent.status_code == 404
    assert "There is no such thing" in absent.content.decode()
    assert "secret" not in absent.content.decode()
    wrong = client.post("/settings/")
    assert (wrong.status_code, wrong["Allow"]) == (405, "GET")
    assert "not done this way" in wrong.content.decode()


def test_a_fault_of_ours_shows_a_number_and_no_trace(db, client_as, ada, monkeypatch):
    from muniment.access import queries

    def broken(*_args):
        raise ZeroDivisionError("Ada Example at /home/somewhere")

    monkeypatch.setattr(queries, "has_factor", broken)
    client = client_as(ada)
    client.raise_request_exception = False
    answer = client.get("/settings/")
    assert answer.status_code == 500
    words = answer.content.decode()
    assert answer["X-Request-Id"] in words
    assert "ZeroDivision" not in words
    assert "somewhere" not in words


def test_a_token_speaks_over_the_api_and_nowhere_else(client_as, bearer):
    client = client_as()
    assert client.get("/api/v1/settings/me", **bearer).json()["permissions"] == ["scans.read"]
    assert client.get("/settings/", **bearer).status_code == 403
    assert client.get("/api/v1/openapi.json", **bearer).status_code == 200


@pytest.mark.parametrize("header", ["Bearer mnt_x", "Bearer", "Basic YTpi", "mnt_", "Bearer \x00"])
def test_a_wrong_token_is_nobodys_even_with_a_session(client_as, ada, header):
    answer = client_as(ada).get("/api/v1/settings/me", HTTP_AUTHORIZATION=header)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert json.loads(answer.content)["status"] == 401


def test_a_session_writes_over_the_api_only_from_our_own_pages(client_as, adam, ada, account_of):
    from django.test import Client

    account_of(ada)
    signed_in = client_as(adam)
    client = Client(enforce_csrf_checks=True, SERVER_NAME="localhost")
    client.cookies = signed_in.cookies
    address = f"/api/v1/settings/people/{ada.id}/role"
    answer = client.post(address, {"role": "officer"}, content_type="application/json")
    assert answer.status_code == 403
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        '{"role": 3}',
        '{"role": "officer", "more": 1}',
        '{"role": "\x00"}',
        "\xff",
        '{"role": "' + "x" * 1_000_000 + '"}',
    ],
)
def test_what_is_not_well_formed_is_refused_and_not_sent_back(client_as, adam, ada, account_of, body):
    account_of(ada)
    answer = client_as(adam).post(
        f"/api/v1/settings/people/{ada.id}/role", body, content_type="application/json"
    )
    assert answer.status_code in {400, 422}
    assert answer["Content-Type"] == "application/problem+json"
    assert len(answer.content) < 1000
    assert "xxxx" not in answer.content.decode()


def test_a_body_beyond_the_limit_is_too_large(client_as, adam, ada, account_of):
    account_of(ada)
    answer = client_as(adam).post(
        f"/api/v1/settings/people/{ada.id}/role", "x" * (3 << 20), content_type="application/json"
    )
    assert answer.status_code == 413


def test_a_write_carries_the_entrys_number(client_as, adam, ada, account_of):
    account_of(ada)
    client = client_as(adam)
    answer = client.post(f"/settings/people/{ada.id}/role/", {"role": "officer"})
    assert re.fullmatch(r"[0-9a-f-]{36}", answer["X-Ledger-Entry"])
    assert "X-Ledger-Entry" not in client.get("/settings/people/")


def test_static_files_have_their_digest_in_the_name_and_may_be_kept(db, client_as):
    client = client_as()
    page = client.get("/account/sign-in/").content.decode()
    address = re.search(r'href="(/static/ui/base\.[0-9a-f]{12}\.css)"', page)[1]
    answer = client.get(address)
    assert answer.status_code == 200
    assert "immutable" in answer["Cache-Control"]
    answer.close()
    plain = client.get("/static/ui/base.css")
    assert "immutable" not in plain["Cache-Control"]
    plain.close()


def test_pages_hold_nothing_that_the_policy_forbids(client_as, adam):
    client = client_as(adam)
    for address in (
        "/",
        "/settings/",
        "/settings/people/",
        f"/settings/people/{adam.id}/",
        "/settings/tokens/",
    ):
        page = client.get(address).content.decode()
        assert "<style" not in page
        assert " style=" not in page
        assert not re.findall(r"<script(?![^>]*src=)", page)
        assert not re.findall(r"\son[a-z]+=", page)


def test_the_installation_is_ready_and_says_so_without_details(db, client_as):
    answer = client_as().get("/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")
    assert client_as().get("/health/live").json() == {"status": "live"}


def test_it_is_not_ready_when_a_head_is_not_what_was_signed(db, client_as, monkeypatch):
    from muniment.site import health

    monkeypatch.setitem(health.CHECKS, "ledger", lambda: False)
    answer = client_as().get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"]["ledger"] is False


def test_logs_keep_the_template_and_lose_what_it_was_about():
    record = logging.LogRecord("django.request", 30, "x.py", 1, "Not Found: %s", ("/secret?name=Ada",), None)
    line = json.loads(Templates().format(record))
    assert line["event"] == "Not Found: %s"
    assert "Ada" not in json.dumps(line)


def test_logs_outlive_the_stream_on_which_they_were_set_up(monkeypatch, capsys):
    gone = io.StringIO()
    monkeypatch.setattr(sys, "stderr", gone)
    logs.configure({"level": "info"})
    monkeypatch.undo()
    gone.close()
    try:
        structlog.get_logger().warning("still_heard")
        logging.getLogger("muniment.test").warning("heard as well")
    finally:
        logs.configure(settings.LOGGING)
    said = capsys.readouterr().err
    assert "still_heard" in said
    assert "heard as well" in said


def test_a_reader_of_the_log_who_went_away_stops_nobody(monkeypatch):
    class Gone(io.StringIO):
        def write(self, _text):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stderr", Gone())
    monkeypatch.setattr(logging, "raiseExceptions", False)
    logs.Stderr().emit(logging.makeLogRecord({"msg": "nobody hears this"}))


def test_logs_say_where_a_fault_arose_and_not_what_it_quoted():
    try:
        raise ValueError("Ada Example")
    except ValueError as fault:
        event = faults_by_type(None, "", {"event": "x", "exc_info": fault})
    assert event["fault"] == "builtins.ValueError"
    assert event["places"][-1].endswith("test_logs_say_where_a_fault_arose_and_not_what_it_quoted")
    assert "Ada" not in json.dumps(event)


def test_cookies_that_come_one_a_line_are_all_read():
    """HTTP/2: every browser does so as soon as there are two."""
    from muniment.site.asgi import one_cookie_line

    held = [(b"cookie", b"__Host-csrf=a"), (b"accept", b"*/*"), (b"cookie", b"__Host-session=b")]
    assert one_cookie_line(held) == [(b"accept", b"*/*"), (b"cookie", b"__Host-csrf=a; __Host-session=b")]
    assert one_cookie_line([(b"accept", b"*/*")]) == [(b"accept", b"*/*")]
