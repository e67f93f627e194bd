"""Examples of law, documents and scans, for the walk over every address."""

from __future__ import annotations

from uuid import UUID

from tests.isolation.examples import PLAIN, Firm, example

from muniment.spine import ports
from muniment.spine.scope import DEPLOYMENT, tenant_scope

#: A provision's name means nothing without its act.
PLAIN["eid"] = "art_33"


@example("snapshot_id", public=True)
def a_snapshot(firm: Firm) -> UUID:
    from tests.scans.conftest import LAW

    from muniment.access.rules import OPERATOR
    from muniment.sources import actions, queries
    from muniment.spine.actor import system

    with tenant_scope(DEPLOYMENT):
        known = queries.newest("act")
    if known:
        return known[0].id
    origin = actions.Origin("32016R0679", "OJ:2030-02-01", "Town Council", "invented")
    operator = system("operator", may=OPERATOR, via="cli")
    return actions.take_in(operator, [actions.File("law.xml", b"as it came")], LAW, origin).id


@example("version_id")
def a_version(firm: Firm) -> UUID:
    from tests.scans.conftest import POLICY

    from muniment.vault import actions

    policy = POLICY + f"\n{ports.new_id()}\n".encode()
    return actions.receive(firm.analyst, [policy], name="incident.md", title="Incident response").id


@example("document_id")
def a_document(firm: Firm) -> UUID:
    from muniment.vault import queries

    made = a_version(firm)
    with tenant_scope(firm.analyst.tenant):
        return queries.version(made).document_id


@example("scan_id")
def a_scan(firm: Firm) -> UUID:
    from muniment.scans import actions, jobs

    a_version(firm)
    asked = actions.run(firm.analyst, snapshots=[a_snapshot(firm)])
    return jobs.carry_out(firm.analyst.tenant, asked.id).id


@example("finding_id")
def a_finding(firm: Firm) -> UUID:
    from muniment.scans.models import Finding

    scan = a_scan(firm)
    with tenant_scope(firm.analyst.tenant):
        return Finding.objects.filter(scan_id=scan).first().id


@example("erasure_id")
def an_erasure(firm: Firm) -> UUID:
    from tests.isolation.examples import a_counterparty

    from muniment.lifecycle import actions

    person = UUID(str(a_counterparty(firm)))
    asked = "The person, by letter"
    return actions.ask_erasure(
        firm.officer, target=person, basis="gdpr-17-1", asked_for=asked, reason="Asked for in writing."
    ).id


@example("hold_id")
def a_hold(firm: Firm) -> UUID:
    from tests.isolation.examples import a_counterparty

    from muniment.lifecycle import actions

    person = UUID(str(a_counterparty(firm)))
    return actions.place_hold(firm.officer, on="subject", target=person, reason="Proceedings 12/34.").id


@example("target")
def somebody_to_erase(firm: Firm) -> UUID:
    from tests.isolation.examples import a_counterparty

    return UUID(str(a_counterparty(firm)))
