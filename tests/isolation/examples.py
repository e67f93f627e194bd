"""One example of each thing that stands in an address, for both tenants.

Each room registers, by the name of its placeholder, a function that makes such a thing for a tenant and returns its
identifier. A placeholder without an example fails the walk, so nothing is forgotten. What belongs to the deployment
and may be read by all (law, lists) says ``public=True``: there is no foreign one of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from muniment.spine import ports
from muniment.spine.actor import Actor


@dataclass(frozen=True)
class Firm:
    """A tenant with somebody in each role, who all have accounts."""

    administrator: Actor
    officer: Actor
    analyst: Actor
    auditor: Actor

    @property
    def people(self) -> dict[str, Actor]:
        return {role: getattr(self, role) for role in ("administrator", "officer", "analyst", "auditor")}


@dataclass(frozen=True)
class Example:
    """How an identifier is made, and whether everybody may see what it names."""

    make: Callable[[Firm], str | UUID]
    public: bool


EXAMPLES: dict[str, Example] = {}
#: Placeholders that name no thing of anybody's: (value, why).
PLAIN: dict[str, str] = {}


def example(placeholder: str, *, public: bool = False) -> Callable[[Any], Any]:
    """Register the function that makes an example for a placeholder."""

    def keep(make: Callable[[Firm], str | UUID]) -> Callable[[Firm], str | UUID]:
        if placeholder in EXAMPLES:
            raise ValueError(f"two rooms use the placeholder {placeholder}: give one of them another name")
        EXAMPLES[placeholder] = Example(make, public)
        return make

    return keep


# --- access


@example("person_id")
def a_person(firm: Firm) -> str:
    return firm.analyst.id


@example("token_id")
def a_token(firm: Firm) -> UUID:
    from muniment.access import actions

    issued = actions.create_token(
        firm.analyst, label="nightly", permissions=["scans.read"], expires_at=ports.now() + timedelta(days=1)
    )
    return issued.token.id


# --- counterparties


@example("counterparty_id")
def a_counterparty(firm: Firm) -> UUID:
    from muniment.counterparties import actions, rules

    given = {"reference": f"R-{ports.new_id().hex}", "kind": "person", "name": "Marta Olivar"}
    return actions.add(firm.analyst, party=rules.require_party(given)).id


@example("import_id")
def an_import(firm: Firm) -> UUID:
    from muniment.counterparties import actions

    return actions.receive(
        firm.analyst, b"reference,kind,name\nP-1,person,Marta Olivar\n", name="book.csv"
    ).id


# --- screening


def _screened(firm: Firm) -> UUID:
    from tests.screening.listed import take_in_book, take_in_list

    from muniment.access.rules import OPERATOR
    from muniment.counterparties import queries as parties
    from muniment.screening import actions, jobs, queries
    from muniment.spine.actor import system
    from muniment.spine.scope import tenant_scope

    with tenant_scope(firm.analyst.tenant):
        if not queries.lists_now():
            take_in_list(system("operator", may=OPERATOR, via="cli"))
        if not parties.ids_to_screen():
            take_in_book(firm.analyst)
        return jobs.perform(actions.run(firm.analyst).id).id


@example("run_id")
def a_run(firm: Firm) -> UUID:
    return _screened(firm)


@example("screened_id")
def a_result(firm: Firm) -> UUID:
    from muniment.screening.models import Screened
    from muniment.spine.scope import tenant_scope

    run = _screened(firm)
    with tenant_scope(firm.analyst.tenant):
        return Screened.objects.filter(run_id=run).first().id


@example("match_id")
def a_match(firm: Firm) -> UUID:
    from muniment.screening.models import Match
    from muniment.spine.scope import tenant_scope

    run = _screened(firm)
    with tenant_scope(firm.analyst.tenant):
        return Match.objects.filter(screened__run_id=run).first().id


# --- cases, packs, ledger


@example("case_id")
def a_case(firm: Firm) -> UUID:
    from muniment.cases import actions
    from muniment.vault import actions as vault

    policy = vault.receive(firm.analyst, [ports.new_id().hex.encode()], name="policy.md")
    made = actions.open_case(firm.analyst, title="Is this enough?", items=[("evidence", policy.id)])
    actions.propose(firm.analyst, case_id=made.id, outcome="cleared", rationale="It says what is asked for.")
    return made.id


@example("pack_id")
def a_pack(firm: Firm) -> UUID:
    from muniment.cases import actions as cases
    from muniment.cases import queries
    from muniment.packs import actions
    from muniment.spine.scope import tenant_scope

    made = UUID(str(a_case(firm)))
    with tenant_scope(firm.officer.tenant):
        shown = queries.whole(made).shown
    cases.decide(firm.officer, case_id=made, approve=True, reason="It says what is asked for.", shown=shown)
    return actions.build(firm.analyst, case_id=made).id


@example("entry_id")
def an_entry(firm: Firm) -> UUID:
    from muniment.ledger.models import Outbox
    from muniment.spine.scope import tenant_scope

    a_case(firm)
    with tenant_scope(firm.analyst.tenant):
        return Outbox.objects.order_by("-order").first().id


@example("question_id")
def a_question(firm: Firm) -> UUID:
    from muniment.ledger.questions import acts

    kept = acts.keep_question(firm.analyst, name="Of late", asked={"days": "5"}, shared=True)
    return UUID(str(kept.id))


@example("export_id")
def an_export(firm: Firm) -> UUID:
    from muniment.ledger import exporting, publish
    from muniment.ledger.exports.asked import Asked

    publish.settle()
    return exporting.make(firm.officer, Asked("csv")).id


#: A tile's name is the same in every log; whose log it is, the session says.
PLAIN["tile"] = "0/000"
#: Heads of a log are numbered from 0 in every log; whose log it is, the session says.
PLAIN["number"] = "0"
#: So are its sizes.
PLAIN["size"] = "1"
