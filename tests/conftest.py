"""Personas, tenants and real data for every test.

Ada (analyst), Otto (officer), Vera (auditor), Adam (administrator) work for Example Pay; Mallory is an officer of
Harbour Lending with full rights there; Tick is the system's worker.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from muniment.spine.actor import Actor, ActorKind, system
from muniment.spine.scope import DEPLOYMENT

ROOT = Path(__file__).resolve().parents[1]
NEVER = datetime.max.replace(tzinfo=UTC)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what touches the database, so that the second run (PostgreSQL) can choose it."""
    for item in items:
        if {"db", "transactional_db"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.database)


@dataclass(frozen=True)
class Town:
    """The two tenants that exist in every test process."""

    example: UUID
    harbour: UUID
    events: dict[UUID, int]
    """How many events of each log wait from the founding."""


@pytest.fixture(scope="session")
def town(django_db_blocker: Any) -> Iterator[Town]:
    """Make the installation of this test process once: keys, tables, the deployment's log, two tenants."""
    from muniment.access.backends import Argon2
    from muniment.access.rules import OPERATOR
    from muniment.ledger import logs
    from muniment.spine import config
    from muniment.spine.installation import keyring
    from muniment.spine.keyfile import KeyFileProvider
    from muniment.spine.migrating import migrate
    from muniment.tenants import actions

    # Still argon2id, at a cost that lets a test make a dozen accounts; tests/access holds the real cost.
    Argon2.time_cost, Argon2.memory_cost, Argon2.parallelism = 1, 64, 1
    home = config.current()
    for folder in (home.data, home.master_key.parent):
        folder.mkdir(parents=True, exist_ok=True)
    if not home.master_key.exists():
        KeyFileProvider.create(home.master_key)
    with django_db_blocker.unblock():
        migrate()
        keyring().create_tenant(DEPLOYMENT)
        logs.begin(DEPLOYMENT)
        operator = system("operator", may=OPERATOR, via="cli")
        example = actions.found(operator, name="Example Pay", slug="example-pay")
        harbour = actions.found(operator, name="Harbour Lending", slug="harbour-lending")
        yield Town(
            example.id, harbour.id, {one: _waiting(one) for one in (example.id, harbour.id, DEPLOYMENT)}
        )


def _waiting(tenant: UUID) -> int:
    from muniment.ledger.models import Outbox
    from muniment.spine.scope import tenant_scope

    with tenant_scope(tenant):
        return Outbox.objects.count()


@pytest.fixture(scope="session")
def django_db_setup(town: Town) -> None:
    """Use the installation as it is instead of Django's own test database."""


@pytest.fixture(autouse=True)
def _nothing_published_stays(request: pytest.FixtureRequest) -> Iterator[None]:
    """Take the tiles and the journal of erasures away with the transaction that is rolled back.

    The next test's log would fork otherwise, and its journal would know of orders that nobody gave.
    """
    yield
    if "db" in request.fixturenames:
        from muniment.spine import config

        home = config.current()
        shutil.rmtree(home.data / "log", ignore_errors=True)
        home.journal_file.unlink(missing_ok=True)


@pytest.fixture(autouse=True)
def _nothing_remembered_stays(request: pytest.FixtureRequest) -> None:
    """Forget what a process remembers of its last minutes; under a frozen clock that would be years to come."""
    if "db" in request.fixturenames:
        from muniment.ledger import refusals, witnessing

        refusals._recent.clear()
        witnessing._sizes.clear()


