"""Whose word counts is decided by two: one proposes a file of witnesses, another one accepts it, both in the ledger.

Rules: the file in the folder is a proposal and never more. What is asked and counted is the policy that was accepted
last, held against the entry that accepted it each time it is read; a file that differs from it is told as such.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from muniment.ledger.action import Act, action
from muniment.ledger.models import Entry, Outbox
from muniment.ledger.openings import opened_event
from muniment.ledger.refusals import constraint
from muniment.ledger.tables.trusted import WitnessPolicy
from muniment.proof.errors import Malformed
from muniment.proof.policy import LARGEST_POLICY, Policy, parse_policy
from muniment.spine import config
from muniment.spine.actor import Actor
from muniment.spine.envelope import Tampered
from muniment.spine.errors import Absent, Invalid, Refused
from muniment.spine.scope import DEPLOYMENT, tenant_scope

ACCEPTED: Final = "ledger.accept_policy"
SAME: Final = Refused(
    "Who proposed the witnesses cannot accept them.", todo="Let another administrator accept them."
)
constraint("witnesses_are_changed_by_two", SAME)
constraint(
    "one_witness_policy_per_number",
    Refused("Somebody else proposed witnesses at this very moment.", todo="Try again."),
)


def digest_of(raw: bytes) -> str:
    """Return the digest by which people name a policy."""
    return hashlib.sha256(raw).hexdigest()


def read(raw: bytes) -> Policy:
    """Read a policy.

    :raises Invalid: when it cannot be read, with the line.
    """
    try:
        return parse_policy(raw)
    except Malformed as why:
        raise Invalid(why.what, todo="Mend the file of the witnesses.", where=why.where) from None


def for_installation(actor: Actor) -> Actor:
    """Return somebody of a firm as one who acts on the installation: whom it asks for witness concerns every firm."""
    return replace(actor, tenant=DEPLOYMENT)


@action(
    "ledger.propose_policy",
    cls="system.change",
    says="{actor} proposed the witnesses with the digest {facts.sha256}",
)
def propose_policy(act: Act, *, body: str) -> WitnessPolicy:
    """Propose whom the installation asks for witness; nothing is in force before somebody else accepts it.

    :raises Invalid: when the policy cannot be read.
    """
    found = read(body.encode())
    last: WitnessPolicy | None = WitnessPolicy.objects.order_by("-number").first()
    made: WitnessPolicy = WitnessPolicy.objects.create(
        number=1 if last is None else last.number + 1,
        sha256=digest_of(body.encode()),
        body=body,
        proposed_by=act.actor.id,
        proposed_at=act.now,
    )
    act.record(made, stream="log", sha256=made.sha256, witnesses=len(found.witnesses), number=made.number)
    return made


@action(ACCEPTED, cls="system.change", says="{actor} accepted the witnesses with the digest {facts.sha256}")
def accept_policy(act: Act, *, sha256: str) -> WitnessPolicy:
    """Accept the witnesses that somebody else proposed last; from now on they are asked and counted.

    :param sha256: the digest of the file as the one who accepts it has seen it.
    :raises Absent: when no such policy waits. :raises Refused: for the one who proposed it.
    """
    last: WitnessPolicy | None = WitnessPolicy.objects.select_for_update().order_by("-number").first()
    if last is None or last.accepted_at is not None or last.sha256 != sha256:
        raise Absent(
            "No such witnesses wait to be accepted.",
            todo="See what was proposed last: muniment ledger policy.",
        )
    if last.proposed_by == act.actor.id:
        raise SAME
    last.accepted_by, last.accepted_at = act.actor.id, act.now
    last.save()
    act.record(last, stream="log", sha256=last.sha256, number=last.number, proposed_by=last.proposed_by)
    return last


@dataclass(frozen=True, slots=True)
class InForce:
    """What is in force and what is not.

    :param policy: the accepted one; None when there is none, or it is not what the ledger says.
    :param fault: what somebody must look at; empty when all is well.
    """

    policy: Policy | None
    sha256: str = ""
    fault: str = ""
    todo: str = ""


ASK_TWO: Final = "Propose it with `muniment ledger propose-policy` and let an administrator accept it."


def in_force() -> InForce:
    """Return the policy that two persons put into force, and what is wrong with it or with the file."""
    with tenant_scope(DEPLOYMENT):
        row: WitnessPolicy | None = (
            WitnessPolicy.objects.filter(accepted_at__isnull=False).order_by("-number").first()
        )
        said = _said() if row is not None else ""
    file = _file_digest()
    if row is None:
        if not file:
            return InForce(None)
        return InForce(None, "", "The file of the witnesses waits to be accepted by two persons.", ASK_TWO)
    if not said == row.sha256 == digest_of(row.body.encode()):
        return InForce(
            None,
            "",
            "The witnesses in the database are not those that the ledger says were accepted.",
            "Stop, and run: muniment ledger verify --deep.",
        )
    policy = _parsed(row.body.encode())
    if file and file != row.sha256:
        return InForce(
            policy,
            row.sha256,
            "The file of the witnesses is not the one that two persons accepted; it is not used.",
            ASK_TWO,
        )
    return InForce(policy, row.sha256)


@lru_cache(maxsize=4)
def _parsed(raw: bytes) -> Policy:
    return parse_policy(raw)


def _said() -> str:
    """Return the digest in the newest entry that accepted witnesses, whether it has its place already or waits."""
    waiting: Outbox | None = Outbox.objects.filter(kind=ACCEPTED).order_by("-order").first()
    entry: Entry | None = Entry.objects.filter(kind=ACCEPTED).order_by("-idx").first()
    newest = waiting or entry
    if newest is None:
        return ""
    try:
        return str(opened_event(newest).facts.get("sha256", ""))
    except (Malformed, Tampered, ValueError):
        return ""


def _file_digest() -> str:
    """Return the digest of the file in the folder; empty when there is none.

    :raises Invalid: when the settings name one that is not there, or it cannot be read.
    """
    path = config.current().witnesses
    if not path.is_file():
        if config.current().witness_policy:
            raise Invalid(
                "The file of the witnesses is not there.",
                todo="Mend MUNIMENT_WITNESS_POLICY.",
                where="witness_policy",
            )
        return ""
    try:
        with path.open("rb") as file:
            return digest_of(file.read(LARGEST_POLICY + 1))
    except OSError:
        raise Invalid("The file of the witnesses cannot be read.", where="witness policy") from None


def waiting() -> WitnessPolicy | None:
    """Return what was proposed last and nobody has accepted yet."""
    with tenant_scope(DEPLOYMENT):
        last: WitnessPolicy | None = WitnessPolicy.objects.order_by("-number").first()
    return last if last is not None and last.accepted_at is None else None


def body_in_force() -> str:
    """Return the accepted file as it was accepted; nothing when there is none that holds."""
    sha256 = in_force().sha256
    with tenant_scope(DEPLOYMENT):
        row: WitnessPolicy | None = WitnessPolicy.objects.filter(sha256=sha256).first() if sha256 else None
    return "" if row is None else str(row.body)
