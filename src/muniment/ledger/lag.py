"""How far the witnessed head of a log lags behind, and whether a policy is met.

Rules: only a head with the quorum counts, verified from the bytes that are kept; a tenant's log that is not witnessed
by itself counts as far as the deployment's witnessed head holds its anchors. What cannot be checked is told as such.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from muniment.ledger import logs, witnessing
from muniment.ledger.models import Checkpoint, Entry, Log
from muniment.ledger.openings import opened_event
from muniment.ledger.trust import accepting, replacing, rotation
from muniment.proof.errors import Malformed
from muniment.proof.merkle import CompactRange
from muniment.proof.note import Key, parse_keys
from muniment.proof.policy import Policy, Witnessed, witnessed
from muniment.spine import config
from muniment.spine.errors import Invalid
from muniment.spine.scope import DEPLOYMENT, tenant_scope


@dataclass(frozen=True, slots=True)
class Lag:
    """How a log stands with its witnesses.

    :param size: entries in the log. :param covered: how many of them a witnessed head covers.
    :param at: when the last witness signed that head. :param oldest: when the oldest uncovered entry happened.
    :param waits: how long that is ago. :param through: whether it is covered through the deployment's log.
    :param names: the witnesses whose signature the head bears.
    """

    origin: str
    size: int
    covered: int
    at: datetime | None
    oldest: datetime | None
    waits: timedelta
    through: bool
    names: tuple[str, ...]

    @property
    def behind(self) -> int:
        """How many entries no witness has seen."""
        return self.size - self.covered

    @property
    def late(self) -> bool:
        """Whether more stands unwitnessed than the settings allow before somebody is told."""
        allowed = config.current()
        return (
            self.behind > allowed.unwitnessed_entries
            or self.waits.total_seconds() > allowed.unwitnessed_seconds
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one log meets a policy.

    :param holds: True or False, or None when it depends on what this machine cannot check.
    """

    origin: str
    holds: bool | None
    size: int
    fault: str = ""


@lru_cache(maxsize=1024)
def verified(raw: bytes, found: Policy, keys: tuple[Key, ...]) -> Witnessed:
    """Verify the same bytes once only: pages ask at each turn, and signatures do not change their mind.

    :raises Malformed: when the log did not sign them, or a signature of a known key fails.
    """
    return witnessed(raw, found, keys)


def keys_of(log: Log, found: Policy) -> tuple[Key, ...]:
    """Return the keys of a log by which its heads are verified under a policy.

    :raises Malformed: when the steps from the policy's keys to today's do not hold.
    """
    trusted = tuple(key for key in found.log_keys if key.name == log.origin)
    # A policy may know the log by older keys: it is followed, and never past what those keys announced.
    return tuple(rotation.followed(log, trusted).keys) if trusted else parse_keys(log.vkeys.encode())


def _best(log: Log, found: Policy) -> Witnessed | None:
    """Return the newest head of a log that has the quorum; else the last one that was cosigned at all.

    :raises Malformed: when the only ones that are kept do not hold.
    """
    with tenant_scope(log.tenant_id):
        newest: Checkpoint | None = Checkpoint.objects.order_by("-size").first()
    own = "" if newest is None else newest.note
    keys = keys_of(log, found)
    best = None
    trouble = None
    for raw in (witnessing.dressed(log, own.encode("utf-8")), witnessing.kept_witnessed(log)):
        if not raw:
            continue
        try:
            one = verified(raw, found, keys)
        except Malformed as why:
            trouble = why
            continue
        if one.quorum:
            return one
        best = best or one
    if best is None and trouble is not None:
        raise trouble
    return best


def lag(log: Log, found: Policy, now: datetime) -> Lag:
    """Return how far a log's witnessed head lags behind."""
    chosen = {one.origin for one in witnessing.chosen(found)}
    own = covered(log, found) if log.origin in chosen else None
    reached, head, through = (own.checkpoint.size, own, False) if own else (0, None, False)
    if log.tenant_id != DEPLOYMENT:
        deployment = covered(logs.of(DEPLOYMENT), found)
        anchored = _anchored(log, deployment.checkpoint.size) if deployment else 0
        if anchored > reached:
            reached, head, through = anchored, deployment, True
    with tenant_scope(log.tenant_id):
        size = Log.objects.get().size
        oldest: Entry | None = Entry.objects.filter(idx=reached).first()
    return Lag(
        log.origin,
        size,
        min(reached, size),
        datetime.fromtimestamp(max(head.times.values()), UTC) if head and head.times else None,
        None if oldest is None else oldest.at,
        now - oldest.at if oldest is not None else timedelta(0),
        through,
        tuple(sorted({key.name for key in head.good if key in found.witness_keys})) if head else (),
    )


