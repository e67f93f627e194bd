"""What the children of the nursery do: for each part its preparation, its deed, what is left, what holds afterwards.

``prepare_*`` returns what the others need; ``deed_*`` is what comes to grief; ``left_*`` says whether it is persisted
all the same; ``mend`` does what the start and the worker do, and says what is wrong then.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from tests.ledger.houses import announce_keys, put_into_force
from tests.lifecycle.people import WHY

from muniment.access.rules import OPERATOR, permissions
from muniment.cases import actions as cases
from muniment.counterparties import actions as parties
from muniment.counterparties.rules import require_party
from muniment.ledger import logs, publish, sequence, taking, verify, witnessing
from muniment.ledger.action import REGISTRY, action
from muniment.ledger.models import Checkpoint, Entry, Outbox
from muniment.ledger.tables.pruning import Prune
from muniment.ledger.tables.time import Stamp
from muniment.ledger.tables.trusted import LogKey
from muniment.ledger.time import stamping, tokens
from muniment.lifecycle import actions as lifecycle
from muniment.lifecycle import closing, executing
from muniment.lifecycle.models import Erasure, State
from muniment.proof.note import parse_note
from muniment.spine import config, ports
from muniment.spine.actor import Actor, ActorKind, system
from muniment.spine.installation import key_store
from muniment.spine.scope import DEPLOYMENT, tenant_scope
from muniment.tenants import actions as tenants

Given = dict[str, Any]
#: When pruning is tried: what is recorded today is old enough then.
LATER = ports.now() + timedelta(days=425)


def begun() -> None:
    """A place that every deed passes first."""


def do(part: str, given: Given) -> Any:
    """Do what comes to grief."""
    begun()
    return globals()[f"deed_{part}"](given)


def prepare(part: str, tenant: str) -> Given:
    """Make what the deed is done to.

    :param tenant: an earlier one that may be used again; rotation and pruning begin with one of their own.
    """
    made: Given = globals()[f"prepare_{part}"](tenant or firm())
    return made


def somebody(name: str, role: str, tenant: str) -> Actor:
    number = str(UUID(bytes=name.encode().ljust(16, b"\0"), version=4))
    return Actor(
        id=number, kind=ActorKind.PERSON, tenant=UUID(tenant), may=permissions(role), via="cli", role=role
    )


def firm() -> str:
    """A tenant of its own: what others left behind is not met."""
    name = uuid4().hex[:12]
    operator = system("operator", may=OPERATOR, via="cli")
    return str(tenants.found(operator, name="Example Pay", slug=f"firm-{name}").id)


def opened(tenant: str) -> str:
    """Record something, which is acknowledged when this returns."""
    return str(cases.open_case(somebody("ada", "analyst", tenant), title="Acknowledged").id)


def keys() -> str:
    """What the installation's log signs with."""
    publish.settle()
    return logs.of(DEPLOYMENT).vkeys


def named(policy: str) -> None:
    """Let two persons accept the witness of the tests."""
    config.current().witnesses.write_text(policy)
    put_into_force(policy)


# ---------------------------------------------------------------- sequencer, publisher


def prepare_sequencer(tenant: str) -> Given:
    publish.settle()
    return {"tenant": tenant, "case": opened(tenant)}


def deed_sequencer(given: Given) -> int:
    return sequence.sequence(UUID(given["tenant"]))


def left_sequencer(given: Given) -> bool:
    return Entry.objects.filter(subject=f"cases.Case/{given['case']}").exists()


def prepare_publisher(tenant: str) -> Given:
    given = prepare_sequencer(tenant)
    deed_sequencer(given)
    given["folder"] = str(logs.folder(logs.of(UUID(given["tenant"]))))
    return given


def deed_publisher(given: Given) -> bool:
    return publish.publish(UUID(given["tenant"])) is not None


def left_publisher(given: Given) -> bool:
    log = logs.of(UUID(given["tenant"]))
    return log.published == log.size


# ---------------------------------------------------------------- witness call, time-stamping


def prepare_witness(tenant: str) -> Given:
    given = prepare_sequencer(tenant)
    publish.settle()
    with tenant_scope(DEPLOYMENT):
        head = Checkpoint.objects.order_by("-size").first().note
    return given | {"folder": str(logs.folder(logs.of(DEPLOYMENT))), "head": head}


def deed_witness(given: Given) -> list[str]:
    return [one.fault for made in witnessing.ask_all(ports.now()).values() for one in made.heard]


def left_witness(given: Given) -> bool:
    shown = (logs.folder(logs.of(DEPLOYMENT)) / "checkpoint").read_bytes()
    return len(parse_note(shown).signatures) > len(
        logs.keys_at(logs.of(DEPLOYMENT), logs.of(DEPLOYMENT).size)
    )


prepare_stamping = prepare_witness


def deed_stamping(given: Given) -> list[str]:
    return [one.fault for one in stamping.ask()]


def left_stamping(given: Given) -> bool:
    text = parse_note(given["head"].encode()).text.encode()
    return any(held == text for _digest, held in tokens.kept(logs.of(DEPLOYMENT)))


# ---------------------------------------------------------------- key destruction, erasure


