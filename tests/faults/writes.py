"""One sample of each operation of the API that writes: what it is asked with, by whom, and which entry it leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from tests.isolation import examples, examples_of_work
from tests.isolation.examples import Firm

from muniment.access.rules import WORKER
from muniment.spine import ports
from muniment.spine.actor import system
from muniment.spine.scope import tenant_scope

WHY = "For a reason that is long enough."


@dataclass(frozen=True)
class Sample:
    """How one operation is asked well.

    :param kind: the action that it leaves an entry of. :param subject: what the entry is about, with the identifiers
        of the address and the members of the answer in braces.
    :param make: returns the identifiers of the address, and the body.
    :param form: whether the body is a form with a file. :param wrong: what is added to the body to make it bad;
        one without a body is asked about what is not there.
    """

    kind: str
    subject: str
    make: Callable[[Firm], tuple[dict[str, Any], dict[str, Any] | None]]
    by: str = "analyst"
    refused: str = "auditor"
    status: int = 200
    form: bool = False
    wrong: dict[str, Any] | None = None


def about(placeholder: str, body: dict[str, Any] | None = None) -> Callable[[Firm], Any]:
    """Return how to ask about the example of a placeholder."""
    return lambda firm: ({placeholder: examples.EXAMPLES[placeholder].make(firm)}, body)


def only(make: Callable[[], dict[str, Any]]) -> Callable[[Firm], Any]:
    """Return how to ask at an address without identifiers."""
    return lambda _firm: ({}, make())


def _worker(firm: Firm) -> Any:
    return system("worker", may=WORKER, tenant=firm.analyst.tenant)


def _open_case(firm: Firm) -> UUID:
    from muniment.cases import actions

    evidence = [("evidence", examples_of_work.a_version(firm))]
    return actions.open_case(firm.analyst, title="Is this enough?", items=evidence).id


def _item(firm: Firm) -> Any:
    case = {"case_id": _open_case(firm)}
    return case, {"kind": "evidence", "item_id": str(examples_of_work.a_version(firm))}


def _proposal(firm: Firm) -> Any:
    return {"case_id": _open_case(firm)}, {"outcome": "cleared", "rationale": WHY}


def _decision(firm: Firm) -> Any:
    from muniment.cases import queries

    case = examples.a_case(firm)
    with tenant_scope(firm.officer.tenant):
        shown = queries.whole(case).shown
    return {"case_id": case}, {"approve": True, "reason": WHY, "shown": shown}


def _decided(firm: Firm) -> Any:
    from muniment.cases import actions

    (at, given) = _decision(firm)
    case = at["case_id"]
    actions.decide(firm.officer, case_id=case, approve=True, reason=WHY, shown=given["shown"])
    return {}, {"case_id": str(case)}


def _failed_pack(firm: Firm) -> Any:
    from muniment.packs import actions

    pack = examples.a_pack(firm)
    actions.fail(_worker(firm), pack_id=pack, reason="It broke off.")
    return {"pack_id": pack}, None


def _built_pack(firm: Firm) -> Any:
    from muniment.ledger import publish
    from muniment.packs import jobs

    pack = examples.a_pack(firm)
    publish.settle()
    jobs.carry_out(firm.analyst.tenant, pack)
    return {"pack_id": pack}, {"given_to": "The supervisor"}


def _queued_scan(firm: Firm) -> UUID:
    from muniment.scans import actions

    examples_of_work.a_version(firm)
    return actions.run(firm.analyst, snapshots=[examples_of_work.a_snapshot(firm)]).id


def _failed_scan(firm: Firm) -> Any:
    from muniment.scans import actions

    scan = _queued_scan(firm)
    actions.fail(_worker(firm), scan_id=scan, reason="It broke off.")
    return {"scan_id": scan}, None


def _scan(firm: Firm) -> Any:
    examples_of_work.a_version(firm)
    return {}, {"snapshots": [str(examples_of_work.a_snapshot(firm))]}


def _screening(firm: Firm) -> Any:
    examples.a_run(firm)
    return {}, {"threshold": 700, "cutoff": 500, "exhaustive": False}


def _failed_screening(firm: Firm) -> Any:
    from muniment.screening import actions

    examples.a_run(firm)
    run = actions.run(firm.analyst).id
    actions.finish(_worker(firm), run_id=run, closing=actions.Closing(why="It broke off."))
    return {"run_id": run}, None


def _offered(firm: Firm) -> Any:
    from muniment.counterparties import actions

    held = actions.receive(firm.analyst, b"reference,kind,name\nP-9,person,Marta Olivar\n", name="book.csv")
    return {"import_id": held.id}, None


def _erasure(firm: Firm) -> Any:
    person = str(examples.a_counterparty(firm))
    return {}, {"target": person, "basis": "gdpr-17-1", "asked_for": "An office", "reason": WHY}


def _hold(firm: Firm) -> Any:
    return {}, {"on": "subject", "target": str(examples.a_counterparty(firm)), "reason": WHY}


def _hold_to_lift(firm: Firm) -> Any:
    from muniment.lifecycle import actions

    hold = UUID(str(examples_of_work.a_hold(firm)))
    actions.ask_lift(firm.officer, hold_id=hold, reason=WHY)
    return {"hold_id": hold}, None


def _export(firm: Firm) -> Any:
    from muniment.ledger import publish

    examples.a_case(firm)
    publish.settle()
    return {}, {"format": "ocsf"}


def _file(name: str = "incident.md") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, f"# Incidents\n\n{ports.new_id()}\n".encode())


def _book() -> dict[str, Any]:
    raw = b"reference,kind,name\nP-7,person,Marta Olivar\n"
    return {"file": SimpleUploadedFile("book.csv", raw), "default_kind": "person"}


def _party() -> dict[str, Any]:
    return {"reference": f"A-{ports.new_id().hex}", "kind": "person", "name": "Marta Olivar"}


NO_DATE = {"effective": "not a date"}
ERASING = {"by": "administrator", "refused": "analyst"}
SAMPLES: dict[str, Sample] = {
    "POST /settings/people/{person_id}/role": Sample(
        "access.change_role", "access.Person/{person_id}", about("person_id", {"role": "auditor"}), **ERASING
    ),
    "POST /settings/people/{person_id}/close": Sample(
        "access.deactivate", "access.Person/{person_id}", about("person_id"), **ERASING
    ),
    "POST /settings/tokens/{token_id}/end": Sample(
        "access.revoke_token", "access.Token/{token_id}", about("token_id")
    ),
    "POST /cases/": Sample(
        "cases.open", "cases.Case/{id}", lambda _firm: ({}, {"title": "Is this enough?"}), status=201
    ),
    "POST /cases/{case_id}/items": Sample("cases.attach", "cases.Case/{case_id}", _item, status=201),
    "POST /cases/{case_id}/proposal": Sample("cases.propose", "cases.Case/{case_id}", _proposal, status=201),
    "POST /cases/{case_id}/decision": Sample(
        "cases.decide", "cases.Case/{case_id}", _decision, by="officer", refused="analyst"
    ),
    "POST /cases/{case_id}/withdrawal": Sample(
        "cases.withdraw",
        "cases.Case/{case_id}",
        lambda firm: ({"case_id": _open_case(firm)}, {"reason": WHY}),
    ),
    "POST /counterparties": Sample(
        "counterparties.add", "counterparties.Counterparty/{id}", only(_party), status=201
    ),
    "PATCH /counterparties/{counterparty_id}": Sample(
        "counterparties.change",
        "counterparties.Counterparty/{counterparty_id}",
        about("counterparty_id", {"name": "Marta Oliveira"}),
    ),
    "POST /counterparties/imports": Sample(
        "counterparties.bring_in",
        "counterparties.Import/{id}",
        only(_book),
        status=201,
        form=True,
        wrong={"default_kind": "ship"},
    ),
    "POST /counterparties/imports/{import_id}/discard": Sample(
        "counterparties.discard", "counterparties.Import/{import_id}", _offered
    ),
    "POST /evidence": Sample(
        "vault.upload",
        "vault.Document/{document}",
        only(lambda: {"file": _file(), "effective": date(2030, 1, 1).isoformat()}),
        status=201,
        form=True,
        wrong=NO_DATE,
    ),
    "POST /evidence/{document_id}/versions": Sample(
        "vault.upload",
        "vault.Document/{document}",
        lambda firm: ({"document_id": examples_of_work.a_document(firm)}, {"file": _file()}),
        status=201,
        form=True,
        wrong=NO_DATE,
    ),
    "POST /ledger/exports": Sample(
        "ledger.export", "ledger.Export/{id}", _export, by="officer", refused="analyst", status=201
    ),
    "POST /ledger/time-stamps": Sample(
        "ledger.ask_time", "time", lambda _firm: ({}, None), by="officer", status=202
    ),
    "POST /lifecycle/erasures": Sample(
        "lifecycle.ask_erasure", "lifecycle.Erasure/{id}", _erasure, status=201, **ERASING
    ),
    "POST /lifecycle/erasures/{erasure_id}/answer": Sample(
        "lifecycle.answer_erasure",
        "lifecycle.Erasure/{erasure_id}",
        about("erasure_id", {"approve": False, "reason": WHY}),
        status=202,
        **ERASING,
    ),
    "POST /lifecycle/holds": Sample(
        "lifecycle.place_hold", "lifecycle.Hold/{id}", _hold, status=201, **ERASING
    ),
    "POST /lifecycle/holds/{hold_id}/ask": Sample(
        "lifecycle.ask_lift", "lifecycle.Hold/{hold_id}", about("hold_id", {"reason": WHY}), **ERASING
    ),
    "POST /lifecycle/holds/{hold_id}/lift": Sample(
        "lifecycle.lift_hold", "lifecycle.Hold/{hold_id}", _hold_to_lift, **ERASING
    ),
    "POST /packs/": Sample("packs.build", "packs.Pack/{id}", _decided, status=202),
    "POST /packs/{pack_id}/retry": Sample("packs.retry", "packs.Pack/{pack_id}", _failed_pack, status=202),
    "POST /packs/{pack_id}/copies": Sample(
        "packs.download", "packs.Pack/{pack_id}", _built_pack, refused="administrator"
    ),
    "POST /scans": Sample("scans.run", "scans.Scan/{id}", _scan, status=202),
    "POST /scans/{scan_id}/retry": Sample("scans.retry", "scans.Scan/{scan_id}", _failed_scan, status=202),
    "POST /scans/{scan_id}/replay": Sample(
        "scans.replay", "scans.Scan/{scan_id}", about("scan_id"), status=202
    ),
    "POST /scans/findings/{finding_id}/assessment": Sample(
        "scans.assess",
        "scans.Finding/{finding_id}",
        about("finding_id", {"assessment": "disagreed", "reason": WHY}),
    ),
    "POST /screening/runs": Sample("screening.run", "screening.ScreeningRun/{id}", _screening, status=202),
    "POST /screening/runs/{run_id}/retry": Sample(
        "screening.retry", "screening.ScreeningRun/{run_id}", _failed_screening, status=202
    ),
    "POST /screening/results/{screened_id}/replay": Sample(
        "screening.replay",
        "screening.Screened/{screened_id}",
        about("screened_id"),
        refused="administrator",
    ),
}


def nothing(ids: dict[str, Any]) -> dict[str, Any]:
    """Return identifiers of the same names under which there is nothing."""
    return {name: uuid4() for name in ids}
