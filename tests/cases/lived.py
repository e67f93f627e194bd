"""A small house that is lived in: an act of our own, a policy, a scan with a conflict, a list, a screening."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tests.scans.duties.written import written_act
from tests.screening.listed import take_in_book, take_in_list

from muniment.scans import actions as scans
from muniment.scans.models import Finding
from muniment.screening import actions as screening
from muniment.screening import jobs
from muniment.screening.models import Match
from muniment.sources import actions as sources
from muniment.spine.actor import Actor
from muniment.spine.queue import work_off
from muniment.spine.scope import tenant_scope
from muniment.vault import actions as vault

#: The rules for deadlines know this act by its number; the words are our own.
CELEX = "32016R0679"
ACT = """
## 5 Registers
1. The controller shall keep a register of all breaches of personal data.
## 32 Backups
1. The controller shall test the restoration of backups at least once a year.
## 33 Notification of a personal data breach
1. In the case of a personal data breach, the controller shall without undue delay and, where feasible, not later than \
72 hours after having become aware of it, notify the personal data breach to the supervisory authority.
"""
POLICY = b"""# Incident response

## Breaches of personal data

The data protection officer notifies a personal data breach to the supervisory authority without undue delay and
not later than 96 hours after having become aware of it.

A register of all breaches of personal data is kept by the data protection officer.
"""
WORDS = "The policy allows four days where the law allows three; the owner has promised a new text."


@dataclass
class House:
    """What was made."""

    snapshot: Any
    policy: Any
    scan: Any
    findings: list[Finding]

    @property
    def conflict(self) -> Finding:
        return next(one for one in self.findings if one.status == "conflict_found")


def take_in_act(operator: Actor) -> Any:
    origin = sources.Origin(
        key=CELEX, version="OJ:2016-05-04", publisher="Nobody's Office", authenticity="invented"
    )
    act = written_act(ACT, celex=CELEX)
    return sources.take_in(operator, [sources.File("act.txt", act.text.encode())], act, origin)


def live_in(operator: Actor, ada: Actor) -> House:
    """Take in an act and a policy, and hold one against the other."""
    snapshot = take_in_act(operator)
    policy = vault.receive(ada, [POLICY], name="incident.md", title="Incident response", owner="IT security")
    asked = scans.run(ada, snapshots=[snapshot.id])
    assert work_off() == 1
    with tenant_scope(ada.tenant):
        done = type(asked).objects.get(id=asked.id)
        found = list(Finding.objects.filter(scan=done).order_by("position"))
    return House(snapshot, policy, done, found)


def screen(operator: Actor, ada: Actor) -> UUID:
    """Take in a list and counterparties, screen them, and return the best alert."""
    take_in_list(operator)
    take_in_book(ada)
    asked = screening.run(ada)
    with tenant_scope(ada.tenant):
        jobs.perform(asked.id)
        best = Match.objects.filter(verdict="alert").order_by("-score").first()
        return best.id
