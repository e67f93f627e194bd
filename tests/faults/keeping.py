"""The part of a stay that is about trust and erasure: holds, orders to erase, questions that are kept, witnesses."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

from tests.faults.canary import Canaries
from tests.faults.machine import PASSWORD, Machine
from tests.faults.visitor import Visitor
from tests.support.seeded import Seeded

ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


#: Bends a count of refusals, as whoever has the database can.
BEND = """
import sys
from uuid import UUID
from muniment.ops.cli.program import prepare
prepare(keys=True)
from django.db import transaction
from muniment.ledger import tally
from muniment.spine.actor import system
from muniment.spine.models import Tally
from muniment.spine.scope import tenant_scope
tenant = UUID(sys.argv[1])
with tenant_scope(tenant), transaction.atomic():
    tally.count(system("trial", may=frozenset(), tenant=tenant), "cases.open")
    Tally.objects.filter(tenant_id=tenant, actor_kind="system").update(times=1_000_000)
"""


class Keeping(Machine):
    """What is held, erased, kept and trusted; what a person writes to it goes through every way in."""

    house: Seeded
    canaries: Canaries
    people: dict[str, Visitor]
    fill: Any

    def new_person(self) -> str:
        """Return a counterparty that somebody just added and nothing refers to."""
        reference = self.canaries.sing("reference", ordinary=True)
        given = {"reference": reference, "name": self.canaries.sing("name of somebody to erase")}
        path = "/counterparties/add/"
        page = self.fill(self.people["analyst"], path, path, kind="person", only=given)
        return ID.search(page.address).group()

    def asked_erasure(self) -> str:
        """Return an order to erase that the administrator asked for and nobody answered."""
        visitor = self.people["administrator"]
        target = self.new_person()
        page = self.fill(visitor, "/lifecycle/", "/lifecycle/erasures/", target=target, basis="gdpr-17-1")
        return ID.search(page.address).group()

    def placed_hold(self) -> str:
        """Return a legal hold on a person."""
        page = self.fill(
            self.people["officer"], "/lifecycle/", "/lifecycle/holds/", on="subject", target=self.new_person()
        )
        [*_others, ask] = [one for one in self.people["officer"].forms(page) if one.action.endswith("/ask/")]
        return ID.search(ask.action).group()

    def keeping(self) -> None:
        """Hold, ask to lift, ask to erase, answer no and yes, keep a question: on the pages."""
        officer = self.people["officer"]
        self.placed_hold()
        self.fill(officer, "/lifecycle/", "/ask/")
        for said in ("no", "yes"):
            order = self.asked_erasure()
            self.fill(officer, f"/lifecycle/erasures/{order}/", "/answer/", approve=said)
        for field in ("actor", "subject", "about"):
            asked = self.canaries.sing(f"a question that is kept: {field}")
            self.fill(officer, f"/ledger/?{field}={asked}", "/ledger/questions/keep/")

    def at_the_machine_again(self) -> None:
        """Do by the command line what two people do, in turn: each code of an app is good once."""
        sing = self.canaries.sing
        self.decide()
        held = self.by_hand(
            "administrator",
            "hold place",
            *("--on", "subject", "--target", self.new_person()),
            *("--reason", sing("command line: hold")),
        )
        self.build()
        order = self.by_hand(
            "administrator",
            "erase-subject ask",
            *(self.new_person(), "--basis", "gdpr-17-1", "--asked-for", sing("command line: who asks")),
            *("--reason", sing("command line: erasure")),
        )
        self.export()
        policy = self.house.home.with_name("policy")
        policy.write_text(f"# {sing('policy', ordinary=True)}\nquorum none\n")
        self.run("ledger propose-policy", str(policy))
        self.by_hand("administrator", "ledger accept-policy", str(policy))
        policy.unlink()
        self.by_hand(
            "administrator",
            "hold ask-lift",
            *(json.loads(held)["id"], "--reason", sing("command line: lifting")),
        )
        self.by_hand(
            "officer",
            "erase-subject answer",
            *(json.loads(order)["id"], "--approve", "--reason", sing("command line: answer")),
        )
        self.accept_damage()
        out = self.house.home.with_name("stream.proof")
        asked = ["ledger", "stream", sing("command line: stream"), "--out", str(out)]
        given = ["--login", self.logins["analyst"], "--json"]
        # That it is no name of a stream is found out only after it was looked for.
        self.house.command(*asked, *given, given=f"{PASSWORD}\n\n", expect=1)
        self.options.add("ledger stream NAME")

    def accept_damage(self) -> None:
        """Let two people accept that a count was bent; why they do is theirs and not for the disk."""
        subprocess.run(
            [sys.executable, "-c", BEND, self.house.told["tenant"]],
            env=self.house.environment,
            check=True,
        )
        seen = self.house.command("ledger", "damage", "--json", expect=1)
        [found] = json.loads(seen.stdout)["damage"]
        reason = self.canaries.sing("command line: why damage is accepted")
        self.run("ledger propose-damage", found["name"], "--log", found["log"], "--reason", reason)
        self.by_hand("administrator", "ledger accept-damage", found["digest"])