@pytest.fixture(autouse=True)
def _nothing_is_due_by_chance(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let only what a test does itself wait for a stream-heads leaf.

    What the founding of the town left waits for one too, since as long as the process is old, and clocks are held at
    days before and after it: without this a log would have an entry more or less depending on what ran before.
    """
    if "db" not in request.fixturenames:
        return
    from muniment.ledger import streams
    from muniment.ledger.models import Entry

    town, oldest = request.getfixturevalue("town"), streams._oldest_uncovered

    def oldest_of_its_own() -> Any:
        found = oldest()
        if found is None:
            return None
        before = town.events.get(found.tenant_id, 0)
        if found.idx < before:
            later = Entry.objects.filter(idx__gte=before).exclude(kind=streams.KIND).order_by("idx").first()
            found.at = NEVER if later is None else later.at
        return found

    monkeypatch.setattr(streams, "_oldest_uncovered", oldest_of_its_own)


PERSONAS = ("ada", "otto", "olga", "vera", "adam", "mallory")
#: People of the other tenant, one in each role, for the walk over every address.
STRANGERS = {"administrator": "mona", "officer": "mallory", "analyst": "mark", "auditor": "mia"}
PERSONA_OF = {"analyst": "ada", "officer": "otto", "auditor": "vera", "administrator": "adam"}
#: The password of every persona who has an account.
PASSWORD = "correct horse battery staple"


def _marked(name: str) -> bytes:
    return name.encode().ljust(16, b"\0")


def _person(name: str, role: str, tenant: UUID) -> Actor:
    from muniment.access.rules import permissions

    return Actor(
        id=str(UUID(bytes=_marked(name), version=4)),
        kind=ActorKind.PERSON,
        tenant=tenant,
        may=permissions(role),
        via="page",
        address="192.0.2.7",
        factors=frozenset({"password", "totp"}),
        role=role,
    )


@pytest.fixture
def ada(town: Town) -> Actor:
    """Ada, analyst."""
    return _person("ada", "analyst", town.example)


@pytest.fixture
def otto(town: Town) -> Actor:
    """Otto, compliance officer."""
    return _person("otto", "officer", town.example)


@pytest.fixture
def olga(town: Town) -> Actor:
    """Olga, a second officer."""
    return _person("olga", "officer", town.example)


@pytest.fixture
def vera(town: Town) -> Actor:
    """Vera, auditor: she reads."""
    return _person("vera", "auditor", town.example)


@pytest.fixture
def adam(town: Town) -> Actor:
    """Adam, administrator."""
    return _person("adam", "administrator", town.example)


@pytest.fixture
def mallory(town: Town) -> Actor:
    """Mallory, officer of the other tenant."""
    return _person("mallory", "officer", town.harbour)


@pytest.fixture
def tick(town: Town) -> Actor:
    """Tick, the system's worker in Example Pay."""
    from muniment.access.rules import WORKER

    return system("worker", may=WORKER, tenant=town.example)


@pytest.fixture
def operator() -> Actor:
    """The operator at the machine, acting for the deployment."""
    from muniment.access.rules import OPERATOR

    return system("operator", may=OPERATOR, via="cli")


@pytest.fixture
def account_of(db: None) -> Callable[[Actor], Any]:
    """Make the persona's account, once, under the persona's own identifier; the password is ``PASSWORD``."""
    from muniment.access import actions
    from muniment.access.models import Person
    from muniment.spine import ports
    from muniment.spine.scope import tenant_scope

    maker = frozenset({"access.create_person"})

    def make(actor: Actor) -> Any:
        with tenant_scope(actor.tenant):
            found = Person.objects.filter(id=actor.id).first()
        if found is not None:
            return found
        name = next(
            known
            for known in (*PERSONAS, *STRANGERS.values())
            if str(UUID(bytes=_marked(known), version=4)) == actor.id
        )
        # The first 16 bytes that are drawn are the person's identifier; everything after is chance again.
        first = [UUID(actor.id).bytes]
        with ports.frozen(random=lambda count: first.pop() if first else os.urandom(count)):
            return actions.create_person(
                system("operator", may=maker, tenant=actor.tenant, via="cli"),
                name=f"{name.title()} Example",
                login=f"{name}@{actor.tenant.hex[:6]}.example",
                password=PASSWORD,
                role=actor.role,
            )

    return make


@pytest.fixture
def client_as(request: pytest.FixtureRequest, account_of: Callable[[Actor], Any]) -> Callable[..., Any]:
    """Return browsers: ``client_as(ada)`` or ``client_as("analyst")`` is signed in, ``client_as()`` is nobody's.

    ``factors`` says what was shown when signing in; administrators and officers reach nothing by a password alone.
    """
    import time

    from django.test import Client

    from muniment.access.backends import PATH

    class Browser(Client):
        """A browser that speaks TLS, as every one must."""

        def request(self, **given: Any) -> Any:
            return super().request(**{**given, "wsgi.url_scheme": "https"})

    def browser(who: Actor | str | None = None, factors: tuple[str, ...] = ("password", "totp")) -> Client:
        client = Browser(SERVER_NAME="localhost", REMOTE_ADDR="192.0.2.7")
        if who is None:
            return client
        actor = who if isinstance(who, Actor) else request.getfixturevalue(PERSONA_OF[who])
        person = account_of(actor)
        client.force_login(person, backend=PATH)
        session = client.session
        session["account_authentication_methods_user"] = str(person.pk)
        session["account_authentication_methods"] = [
            {"method": factor if factor == "password" else "mfa", "type": factor, "at": time.time()}
            for factor in factors
        ]
        session.save()
        return client

    return browser


@pytest.fixture(scope="session")
def one_browser() -> Iterator[Any]:
    """Return the one browser of this test process.

    Playwright keeps an event loop running in the thread of the tests, and two of its drivers cannot share it; Django
    would refuse its tables to whatever runs beside that loop, though nothing here is asynchronous.
    """
    from tests.ui.gallery import browser

    with browser() as running:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        yield running


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real law, lists and official vectors; tests that need it say so when it is not there."""
    told = os.environ.get("MUNIMENT_SHARED", str(ROOT.parent / "shared" / "data"))
    # Set to nothing it means that there is none; an empty path would be the folder that stands open.
    if not told or not Path(told).is_dir():
        pytest.skip("real data not found: set MUNIMENT_SHARED")
    return Path(told)
