"""Witnesses that answer over TLS beside a test, and the policy of the installation that names them."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import trustme
from tests.proof.small_log import NOON
from tests.witness.answering import answering

from muniment.access.rules import OPERATOR, permissions
from muniment.ledger.models import Log
from muniment.ledger.tables.trusted import LogKey
from muniment.ledger.trust import accepting, rotation
from muniment.proof.note import parse_keys
from muniment.spine import config
from muniment.spine.actor import Actor, ActorKind, system
from muniment.spine.scope import DEPLOYMENT
from muniment.witness import folder as place
from muniment.witness.application import Answer, Witness


def put_into_force(text: str) -> None:
    """Let the operator propose witnesses and an administrator accept them."""
    made = accepting.propose_policy(system("operator", may=OPERATOR, via="cli"), body=text)
    accepting.accept_policy(administrator(DEPLOYMENT), sha256=made.sha256)


def administrator(tenant: UUID) -> Actor:
    """Somebody else than whoever proposed."""
    return Actor(
        id="00000000-0000-4000-8000-0000000000ad",
        kind=ActorKind.PERSON,
        tenant=tenant,
        may=permissions("administrator"),
        via="cli",
    )


def announce_keys(log: Log, now: datetime) -> LogKey:
    """Let the operator propose new keys of a log, and an administrator announce them."""
    operator = system("operator", may=OPERATOR, tenant=log.tenant_id, via="cli")
    sha256 = rotation.digest_of(rotation.propose(operator, log))
    return rotation.rotate(administrator(log.tenant_id), log, now, sha256)


class Houses:
    """Witnesses that run beside the test, and the policy that names them."""

    def __init__(self, stack: ExitStack, folder: Path, egress: Callable[[list[str]], None]) -> None:
        self.authority = trustme.CA()
        self.stack, self.folder, self.egress = stack, folder, egress
        self.lines: list[str] = []
        self.urls: list[str] = []
        self.held: dict[str, Witness] = {}
        self.says: dict[str, Any] = {}

    def open(self, name: str, *logs_known: Log, mirror: bool = False) -> Witness:
        """Let another witness answer."""
        place.make(self.folder / name, place.Settings(name, "https://localhost", "127.0.0.1", 1), NOON)
        for log in logs_known:
            place.trust(self.folder / name, parse_keys(log.vkeys.encode()))
        made = self.held[name] = Witness(self.folder / name, mirror=mirror)
        self.stack.callback(made.state.close)
        self.says[name] = made.add_checkpoint

        def says(raw: bytes) -> Answer:
            said: Answer = self.says[name](raw)
            return said

        url = self.stack.enter_context(answering(self.authority, says, made.add_entries))
        self.urls.append(url)
        self.lines += place.policy_lines(made.signer, url).splitlines()
        self.egress(self.urls)
        return made

    def policy(self, *more: str) -> None:
        """Write the policy of the installation, and let two persons put it into force."""
        text = "\n".join([*self.lines, *more]) + "\n"
        config.current().witnesses.write_text(text)
        put_into_force(text)

    @property
    def trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        return context