def last_good(log: Log, now: datetime) -> replacing.Good:
    """Return the last state of a log by which it can stand when its keys were stolen."""
    policy = accepting.in_force().policy
    reached = 0 if policy is None else lag(log, policy, now).covered
    with tenant_scope(log.tenant_id):
        held = Checkpoint.objects.order_by("-size")
        seen: Checkpoint | None = held.filter(size=reached).first() if reached else None
        newest: Checkpoint | None = seen or held.first()
    if newest is None:
        return replacing.Good(0, CompactRange().root(), witnessed=False)
    return replacing.Good(newest.size, bytes(newest.root), witnessed=seen is not None)


@dataclass(frozen=True, slots=True)
class Standing:
    """How the current tenant's log stands with its witnesses, for its page.

    :param lag: None when nobody was named as a witness, or the file that names them cannot be read.
    :param fault: why the file of the witnesses is not what is used; empty when it is.
    :param contradicted: whether a witness holds a head that does not fit this log or the deployment's.
    """

    lag: Lag | None
    unreadable: bool = False
    contradicted: bool = False
    fault: str = ""


def standing(now: datetime) -> Standing:
    """Return how the current tenant's log stands with its witnesses."""
    try:
        force = accepting.in_force()
    except Invalid:
        return Standing(None, unreadable=True)
    found = force.policy
    if found is None or not found.witnesses:
        return Standing(None, fault=force.fault)
    own: Log = Log.objects.get()
    rounds = [witnessing.last_round(one) for one in (own, logs.of(DEPLOYMENT))]
    alarm = any(heard.alarm for one in rounds if one is not None for heard in one.heard)
    return Standing(lag(own, found, now), contradicted=alarm, fault=force.fault)


def named() -> tuple[str, ...]:
    """Return the names of the witnesses that are in force."""
    try:
        found = witnessing.policy()
    except Invalid:
        return ()
    return () if found is None else tuple(sorted({key.name for key in found.witness_keys}))


def covered(log: Log, found: Policy) -> Witnessed | None:
    """Return the newest head that this log published and that has the quorum, or None."""
    try:
        head = _best(log, found)
    except Malformed:
        return None
    return head if head is not None and head.quorum and not _elsewhere(log, head) else None


def _elsewhere(log: Log, head: Witnessed) -> bool:
    """Say whether a cosigned head is none that this log published: then it covers nothing here."""
    with tenant_scope(log.tenant_id):
        roots = [bytes(one) for one in _roots(head.checkpoint.size)]
    return head.checkpoint.root not in roots


def _roots(size: int) -> Iterable[bytes]:
    return Checkpoint.objects.filter(size=size).values_list("root", flat=True)


def _anchored(log: Log, size: int) -> int:
    """Return the size of a tenant's log that the deployment's first entries hold."""
    with tenant_scope(DEPLOYMENT):
        rows = Entry.objects.filter(kind="ledger.anchor", subject=f"log/{log.tag}", idx__lt=size)
        last: Entry | None = rows.order_by("-idx").first()
        return 0 if last is None else int(opened_event(last).facts["size"])


def judge(found: Policy) -> Iterator[Verdict]:
    """Say for each log that the policy is about whether a head of it has the quorum."""
    named = {key.name for key in found.log_keys}
    about = [log for log in witnessing.chosen(found) if not named or log.origin in named]
    if not about:
        yield Verdict("", False, 0, "The policy names no log of this installation.")
    for log in about:
        try:
            head = _best(log, found)
        except Malformed as why:
            yield Verdict(log.origin, False, 0, why.what)
            continue
        if head is None:
            yield Verdict(log.origin, False, 0, "No head of this log was published yet.")
            continue
        size = head.checkpoint.size
        if _elsewhere(log, head):
            yield Verdict(
                log.origin, False, size, f"The cosigned head at {size} is none that this log published."
            )
        elif head.quorum is None:
            yield Verdict(
                log.origin, None, size, "The quorum depends on signatures that cannot be checked here."
            )
        else:
            fault = "" if head.quorum else f"The head at {size} does not have the quorum of the policy."
            yield Verdict(log.origin, head.quorum, size, fault)
