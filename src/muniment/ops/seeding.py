"""Makes an example tenant with one of everything, for those who want to try the installation from outside."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from muniment.access import actions as access
from muniment.access.queries import for_tokens
from muniment.access.rules import permissions
from muniment.cases import actions as cases
from muniment.cases import queries as case_queries
from muniment.counterparties import actions as counterparties
from muniment.counterparties.models import Counterparty
from muniment.ledger import exporting
from muniment.ledger.exports.asked import Asked
from muniment.ops import loading
from muniment.ops.acting import Login, hire, operator
from muniment.ops.demo import firm, town
from muniment.packs import actions as packs
from muniment.packs import jobs as pack_jobs
from muniment.scans import actions as scans
from muniment.scans import jobs as scan_jobs
from muniment.screening import actions as screenings
from muniment.screening import jobs as screening_jobs
from muniment.sources import queries as sources
from muniment.sources.actions import File, Origin
from muniment.sources.formats import oj_xhtml
from muniment.sources.models import Snapshot
from muniment.spine import ports
from muniment.spine.actor import Actor
from muniment.spine.errors import Clash
from muniment.spine.queue import work_off
from muniment.spine.scope import DEPLOYMENT, tenant_scope
from muniment.tenants import actions as tenants
from muniment.vault import actions as vault
from muniment.vault.extraction.child import Extractor

PEOPLE = ("Ada Analyst", "Otto Officer", "Vera Auditor", "Adam Administrator")
REAL_ACT = "32016R0679"
RATIONALE = "Invented for the example: the policy allows 96 hours where the act allows 72."


@dataclass(slots=True)
class Seeded:
    """What was made.

    :param ids: type of object to the identifier of one of it.
    :param logins: how the people of the tenant sign in.
    :param token: a token of the analyst, shown this once.
    """

    ids: dict[str, UUID] = field(default_factory=dict)
    logins: list[Login] = field(default_factory=list)
    token: str = ""


def seed(slug: str) -> Seeded:
    """Make an example tenant with one of everything.

    :raises Clash: when a tenant has this short name.
    """
    made = Seeded()
    act = _act()
    one_list = _list()
    tenant = tenants.found(operator(), name=f"Example tenant {slug}", slug=slug)
    made.ids |= {"tenant": tenant.id, "source": act.id, "list": one_list.id}
    people: dict[str, Actor] = {}
    for name in PEOPLE:
        role = name.split()[1].lower()
        login, people[role] = hire(
            operator(tenant.id), name=name, login=f"{role}@{slug}.example", role=role, firm=slug
        )
        made.logins.append(login)
        made.ids[role] = UUID(people[role].id)
    issued = access.create_token(
        people["analyst"],
        label="Example",
        permissions=sorted(for_tokens(permissions("analyst"))),
        expires_at=ports.now() + timedelta(days=30),
    )
    made.ids["token"], made.token = issued.token.id, issued.secret.text
    _evidence(made, people["analyst"], act)
    _parties(made, people["analyst"])
    _case(made, people)
    work_off()
    return made


def _act() -> Snapshot:
    origin = Origin(
        key=town.CELEX,
        version="OJ:2099-01-01",
        publisher="Muniment",
        authenticity="invented",
        licence="Invented.",
    )
    raw = town.act()
    act = loading.Act((File("town.xhtml", raw),), oj_xhtml.parse(raw, celex=town.CELEX), origin)
    made = _taken_in(act, "act", town.CELEX)
    # Where real law is here, the example is about that; the town's act is for machines that have none.
    with tenant_scope(DEPLOYMENT):
        return next((one for one in sources.newest("act") if one.key == REAL_ACT), made)


def _list() -> Snapshot:
    return _taken_in(loading.invented_list(), "list", "invented")


def _taken_in(source: Any, kind: str, key: str) -> Snapshot:
    """Take a source in, or return the one that is here from an earlier example."""
    try:
        taken: Snapshot = source.take_in(operator())
    except Clash:
        with tenant_scope(DEPLOYMENT):
            return next(one for one in sources.snapshots(kind) if one.key == key)
    return taken


def _evidence(made: Seeded, analyst: Actor, act: Snapshot) -> None:
    with Extractor() as extractor:
        for paper in firm.documents():
            version = vault.receive(
                analyst,
                [paper.data],
                name=paper.name,
                title=paper.title,
                owner=paper.owner,
                effective=paper.effective,
                extractor=extractor,
            )
            if paper.name.startswith("incident"):
                made.ids |= {"document": version.document_id, "document_version": version.id}
    asked = scans.run(analyst, snapshots=[act.id])
    scan_jobs.carry_out(analyst.tenant, asked.id)
    _, findings = scans.read(analyst, scan_id=asked.id)
    # A finding with both anchors says most; the rest of them is there too.
    chosen = next((one for one in findings if one.version_id is not None), findings[0])
    made.ids |= {"scan": asked.id, "finding": chosen.id}


def _parties(made: Seeded, analyst: Actor) -> None:
    entry = next(one for one in loading.invented_list().parsed.entities if one.schema == "Person")
    lines = [
        "reference,kind,name,birth_date,country,owned_by",
        f"P-1,person,{entry.caption},{entry.properties['birthDate'][0]},,",
        "O-1,organisation,Lantern Oil (invented),,IE,P-1 100%",
    ]
    held = counterparties.take_in(analyst, "\n".join(lines).encode(), name="counterparties.csv")
    run = screenings.run(analyst)
    with tenant_scope(analyst.tenant):
        done = screening_jobs.perform(run.id)
        rows = dict(Counterparty.objects.values_list("reference", "id"))
    reading = screenings.read(analyst, counterparty_id=rows["P-1"])
    made.ids |= {
        "import": held.id,
        "person": rows["P-1"],
        "organisation": rows["O-1"],
        "screening": done.id,
        "result": reading.screened[0].id,
    }
    if reading.matches:
        made.ids["match"] = reading.matches[0].id


def _case(made: Seeded, people: dict[str, Actor]) -> None:
    """Make a decided case with its proof, and an open one that waits."""
    analyst, officer = people["analyst"], people["officer"]
    items = [("finding", made.ids["finding"]), ("evidence", made.ids["document_version"])]
    if "match" in made.ids:
        items.append(("match", made.ids["match"]))
    case = cases.open_case(analyst, title="Late notice (invented)", items=items)
    proposed = cases.propose(analyst, case_id=case.id, outcome="to_remedy", rationale=RATIONALE)
    with tenant_scope(officer.tenant):
        shown = case_queries.whole(case.id).shown
    cases.decide(officer, case_id=case.id, approve=True, reason="Invented for the example.", shown=shown)
    asked = packs.build(officer, case_id=case.id)
    pack_jobs.carry_out(officer.tenant, asked.id)
    waiting = cases.open_case(analyst, title="Waits for a proposal (invented)", items=items[:1])
    export = exporting.make(officer, Asked("csv"))
    made.ids |= {
        "case": case.id,
        "decision": proposed.id,
        "pack": asked.id,
        "open_case": waiting.id,
        "export": export.id,
    }
