"""The first half of the tour: an installation, public sources, two firms with their people, papers and customers."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from muniment.counterparties import actions as counterparties
from muniment.ops import installing
from muniment.ops.acting import Login, hire, operator
from muniment.ops.demo import firm
from muniment.ops.demo.firm.portfolio import to_csv
from muniment.ops.showing import material
from muniment.ops.showing.beside import Beside
from muniment.ops.showing.screen import Screen, number, short
from muniment.sources.models import Snapshot
from muniment.spine import config
from muniment.spine.actor import Actor
from muniment.tenants import actions as tenants
from muniment.vault import actions as vault
from muniment.vault.extraction.child import Extractor

HOME_FIRM = "example-pay"


@dataclass(slots=True)
class Tour:
    """What the steps hand to each other.

    :param counted: what goes into the summary. :param until_the_end: what runs until the tour is over.
    """

    home: Path
    screen: Screen
    counted: dict[str, Any] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    logins: list[Login] = field(default_factory=list)
    listed: list[dict[str, Any]] = field(default_factory=list)
    beside: Beside | None = None
    until_the_end: ExitStack = field(default_factory=ExitStack)

    def actor(self, name: str) -> Actor:
        """Return somebody of the firm by the first name."""
        return self.actors[name]

    @property
    def results(self) -> Path:
        """The folder of what the demonstration leaves behind for a stranger."""
        return self.home / "demo"


def install(tour: Tour) -> None:
    """Step a: an encrypted installation with its keys, its own log and a local certificate."""
    made = installing.install()
    settings = config.current()
    screen = tour.screen
    what = "All but the tables" if settings.on_postgres else "Everything"
    screen.say(f"{what} lies in {made.home}; every folder and file in it belongs to you alone.")
    if settings.on_postgres:
        screen.good(
            "Tables in PostgreSQL: each firm sees only its own rows, and the database itself enforces that."
        )
    else:
        screen.good("One encrypted database file: without its key it is noise.")
    screen.good(
        "A master key, and under it one key for each firm and for each person, in a store of their own."
    )
    screen.good("A log that can only grow, with signing keys of its own (Ed25519 and ML-DSA-44).")
    screen.good("A certificate for this machine, so that pages travel encrypted (TLS 1.3 only).")
    tour.counted["log"] = made.origin


def sources(tour: Tour) -> None:
    """Step b: law and lists, byte for byte, with who published them."""
    screen = tour.screen
    found = material.find(tour.home / "cache")
    for sentence in found.words:
        screen.say(sentence)
    tour.counted["sources_used"] = found.kind
    acts: list[Snapshot] = []
    whole = len(found.publications) or None
    # The lists first: they are made ready for screening in a process beside this one, while the tour goes on.
    tour.beside = Beside()
    lists: list[Snapshot] = []
    with screen.bar("Lists of parties") as move:
        for at, one in enumerate(found.lists(), start=1):
            lists.append(one.take_in(operator()))
            tour.listed += [entity.as_ftm() for entity in one.parsed.entities]
            move(at, at)
    tour.beside.load([one.id for one in lists])
    with screen.bar("Acts of law", whole) as move:
        for at, act in enumerate(found.acts(), start=1):
            acts.append(act.take_in(operator()))
            move(at, whole or at)
    _show(screen, acts, "Acts", ("articles", "paragraphs", "points"))
    _show(screen, lists, "Lists", ("entries",))
    screen.say("Each was kept byte for byte; SHA-256 is its fingerprint, shown here by its beginning.")
    tour.counted["sources"] = [_told(one) for one in [*acts, *lists]]
    tour.counted["counts"] = {"acts": len(acts), "lists": len(lists), "listed_parties": len(tour.listed)}


KINDS = {"articles": "article", "paragraphs": "paragraph", "points": "point", "entries": "entities"}


def _told(one: Snapshot) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "key": one.key,
        "title": one.title,
        "publisher": one.publisher,
        "version": one.version,
        "authenticity": one.authenticity,
        "completeness": one.completeness,
        "sha256": one.sha256,
        "bytes": one.size,
        "counts": one.counts,
    }


def _show(screen: Screen, rows: list[Snapshot], what: str, counts: tuple[str, ...]) -> None:
    for publisher in dict.fromkeys(row.publisher for row in rows):
        screen.say(f"{what} published by: {publisher}")
        screen.table(
            ("name", "version", "standing", "SHA-256", *counts),
            [
                (
                    row.key,
                    row.version,
                    row.authenticity + (", in part cut short" if row.completeness == "truncated" else ""),
                    short(row.sha256),
                    *(number(int(row.counts.get(KINDS[name], 0))) for name in counts),
                )
                for row in rows
                if row.publisher == publisher
            ],
            right=range(4, 4 + len(counts)),
        )


def people(tour: Tour) -> None:
    """Step c, first half: two firms that cannot see each other, and people in four roles."""
    for one in firm.FIRMS:
        tenant = tenants.found(operator(), name=one.name, slug=one.slug)
        for member in firm.people(one.slug):
            login, actor = hire(
                operator(tenant.id), name=member.name, login=member.login, role=member.role, firm=member.firm
            )
            tour.actors[member.name.split()[0].lower()] = actor
            tour.logins.append(login)
    tour.screen.say(f"{firm.FIRMS[0].name}: {firm.FIRMS[0].about}")
    tour.screen.say("A second firm shares the installation and can see nothing of the first.")
    rows = [
        (one.name, one.role, one.firm, "password and code" if one.secret else "password")
        for one in tour.logins
    ]
    tour.screen.table(("who", "role", "firm", "signs in with"), rows)
    tour.counted["counts"]["people"] = len(tour.logins)


def holdings(tour: Tour) -> None:
    """Step c, second half: the firm's policies and its counterparties."""
    screen = tour.screen
    papers = {"ada": firm.documents(HOME_FIRM), "mallory": firm.documents("harbour-lending")}
    whole = sum(len(held) for held in papers.values())
    told = []
    done = 0
    with screen.bar("Policy documents", whole) as move, Extractor() as extractor:
        for who, held in papers.items():
            for paper in held:
                version = vault.receive(
                    tour.actor(who),
                    [paper.data],
                    name=paper.name,
                    title=paper.title,
                    owner=paper.owner,
                    effective=paper.effective,
                    extractor=extractor,
                )
                done += 1
                move(done, whole)
                if who == "ada":
                    told.append({"name": paper.name, "sha256": version.sha256, "pages": version.pages})
    book = firm.portfolio(tour.listed)
    with screen.bar("Counterparties", len(book.rows)) as move:
        held_in = counterparties.take_in(tour.actor("ada"), firm_csv(book), name="counterparties.csv")
        move(len(book.rows), len(book.rows))
    screen.good(f"{len(told)} policies: read, encrypted, on the disk before the answer was given.")
    links = sum(len(row["owner_reference"].split("|")) for row in book.rows if row["owner_reference"])
    screen.good(
        f"{len(book.rows)} customers and suppliers with {links} owners, out of a table that the firm keeps."
    )
    screen.say(
        f"All of them are invented. {len(book.truth)} were made to resemble somebody on a list"
        " (a slip in typing, an initial, another order or script, another birth date): those must be found."
    )
    tour.counted["documents"] = told
    tour.counted["counts"] |= {
        "documents": len(told),
        "counterparties": len(book.rows),
        "owners": links,
        "resembling": len(book.truth),
        "rejected_rows": int(held_in.counts.get("rejects", 0)),
    }
    tour.counted["resembling"] = [[one.reference, one.listed_id, one.perturbation] for one in book.truth]


def firm_csv(book: firm.Portfolio) -> bytes:
    """Return the table of counterparties as the firm hands it in."""
    return to_csv(book.rows, joined=True)
