"""Building a pack, away from the request that asked for it: here the signing keys are opened."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django_tasks import task

from muniment.access.rules import WORKER
from muniment.cases import queries as cases
from muniment.ledger import anchoring, logs, publish, sequence, streams
from muniment.ledger.models import Log
from muniment.ledger.pruning import under_way
from muniment.ledger.time import carried
from muniment.ledger.trust import rotation
from muniment.ledger.words import moment
from muniment.packs import actions, queries, rules
from muniment.packs.models import Pack, PackState
from muniment.proof.checkpoint import parse_checkpoint
from muniment.proof.note import parse_keys
from muniment.proof.pack import PackContents, build_pack
from muniment.spine import ports
from muniment.spine.actor import system
from muniment.spine.attempts import attempt
from muniment.spine.errors import Absent, Refused
from muniment.spine.scope import tenant_scope
from muniment.tenants import queries as tenants
from muniment.vault import storage
from muniment.vault.models import Blob


def contents_of(case_id: UUID, made: datetime) -> tuple[PackContents, queries.Proofs]:
    """Collect everything that goes into the proof of a case, in the tenant's scope."""
    whole = cases.whole(case_id)
    decision = queries.approved(whole)
    gathered = queries.gather(whole)
    proofs = queries.proofs(whole, gathered.subjects)
    case = whole.case
    contents = PackContents(
        case={
            "id": str(case.id),
            "number": case.number,
            "question": str(case.title),
            "tenant": tenants.own(case.tenant_id).name,
            "opened_at": moment(case.opened_at),
        },
        decision={
            "id": str(decision.id),
            "outcome": decision.outcome,
            "answer": decision.answer,
            "reason": str(decision.reason),
            "requested_at": moment(decision.requested_at),
            "decided_at": moment(decision.decided_at or made),
            "bound_to": decision.bound_digest,
        },
        rationale=str(decision.rationale),
        actors=queries.actors(decision),
        made=made,
        events=proofs.events,
        checkpoint=proofs.checkpoint,
        signer=logs.signer(proofs.log),
        keys=parse_keys(proofs.log.vkeys.encode("ascii")),
        evidence=list(gathered.evidence.values()),
        sources=list(gathered.sources.values()),
        quotes=gathered.quotes,
        anchor=anchoring.anchor_of(proofs.log, proofs.size, parse_checkpoint(proofs.checkpoint).root),
        succession=_succession(proofs.log),
        stream=proofs.stream,
        time=carried.members(proofs.log, proofs.checkpoint, [one.index for one in proofs.events]),
    )
    return contents, proofs


def _succession(log: Log) -> bytes:
    try:
        return rotation.succession(log)
    except Absent:
        return b""


def carry_out(tenant: UUID, pack_id: UUID) -> Pack:
    """Build a pack that was asked for, over a freshly published checkpoint; a built one is left as it is."""
    with tenant_scope(tenant):
        asked = queries.pack(pack_id)
        if asked.state == PackState.BUILT:
            return asked
        rules.require_queued(asked)
        sequence.sequence(tenant)
        streams.make(tenant)
        publish.publish_and_anchor(tenant)
        anchoring.ask(logs.of(tenant), ports.now())
        with under_way.reading(tenant):
            contents, proofs = contents_of(asked.case_id, ports.now())
        whole = build_pack(contents)
        file = storage.store(tenant, [whole], most=1 << 30)
        told = {
            "events": len(contents.events),
            "evidence": len(contents.evidence),
            "sources": len(contents.sources),
            "quotes": len(contents.quotes),
        }
        worker = system("worker", may=WORKER, tenant=tenant)
        try:
            return actions.finish(
                worker, pack_id=pack_id, file=file, contents=told, origin=proofs.log.origin, size=proofs.size
            )
        except BaseException as fault:
            _take_back(tenant, file.id)
            # Somebody else built it meanwhile: the worker, while the command line did so too.
            done = queries.pack(pack_id) if isinstance(fault, Refused) else asked
            if done.state != PackState.BUILT:
                raise
            return done


def _take_back(tenant: UUID, blob: UUID) -> None:
    """Remove the file of a pack that was not entered; one that the table knows of after all stays."""
    if not Blob.objects.filter(id=blob).exists():
        storage.discard(tenant, blob)


@task()
def perform(tenant: str, pack_id: str) -> str:
    """Build a queued pack; when no further try would help, enter the reason so that nobody waits for it."""
    of, wanted = UUID(tenant), UUID(pack_id)

    def give_up(why: str) -> None:
        actions.fail(system("worker", may=WORKER, tenant=of), pack_id=wanted, reason=why)

    return attempt(queries.PERFORM, wanted, lambda: carry_out(of, wanted), give_up)
