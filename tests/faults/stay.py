"""A stay in the house: somebody who uses every field of forms, API and command line, with canaries."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import psycopg
from psycopg import sql
from tests.faults import papers
from tests.faults.bodies import bodies, leaves, put
from tests.faults.canary import Canaries, files, letters
from tests.faults.keeping import Keeping
from tests.faults.machine import PASSWORD
from tests.faults.visitor import Answer, Visitor
from tests.support.seeded import Seeded

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
KEYS = """
import sys, django, json
django.setup()
from uuid import UUID
from muniment.ledger import logs
from muniment.spine import config
from muniment.spine.installation import keyring
from muniment.spine.keyfile import KeyFileProvider
from muniment.spine.scope import DEPLOYMENT
tenant = UUID(sys.argv[1])
ring = keyring()
raw = config.current().master_key.read_bytes()
print(json.dumps({
    "tenant key": ring.tenant_key(tenant).hex(),
    "deployment key": ring.tenant_key(DEPLOYMENT).hex(),
    "blind key": ring.blind_key(tenant).hex(),
    "session key": ring.derive("session").hex(),
    "a person's key": ring.key(tenant, UUID(sys.argv[2])).hex(),
    "master key": raw.hex(),
}))
"""


class Stay(Keeping):
    """What was sent where, and with which secrets."""

    #: Fields that take only numbers with a check digit, codes or dates: a canary in them is refused.
    STRICT: ClassVar[set[str]] = {
        "birth_dates",
        "countries",
        "number_bic",
        "number_imo",
        "number_inn",
        "number_lei",
        "number_ogrn",
        "number_registration",
        "number_vat",
        "login",
        "target",
    }

    def __init__(self, house: Seeded, canaries: Canaries) -> None:
        self.house, self.canaries = house, canaries
        self.seen: set[tuple[str, str]] = set()
        self.taken: set[tuple[str, str]] = set()
        self.refused: set[tuple[str, str]] = set()
        self.api_sent: dict[tuple[str, str, str], int] = {}
        self.api_missing: set[tuple[str, str, str]] = set()
        self.options: set[str] = set()
        self.while_running: list[tuple[str, str, str]] = []
        self.keys: dict[str, bytes] = {}
        self.people: dict[str, Visitor] = {}
        self.words: dict[str, str] = {
            "password": PASSWORD,
            "token": house.told["api_token"].split("_", 2)[2],
            "word for the collector": letters(24),
        }
        for login in house.told["logins"]:
            self.words[f"password of the {login['role']}"] = login["password"]
            if login["secret"]:
                self.words[f"TOTP of the {login['role']}"] = login["secret"]
        self.cases: list[str] = []
        self.used: dict[str, int] = {}

    # --- by pages

    def by_pages(self, address: str) -> None:
        """Use every form with a field for words."""
        authority = self.house.home / "tls" / "authority.pem"
        self.address = address
        for role in ("analyst", "officer", "administrator"):
            visitor = Visitor(address, authority)
            self.people[role] = visitor
            self.sign_in(visitor, role)
        stranger = Visitor(address, authority)
        self.fill(stranger, "/account/sign-in/", "/account/sign-in/", expect={200, 422})
        analyst, officer, administrator = (
            self.people[role] for role in ("analyst", "officer", "administrator")
        )
        self.fill(administrator, "/settings/people/", "/settings/people/")
        self.fill(analyst, "/settings/tokens/", "/settings/tokens/")
        for name, raw in papers.papers(self.canaries.sing).items():
            filed = self.fill(analyst, "/evidence/new/", "/evidence/new/", files={"file": (name, raw)})
        document = ID.search(filed.address).group()
        version = {
            "file": (
                f"{self.canaries.sing('name of a file')}.md",
                papers.policy(self.canaries.sing("a version")),
            )
        }
        self.fill(analyst, f"/evidence/{document}/next/", "/next/", files=version)
        self.parties(analyst)
        self.findings(analyst)
        self.cases_through(analyst, officer)
        self.keeping()
        for path in self.everything():
            self.look(officer, path)
        self.look(administrator, "/settings/people/")

    def sign_in(self, visitor: Visitor, role: str) -> None:
        page = visitor.get("/account/sign-in/")
        form = next(one for one in visitor.forms(page) if "password" in one.typed)
        form.put("login", self.logins[role])
        form.put("password", PASSWORD)
        self.seen |= {("/account/sign-in/", name) for name in form.typed}
        page = visitor.send(form)
        if "/factor/" in page.address or role != "analyst":
            page = visitor.get("/account/factor/")
            secret = page.page.xpath("//code")[0].text_content()
            self.words[f"TOTP of a new {role}"] = secret
            form = next(one for one in visitor.forms(page) if "code" in one.typed)
            form.put("code", self.code(self.logins[role], secret))
            page = visitor.send(form)
            assert "/factor/codes/" in page.address, page.raw[-2000:]

    def parties(self, analyst: Visitor) -> None:
        sing = self.canaries.sing
        with_everything = self.fill(analyst, "/counterparties/add/", "/counterparties/add/", kind="person")
        party = ID.search(with_everything.address).group()
        self.fill(analyst, f"/counterparties/{party}/change/", "/change/")
        organisation = {
            "reference": sing("reference", ordinary=True),
            "name": sing("organisation", ordinary=True),
        }
        self.fill(
            analyst, "/counterparties/add/", "/counterparties/add/", kind="organisation", only=organisation
        )
        listed = (
            analyst.get("/counterparties/")
            .page.xpath("//main//tbody//tr[contains(., 'Alert')]//a")[0]
            .text_content()
        )
        for name, raw in (
            (f"{sing('name of an import')}.csv", papers.book(sing, listed)),
            (f"{sing('name of an import')}.jsonl", papers.follow_the_money(sing)),
        ):
            look = self.fill(
                analyst, "/counterparties/import/", "/counterparties/import/", files={"file": (name, raw)}
            )
            confirm = [
                one for one in analyst.forms(look) if one.method == "POST" and "shown" in dict(one.values)
            ]
            for form in confirm:
                assert analyst.send(form).status == 200
        self.fill(analyst, "/counterparties/", "/counterparties/", expect={200})
        self.fill(analyst, f"/sources/{self.house.told['source']}/act/", "/act/", expect={200})
        self.fill(analyst, "/screening/", "/screening/", expect={200})

    def findings(self, analyst: Visitor) -> None:
        page = self.fill(analyst, "/scans/new/", "/scans/new/", expect={200})
        assert "/scans/" in page.address
        self.fill(
            analyst, f"/scans/findings/{self.house.told['finding']}/", "/assess/", assessment="disagreed"
        )

    def cases_through(self, analyst: Visitor, officer: Visitor) -> None:
        told = self.house.told
        things = f"?finding={told['finding']}&evidence={told['document_version']}"
        for _case in range(3):
            page = self.fill(analyst, f"/cases/open/{things}", "/cases/open/")
            self.cases.append(ID.search(page.address).group())
        decided, withdrawn, _third = self.cases
        self.fill(analyst, f"/cases/{decided}/", "/propose/")
        self.fill(analyst, f"/cases/{withdrawn}/", "/withdraw/")
        self.fill(officer, f"/cases/{decided}/", "/decide/", approve="yes")
        self.fill(officer, f"/packs/{told['pack']}/", "/download/")
        page = officer.get(f"/cases/{decided}/")
        [build] = [one for one in officer.forms(page) if one.action.endswith("/build/")]
        assert officer.send(build).status == 200
        self.fill(officer, "/ledger/exports/", "/ledger/exports/", form="cef")

    def proposed_case(self) -> tuple[str, str]:
        """Return a case that the analyst proposed an outcome for, and the digest of what is shown of it."""
        things = f"?evidence={self.house.told['document_version']}"
        page = self.fill(self.people["analyst"], f"/cases/open/{things}", "/cases/open/")
        case = ID.search(page.address).group()
        self.fill(self.people["analyst"], f"/cases/{case}/", "/propose/")
        page = self.people["officer"].get(f"/cases/{case}/")
        return case, page.page.xpath("//input[@name='shown']/@value")[0]

    def fill(
        self,
        visitor: Visitor,
        path: str,
        action: str,
        *,
        files: dict[str, tuple[str, bytes]] | None = None,
        expect: set[int] | None = None,
        only: dict[str, str] | None = None,
        **chosen: str,
    ) -> Answer:
        """Fill each field for words of one form with a canary of its own; what is refused is left out the next time."""
        without: set[str] = set()
        for _try in range(len(self.STRICT) + 2):
            page = self.look(visitor, path)
            fitting = [one for one in visitor.forms(page) if _plain(one.action).endswith(_plain(action))]
            form = max(fitting, key=lambda one: len(one.typed + one.files))
            fields = {(_plain(form.action), name) for name in form.typed + form.files}
            for name in form.typed:
                if (only is None or name in only) and name not in without and not name.startswith("days"):
                    form.put(
                        name,
                        (only or {}).get(name)
                        or self.canaries.sing(
                            f"form {_plain(form.action)}: {name}", ordinary=name == "reference"
                        ),
                    )
            for name, value in chosen.items():
                # A field that takes no words is tried with words first.
                if name not in self.STRICT or name in without:
                    form.put(name, value)
            answer = visitor.send(form, files)
            if answer.status != 422 or (expect and answer.status in expect):
                assert answer.status in (expect or {200}), (path, answer.status, answer.raw[-3000:])
                self.taken |= {one for one in fields if one[1] not in without}
                return answer
            # What the page does not lay at a field of its own is a number that fails its check.
            wrong = set(answer.wrong) or self.STRICT & set(form.typed)
            assert wrong - without, (path, answer.page.xpath("//main")[0].text_content())
            without |= wrong
            self.refused |= {one for one in fields if one[1] in wrong}
        raise AssertionError(f"{path} takes nothing: {without}")

    def look(self, visitor: Visitor, path: str) -> Answer:
        """Open a page and note the fields of its forms."""
        page = visitor.get(path)
        if (
            page.headers.get("Content-Type", page.headers.get("content-type", "")).startswith("text/html")
            and page.status == 200
            and page.raw.strip()
        ):
            for form in visitor.forms(page):
                self.seen |= {(_plain(form.action), name) for name in form.typed + form.files}
        return page

    def everything(self) -> list[str]:
        """Return the address of every page."""
        from tests.browser.test_every_page import CALLED, pages

        known = {name: self.house.told[called] for name, called in CALLED.items()} | {
            "case_id": self.cases[0]
        }
        return [
            one.filled(known)
            for one in pages()
            if set(one.placeholders) <= set(known) and "/account/" not in one.path
        ]

    # --- by the API

    def by_api(self, address: str) -> None:
        """Send a canary in the place of every text that the OpenAPI document names."""
        officer = self.people["officer"]
        page = officer.get("/").page
        csrf = page.xpath("//input[@name='csrfmiddlewaretoken']/@value")[0]
        own = {"X_CSRFToken": csrf, "Referer": address + "/"}
        described = officer.get("/api/v1/openapi.json").json
        given = bodies(self)
        for method, path, place in leaves(described):
            kind, _, name = place.partition(":")
            where = f"API {method} {path} {place}"
            if kind == "path":
                path_with = path.replace("{" + name + "}", self.canaries.sing(where))
                answer = officer.ask(method, self.real(path_with), **own)
            elif kind == "query":
                answer = officer.ask(
                    method, f"{self.real(path)}?{name}={self.canaries.sing(where)[:40]}", **own
                )
            elif (method, path) not in given:
                self.api_missing.add((method, path, place))
                continue
            else:
                answer = self.send_body(method, path, place, given[method, path](), own)
            assert answer.status < 500, (where, answer.raw[:500])
            self.api_sent[method, path, place] = answer.status

    def send_body(self, method: str, path: str, place: str, body: Any, own: dict[str, str]) -> Answer:
        officer = self.people["officer"]
        kind, _, name = place.partition(":")
        word = self.canaries.sing(f"API {method} {path} {place}", ordinary=name == ".reference")
        address = self.real(path, body.pop("_ids", {}))
        if kind == "json":
            return officer.send_json(method, address, put(body, name, word), **own)
        file = body.pop("file", None)
        parts = (
            {}
            if file is None
            else {"file": (f"{word}.{file[0]}" if name == ".file" else f"x.{file[0]}", file[1])}
        )
        values = [(key, value) for key, value in body.items() if key != name[1:]]
        if name != ".file":
            values.append((name[1:], word))
        return officer.send_parts(address, values, parts, **own)

    def real(self, path: str, ids: dict[str, str] | None = None) -> str:
        """Fill the identifiers of an address."""
        from tests.browser.test_every_page import CALLED

        known = (
            {name: self.house.told[called] for name, called in CALLED.items()}
            | {"case_id": self.cases[0]}
            | (ids or {})
        )
        return re.sub(r"\{(\w+)\}", lambda hit: known.get(hit[1], "x"), path)

    def by_headers(self, address: str) -> None:
        """Send canaries where nobody should read any: query strings, headers, tokens, addresses that are none."""
        sing = self.canaries.sing
        authority = self.house.home / "tls" / "authority.pem"
        for path in ["/", "/cases/", "/ledger/", "/health/live", "/api/v1/ledger/entries", "/no/such/page/"]:
            for visitor in (self.people["officer"], Visitor(address, authority)):
                answer = visitor.get(
                    f"{path}?{sing('name in a query')}={sing('query')}",
                    User_Agent=sing("User-Agent"),
                    Referer=f"{address}/{sing('Referer')}",
                    X_Forwarded_For=sing("X-Forwarded-For"),
                    X_Request_Id=sing("X-Request-Id"),
                    Accept_Language=sing("Accept-Language"),
                )
                assert answer.status < 500
        nobody = Visitor(
            address, authority, Authorization=f"Bearer {sing('token')}", Idempotency_Key=sing("key")
        )
        assert nobody.get("/api/v1/settings/me").status == 401
        assert nobody.ask("POST", "/api/v1/cases/", sing("body").encode()).status < 500
        assert Visitor(address, authority).get(f"/{sing('address')}/").status < 500

    def wait_for_the_worker(self) -> None:
        """Wait until scan, screening and pack are done."""
        officer = self.people["officer"]
        for path, sign in (("/scans/", "Waiting"), ("/screening/", "Waiting"), ("/packs/", "being built")):
            for _second in range(120):
                words = officer.get(path).page.xpath("//main")[0].text_content()
                if sign not in words and "Under way" not in words:
                    break
                time.sleep(1)
            else:
                raise AssertionError(f"{path} is never done: {words}")
        time.sleep(3)

    # --- afterwards

    def all_keys(self) -> dict[str, bytes]:
        """Ask the house for the bytes of its keys."""
        said = json.loads(self.house.run(KEYS, self.house.tenant, self.house.told["analyst"]))
        return {which: bytes.fromhex(raw) for which, raw in said.items()}

    @property
    def secrets(self) -> dict[str, bytes]:
        """Everything that must be found nowhere."""
        return {**{which: word.encode() for which, word in self.words.items()}, **self.keys}

    def postgres(self) -> Iterator[tuple[str, bytes]]:
        """Yield the database's own files after a checkpoint, every row as text, and the log of writes since it is."""
        boss = os.environ["MUNIMENT_TEST_POSTGRES"]
        name = self.house.environment["MUNIMENT_DATABASE"].rsplit("/", 1)[1]
        with psycopg.connect(f"{boss.rsplit('/', 1)[0]}/{name}", autocommit=True) as server:
            server.execute("CHECKPOINT")
            folder = Path(server.execute("SHOW data_directory").fetchone()[0])
            [oid] = server.execute(
                "SELECT oid FROM pg_database WHERE datname = current_database()"
            ).fetchone()
            tables = [
                row[0]
                for row in server.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            ]
            for table in tables:
                rows = server.execute(sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(table)))
                yield f"table {table}", "\n".join(row[0] for row in rows).encode()
        made = (self.house.home / "keys" / "master.key").stat().st_mtime - 1
        written = [one for one in (folder / "pg_wal").iterdir() if one.stat().st_mtime >= made]
        yield from files(folder / "base" / str(oid), *written, folder.parent / "log")


def _plain(address: str) -> str:
    return ID.sub("<id>", re.sub(r"^https://[^/]+", "", address).split("?")[0])
