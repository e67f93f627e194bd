"""Two web processes are one house: attempts and used codes count for both, a session of one is known to the other."""

from __future__ import annotations

import json
import os

import pytest
from tests.ops.commands import PATIENCE
from tests.support.house import House, build
from tests.support.seeded import totp

pytestmark = pytest.mark.database

PEOPLE = """
import json
import django
django.setup()
from muniment.access import actions
from muniment.access.queries import actor_of
from muniment.ops.acting import hire, operator
from muniment.tenants import queries
hand = operator(queries.named("example-pay").id)
made = [hire(hand, name=role, login=role, role=role, firm="x")[0] for role in ("officer", "analyst")]
print(json.dumps({one.login: [one.password, one.secret] for one in made}))
"""

WORK_A_MOMENT = """
import django
django.setup()
from django.contrib.sessions.models import Session
from muniment.ops.serving.worker import Worker
from muniment.spine import ports
Session(session_key="over", session_data="", expire_date=ports.now()).save()
worker = Worker()
# The first time that it has nothing to do it is asked to stop.
worker.stopping.wait = lambda _seconds: worker.stopping.set()
worker.jobs()
print(Session.objects.filter(session_key="over").count())
"""

#: Waits for the line that lets it go, so that two of them try in the same moment.
TRY_CODE = """
import sys
import django
django.setup()
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
app = TOTP(Authenticator.objects.get(type="totp"))
print("ready", flush=True)
sys.stdin.readline()
print(app.validate_code(sys.argv[1]))
"""

SIGN_IN = """
import json, sys
import django
django.setup()
from django.test import Client
login, password, times, cookie = json.loads(sys.argv[1])
client = Client(SERVER_NAME="localhost", REMOTE_ADDR="192.0.2.7")
if cookie:
    client.cookies["__Host-session"] = cookie
    told = [client.get("/", secure=True).status_code]
else:
    given = {"login": login, "password": password}
    pages = [client.post("/account/sign-in/", given, secure=True) for _ in range(times)]
    told = ["in" if page.status_code == 302 else "stopped" if b"Too many" in page.content else "no" for page in pages]
kept = client.cookies.get("__Host-session")
print(json.dumps([told, kept.value if kept else ""]))
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> House:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return build(tmp_path_factory.mktemp("two") / "home", f"muniment_two_{worker}")


@pytest.fixture(scope="module")
def people(house):
    return json.loads(house.run(PEOPLE))


def _sign_in(house, login, password, times=1, cookie=""):
    return json.loads(house.run(SIGN_IN, json.dumps([login, password, times, cookie])))


def test_one_code_opens_one_door_of_two_that_are_tried_in_the_same_moment(house, people):
    code = totp(people["officer"][1])
    both = [house.start(TRY_CODE, code) for _ in range(2)]
    for one in both:
        assert one.stdout.readline() == "ready\n", one.stderr.read()
    for one in both:
        one.stdin.write("go\n")
        one.stdin.flush()
    said = sorted(one.communicate(timeout=PATIENCE)[0].strip() for one in both)
    assert said == ["False", "True"]


def test_attempts_at_one_process_count_at_the_other_and_after_a_restart(house, people):
    assert _sign_in(house, "officer", "not the right one", 3)[0] == ["no"] * 3
    assert _sign_in(house, "officer", "not the right one", 3)[0] == ["no", "no", "stopped"]
    assert _sign_in(house, "officer", people["officer"][0])[0] == ["stopped"]


def test_a_session_of_one_process_is_known_to_the_other(house, people):
    [told, cookie] = _sign_in(house, "analyst", people["analyst"][0])
    assert told == ["in"]
    assert _sign_in(house, "", "", cookie=cookie)[0] == [200]
    assert _sign_in(house, "", "", cookie="a" * 32)[0] == [302]


def test_the_worker_takes_away_sessions_that_are_over(house):
    assert house.run(WORK_A_MOMENT).strip() == "0"