def prepare_erasure(tenant: str) -> Given:
    ada, adam = somebody("ada", "analyst", tenant), somebody("adam", "administrator", tenant)
    row = parties.add(
        ada,
        party=require_party(
            {"reference": f"P-{uuid4().hex[:8]}", "kind": "person", "name": "Zebulon Canarius"}
        ),
    )
    order = lifecycle.ask_erasure(adam, target=row.id, basis="gdpr-17-1", asked_for="Z. C.", reason=WHY)
    otto = somebody("otto", "officer", tenant)
    lifecycle.answer_erasure(otto, erasure_id=order.id, approve=True, reason=WHY)
    publish.settle()
    case = opened(tenant)
    place = config.current().journal_file.parent
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    return {
        "tenant": tenant,
        "case": case,
        "order": str(order.id),
        "person": str(row.id),
        "folder": str(place),
    }


prepare_keys = prepare_erasure


def deed_erasure(given: Given) -> str:
    return str(executing.carry_out(UUID(given["tenant"]), UUID(given["order"])).state)


deed_keys = deed_erasure


def left_erasure(given: Given) -> bool:
    return any(str(line.deed.order) == given["order"] for line in executing.journal().lines())


def left_keys(given: Given) -> bool:
    return key_store().get(UUID(given["tenant"]), UUID(given["person"])) is None


# ---------------------------------------------------------------- pruning, rotation


def prepare_pruning(tenant: str) -> Given:
    def record_many(act: Any, *, count: int) -> None:
        for number in range(count):
            act.record("try.thing", number=number)

    door = action("try.many", cls="case.read", says="many")(record_many)
    door(system("try", may=frozenset({"try.many"}), tenant=UUID(tenant)), count=257)
    REGISTRY.pop("try.many")
    publish.settle()
    case = opened(tenant)
    publish.settle()
    return {"tenant": tenant, "case": case, "folder": str(logs.folder(logs.of(UUID(tenant))))}


def deed_pruning(given: Given) -> int:
    with ports.frozen(clock=LATER):
        return taking.prune(UUID(given["tenant"])).below


def left_pruning(given: Given) -> bool:
    return Prune.objects.exists()


def prepare_rotation(tenant: str) -> Given:
    given = prepare_publisher(tenant)
    return given | {"folder": str(config.current().signing_keys), "beside": given["folder"]}


def deed_rotation(given: Given) -> int:
    made = announce_keys(logs.of(UUID(given["tenant"])), ports.now())
    publish.settle()
    return made.number


def left_rotation(given: Given) -> bool:
    return LogKey.objects.exists()


# ---------------------------------------------------------------- afterwards


def left(part: str, given: Given) -> bool:
    """Say whether the deed is persisted."""
    with tenant_scope(UUID(given["tenant"])):
        answer: bool = globals()[f"left_{part}"](given)
    return answer


def mend(part: str, given: Given) -> list[str]:
    """Start anew, let the worker have its turns, and say what is wrong."""
    tenant = UUID(given["tenant"])
    closing.catch_up_all()
    publish.settle()
    with tenant_scope(tenant):
        if part == "rotation" and not LogKey.objects.exists():
            deed_rotation(given)
    if part in {"witness", "stamping", "pruning"}:
        globals()[f"deed_{part}"](given)
    publish.settle()
    wrong = []
    for whose in (tenant, DEPLOYMENT):
        wrong += verify.verify_log(whose, deep=True).faults
        with tenant_scope(whose):
            wrong += [f"{one.kind} still waits" for one in Outbox.objects.all()]
    with tenant_scope(tenant):
        wrong += once("cases.open", subject=f"cases.Case/{given['case']}")
        log = logs.of(tenant)
        shown = (logs.folder(log) / "checkpoint").read_bytes()
        if not shown.startswith(Checkpoint.objects.order_by("-size").first().note.encode()):
            wrong.append("the newest head is not shown")
        if part in {"erasure", "keys"}:
            order = f"lifecycle.Erasure/{given['order']}"
            wrong += once("lifecycle.execute", subject=order) + once("lifecycle.clear", subject=order)
            if Erasure.objects.get(id=given["order"]).state != State.EXECUTED or not left_keys(given):
                wrong.append("the erasure is not carried out")
            lines = [one for one in executing.journal().lines() if str(one.deed.order) == given["order"]]
            wrong += [] if len(lines) == 1 else [f"{len(lines)} lines of the journal"]
        if part == "pruning":
            wrong += once("ledger.prune")
            kept = Entry.objects.filter(kind="try.thing", idx__lt=256).count()
            wrong += [f"{kept} entries below the bound"] if kept else []
        if part == "rotation":
            wrong += once("ledger.rotate_key")
    if part == "witness" and not left_witness(given):
        wrong.append("the witness has not cosigned")
    if part == "stamping":
        with tenant_scope(DEPLOYMENT):
            rows = sorted(Stamp.objects.values_list("digest", flat=True))
        if rows != sorted(digest for digest, _text in tokens.kept(logs.of(DEPLOYMENT))) or not rows:
            wrong.append("tokens and rows are not the same")
    return wrong


def once(kind: str, **more: str) -> list[str]:
    """Complain unless something stands in the log exactly once."""
    found = Entry.objects.filter(kind=kind, **more).exclude(cls="refusal").count()
    return [] if found == 1 else [f"{kind} is there {found} times"]
