"""The half of a stay that happens at the machine: every command that takes words."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from importlib import import_module
from typing import Any, ClassVar

import click
from tests.browser import material
from tests.faults import papers
from tests.faults.canary import Canaries
from tests.support.seeded import Seeded, totp

#: Seconds for which a code is shown.
STEP = 30
PASSWORD = "seven quiet herons by the lantern"


class Machine:
    """What was typed at the machine."""

    #: Options of the command line that take words out of a closed list, names of what is there, or digests.
    CLOSED: ClassVar[set[str]] = {
        "case list --state",
        "case decide --shown",
        "close-tenant --slug",
        "ledger accept-damage DIGEST",
        "ledger checkpoint --log",
        "ledger damage --log",
        "ledger export --cursor",
        "ledger export --from",
        "ledger export --kind",
        "ledger export --to",
        "ledger propose-damage --log",
        "ledger propose-damage NAME",
        "ledger retention --class",
        "ledger retention --tenant",
        "ledger confirm-key --log",
        "ledger propose-key --log",
        "ledger replace-key --log",
        "ledger rotate-key --log",
        "ledger rotate-key DIGEST",
        "list diff KEY",
        "list diff --new",
        "list diff --old",
        "replay --tenant",
        "scan run --act",
        "scan show --status",
        "screen show --verdict",
        "seed --slug",
        "source show --provision",
        "source show --version",
        "source show KEY",
        "token create --may",
    }

    #: Commands of a program apart: they write nothing into an installation, and all they are told is public.
    APART: ClassVar[set[str]] = {"witness"}

    house: Seeded
    canaries: Canaries
    words: dict[str, str]
    cases: list[str]
    options: set[str]
    used: dict[str, int]
    logins: dict[str, str]

    def at_the_machine(self) -> None:
        """Use the commands that take words."""
        sing = self.canaries.sing
        told = self.house.told
        self.logins = {}
        for role in ("analyst", "officer", "administrator"):
            self.logins[role] = f"{sing('command line: login')}@lantern.example".lower()
            self.run(
                "user create",
                "--tenant",
                "lantern",
                "--name",
                sing("command line: name"),
                "--login",
                self.logins[role],
                "--role",
                role,
                "--password-stdin",
                given=PASSWORD + "\n",
            )
        token = self.run(
            "token create", "--login", self.logins["analyst"], "--label", sing("command line: label")
        )
        self.words["token of the command line"] = json.loads(token)["token"].split("_", 2)[2]
        self.run("tenant create", "--name", sing("tenant", ordinary=True), "--slug", "canary-bird")
        self.public()
        file = self.house.home.with_name("token")
        file.write_text(told["api_token"])
        self.run(
            "case open",
            "--title",
            sing("command line: title"),
            "--item",
            f"evidence/{told['document_version']}",
            "--token-file",
            str(file),
        )
        file.unlink()

    def public(self) -> None:
        """Take in an act and a list with a canary in each description; public, so they stand in the clear."""
        act, entries = self.house.home.with_name("act.xhtml"), self.house.home.with_name("list.jsonl")
        act.write_bytes(material.act())
        entries.write_bytes(papers.a_list())
        for words, file, more in (
            ("source add", act, ["--format", "oj-xhtml", "--key", material.CELEX, "--version"]),
            (
                "list add",
                entries,
                ["--format", "ftm", "--key", "trial", "--title", self.public_word("title"), "--version"],
            ),
        ):
            said = [
                self.public_word("version"),
                "--publisher",
                self.public_word("publisher"),
                "--licence",
                self.public_word("licence"),
                "--source-uri",
                f"https://{self.public_word('address')}.example/",
            ]
            self.run(words, str(file), *more, *said)
            file.unlink()

    def public_word(self, where: str) -> str:
        return self.canaries.sing(f"public source: {where}", ordinary=True)

    def decide(self) -> None:
        """Decide a case by the command line, with the password and the code typed in."""
        case = self.cases[2]
        said = self.by_hand(
            "analyst",
            "case propose",
            *(case, "--outcome", "cleared", "--rationale", self.canaries.sing("command line: rationale")),
        )
        self.by_hand(
            "officer",
            "case decide",
            *(case, "--approve", "--reason", self.canaries.sing("command line: reason")),
            *("--shown", json.loads(said)["shown"]),
        )

    def build(self) -> None:
        """Build the proof of a decided case."""
        out = self.house.home.with_name("pack.zip")
        given_to = self.canaries.sing("command line: given to")
        self.by_hand("officer", "pack build", self.cases[2], "--out", str(out), "--given-to", given_to)
        out.unlink()

    def export(self) -> None:
        """Export the ledger."""
        sing = self.canaries.sing
        out = self.house.home.with_name("export.jsonl")
        self.by_hand(
            "officer",
            "ledger export",
            *("--format", "ocsf", "--out", str(out)),
            *("--actor", sing("command line: actor of an export")),
            *("--object", sing("command line: object of an export")),
        )
        out.unlink()
        out.with_name(f"{out.name}.manifest.json").unlink()

    def by_hand(self, role: str, words: str, *more: str) -> str:
        """Run a command as somebody who types password and code."""
        login, password, code = self.logins[role], PASSWORD, ""
        if role != "analyst":
            own = (login, password, self.words[f"TOTP of a new {role}"])
            other = self.house.login(role)
            people = [own, (other["login"], other["password"], other["secret"])]
            login, password, secret = min(people, key=lambda one: self.used.get(one[0], 0))
            code = self.code(login, secret)
        return self.run(words, *more, "--login", login, given=f"{password}\n{code}\n")

    def code(self, login: str, secret: str) -> str:
        """Return a code of this person's app that was not used yet.

        A clock may be half a minute slow, so the next code is good already; the one after it is waited for.
        """
        step = max(int(time.time() // STEP), self.used.get(login, 0) + 1)
        while time.time() // STEP < step - 1:
            time.sleep(0.2)
        self.used[login] = step
        return totp(secret, step * STEP)

    def run(self, words: str, *more: str, given: str = "") -> str:
        """Run a command and note its options."""
        self.options |= {f"{words} {one}" for one in more if one.startswith("--")}
        return self.house.command(*words.split(), *more, "--json", given=given).stdout

    def options_missing(self) -> set[str]:
        """Return the options that take any words and were not used."""
        from muniment.ops.cli.program import COMMANDS, NAMED

        found: set[str] = set()
        for name, known in [pair for pair in COMMANDS.items() if pair[0] not in self.APART]:
            module = import_module(f"muniment.ops.cli.{known.module}")
            found |= set(_options(getattr(module, NAMED.get(name, name)), name))
        return found - self.options - self.CLOSED


def _options(command: Any, name: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            yield from _options(inner, f"{name} {inner.name}")
        return
    for one in command.params:
        # Every command has --home and --login, and those name a folder and a person.
        if one.type is click.STRING and one.opts[0] not in {"--home", "--login"}:
            yield f"{name} {one.opts[0] if one.opts[0].startswith('--') else one.human_readable_name}"
