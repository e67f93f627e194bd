"""Run by a test in an installation of its own: every command once, and what each of them left in the ledger.

``python -m tests.faults.run_commands FOLDER`` reads what ``muniment seed`` told from standard input and prints JSON.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import django

django.setup()

from django.core.cache import cache  # noqa: E402  # models need Django set up
from django.db import DatabaseError  # noqa: E402  # as above
from tests.faults import state  # noqa: E402  # as above
from tests.faults.asked import Since, said  # noqa: E402  # as above
from tests.support.seeded import totp  # noqa: E402  # as above

from muniment.access.rules import OWN_ACCOUNT, ROLES  # noqa: E402  # as above
from muniment.ledger.models import Entry  # noqa: E402  # as above
from muniment.ledger.openings import opened_event  # noqa: E402  # as above
from muniment.ledger.refusals import _recent as recent  # noqa: E402  # as above
from muniment.ops.cli.program import run  # noqa: E402  # as above
from muniment.ops.demo import town  # noqa: E402  # as above
from muniment.ops.serving.catching_up import catch_up  # noqa: E402  # as above
from muniment.spine.scope import DEPLOYMENT, tenant_scope  # noqa: E402  # as above


@dataclass
class World:
    """What is there to give commands, and what the commands before have answered."""

    folder: Path
    told: dict[str, Any]
    got: dict[str, Any]
    kept_out: list[dict[str, Any]] = field(default_factory=list)

    def file(self, name: str, text: bytes = b"") -> str:
        """Return a path; a file of that name is there when it has a text."""
        path = self.folder / name
        if text:
            path.write_bytes(text)
        return str(path)

    def id(self, name: str) -> str:
        return str(self.told[name])


@dataclass(frozen=True)
class Sample:
    """One command as somebody gives it.

    :param leaf: the command. :param role: who shows a login; nobody for what the operator does.
    :param words: its arguments. :param code: how it must end.
    """

    leaf: str
    words: Callable[[World], list[str]] = lambda _: []
    role: str = ""
    code: int = 0


BECAUSE = ["--reason", "For a reason that is long enough."]
LIST = b'{"id": "x-1", "schema": "Person", "properties": {"name": ["Odo Lamp"], "topics": ["sanction"]}}\n'
NAMED = ["--format", "ftm", "--key", "lamps", "--publisher", "Town", "--title", "Lamps"]


def _act(world: World) -> list[str]:
    words = ["--format", "oj-xhtml", "--key", "32099R0002", "--version", "OJ:2099-02-01"]
    return [
        world.file("act.xhtml", town.act().replace(b"2099/1", b"2099/2")),
        *words,
        "--publisher",
        "Muniment",
    ]


def _user(world: World) -> list[str]:
    return [
        *("--tenant", "lantern", "--login", "new@lantern.example"),
        *("--name", "N P", "--role", "auditor"),
    ]


def _ask(world: World) -> list[str]:
    return [world.id("person"), "--basis", "gdpr-17-1", "--asked-for", "The person.", *BECAUSE]


def _shown(world: World) -> list[str]:
    return [world.id("open_case"), "--reject", *BECAUSE, "--shown", world.got["case propose"]["shown"]]


#: In this order: what a command needs was made by one before it.
SAMPLES: list[Sample] = [
    Sample("init", code=1),
    Sample("migrate"),
    Sample("check"),
    Sample("policy"),
    Sample("routes"),
    Sample("docs", lambda w: ["--into", w.file("pages")]),
    Sample("tenant create", lambda _: ["--name", "Wick and Oil", "--slug", "wick"]),
    Sample("tenant list"),
    Sample("user create", _user),
    Sample("token create", lambda _: ["--login", "analyst@lantern.example", "--label", "Nightly"]),
    Sample("seed", lambda _: ["--slug", "second"]),
    Sample("source add", _act),
    Sample("source list"),
    Sample("source show", lambda _: [town.CELEX]),
    Sample("list add", lambda w: [w.file("one.jsonl", LIST), *NAMED, "--version", "1"]),
    Sample(
        "list add",
        lambda w: [w.file("two.jsonl", LIST * 1 + LIST.replace(b"x-1", b"x-2")), *NAMED, "--version", "2"],
    ),
    Sample("list list"),
    Sample("list diff", lambda _: ["lamps"]),
    Sample("scan run", lambda _: ["--act", town.CELEX], "analyst"),
    Sample("scan show", lambda w: [w.id("scan")], "analyst"),
    Sample("replay", lambda w: [w.id("scan"), "--tenant", "lantern"]),
    Sample("screen run", role="analyst"),
    Sample("screen show", lambda w: [w.id("screening")], "analyst"),
    Sample("screen replay", lambda w: [w.id("result")], "analyst"),
    Sample("case open", lambda _: ["--title", "A broken lantern"], "analyst"),
    Sample("case list", role="auditor"),
    Sample("case show", lambda w: [w.id("case")], "auditor"),
    Sample(
        "case propose",
        lambda w: [w.id("open_case"), "--outcome", "cleared", "--rationale", "It is not broken at all."],
        "analyst",
    ),
    Sample("case decide", _shown, "officer"),
    Sample(
        "pack build",
        lambda w: [w.id("case"), "--out", w.file("pack.zip"), "--given-to", "an auditor"],
        "officer",
    ),
    Sample("pack verify", lambda w: [w.file("pack.zip")]),
    Sample("ledger settle"),
    Sample("ledger checkpoint"),
    Sample("ledger verify"),
    Sample("ledger checks"),
    Sample("ledger export", lambda w: ["--format", "csv", "--out", w.file("export.csv")], "officer"),
    Sample("ledger verifier", lambda w: ["--out", w.file("verify.py")]),
    Sample("ledger prune"),
    Sample("ledger retention", lambda _: ["--tenant", "lantern"]),
    Sample("ledger pushed"),
    Sample("ledger timed", lambda w: [w.id("entry"), "--out", w.file("entry")]),
    Sample("ledger receipt", lambda w: [w.id("entry")]),
    Sample("ledger stream", lambda w: [f"cases.Case/{w.id('case')}", "--out", w.file("stream")], "auditor"),
    Sample("ledger stamp", code=1),
    Sample("ledger propose-key"),
    Sample("ledger rotate-key", lambda w: [w.got["ledger propose-key"]["sha256"]], "administrator"),
    Sample("ledger replace-key", code=1),
    Sample("ledger confirm-key", role="administrator", code=1),
    Sample("ledger policy"),
    Sample("ledger propose-policy", lambda w: [w.file("policy", b"quorum none\n")]),
    Sample("ledger accept-policy", lambda w: [w.file("policy")], "administrator"),
    Sample("ledger damage"),
    Sample("ledger propose-damage", lambda _: ["nothing", *BECAUSE], code=1),
    Sample("ledger accept-damage", lambda _: ["0" * 64], "administrator", 1),
    Sample("clock show"),
    Sample("clock propose", lambda _: ["1"], "officer", 1),
    Sample("clock confirm", lambda _: ["1"], "administrator", 1),
    Sample("hold place", lambda w: ["--on", "case", "--target", w.id("case"), *BECAUSE], "officer"),
    Sample("hold list", role="auditor"),
    Sample("hold ask-lift", lambda w: [w.got["hold place"]["id"], *BECAUSE], "officer"),
    Sample("hold lift", lambda w: [w.got["hold place"]["id"]], "administrator"),
    Sample("erase-subject ask", _ask, "administrator"),
    Sample("erase-subject list", role="auditor"),
    Sample(
        "erase-subject answer", lambda w: [w.got["erase-subject ask"]["id"], "--approve", *BECAUSE], "officer"
    ),
    Sample("ledger settle"),
    Sample(
        "erase-subject certificate",
        lambda w: [w.got["erase-subject ask"]["id"], "--to", w.file("certificate")],
        "auditor",
    ),
    Sample("erase-subject clean"),
    Sample("erase-subject resume"),
    Sample("erase-subject ask", lambda w: [w.id("tenant"), *_ask(w)[1:]], "administrator"),
    Sample(
        "erase-subject answer", lambda w: [w.got["erase-subject ask"]["id"], "--approve", *BECAUSE], "officer"
    ),
    Sample("close-tenant", lambda _: ["--slug", "lantern"]),
]


def typed(world: World, sample: Sample, role: str = "") -> tuple[list[str], str]:
    """Return the words of a command and what is typed when it asks who somebody is.

    :param role: whose login is shown in the place of the one that may.
    """
    words = [*sample.leaf.split(), *sample.words(world), "--json"]
    if not sample.role:
        return words, ""
    login = next(one for one in world.told["logins"] if one["role"] == (role or sample.role))
    # A code of an app is good once; here there is no waiting for the next one.
    with contextlib.suppress(DatabaseError):
        cache.clear()
    code = totp(login["secret"]) if login["secret"] else ""
    return [*words, "--login", login["login"]], f"{login['password']}\n{code}\n"


def given(words: list[str], text: str) -> tuple[int, str, str]:
    """Run a command in this process; returns its code and what it said."""
    out, err = io.StringIO(), io.StringIO()
    before, sys.stdin = sys.stdin, io.StringIO(text)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(words)
    finally:
        sys.stdin = before
    return code, out.getvalue(), err.getvalue()


def everything(world: World) -> Iterator[dict[str, Any]]:
    """Run each sample, and where somebody shows a login also a wrong one; yield what it left."""
    since = Since()
    world.told["entry"] = str(next(iter(since.seen)))
    for sample in SAMPLES:
        if sample.role and sample.leaf not in {one["leaf"] for one in world.kept_out}:
            world.kept_out += kept_out(world, sample)
            since.new()
        words, text = typed(world, sample)
        code, out, err = given(words, text)
        if code == 0 and out.startswith("{"):
            world.got[sample.leaf] = json.loads(out)
        yield {
            "leaf": sample.leaf,
            "role": sample.role,
            "wanted": sample.code,
            "code": code,
            "err": err[-600:],
            "left": [asdict(one) for one in since.new()],
        }


def kept_out(world: World, sample: Sample) -> Iterator[dict[str, Any]]:
    """Give a command by people whose role does not hold what it needs; yield what each of them left and changed.

    What it needs is told by the refusal of somebody whose role holds nothing at all; then somebody tries who may do
    most of all that may not do this.
    """
    since = Since()
    held = dict(ROLES)

    def once(role: str) -> dict[str, Any]:
        words, text = typed(world, sample, role)
        before, there = state.rows(state.ON_RECORD), state.files(world.folder)
        code, out, err = given(words, text)
        changed = state.other(before, state.rows(state.ON_RECORD))
        changed += sorted({*state.files(world.folder)} ^ {*there})
        left = [asdict(one) for one in since.new()]
        seen = {"code": code, "out": out, "err": err[-600:], "changed": changed, "left": left}
        return {"leaf": sample.leaf, "role": role, "may": sorted(ROLES[role]), **seen}

    ROLES["auditor"] = OWN_ACCOUNT
    try:
        nothing = once("auditor")
    finally:
        ROLES.update(held)
    yield nothing
    needed = {one["kind"] for one in nothing["left"] if one["outcome"] == "refused"}
    lacking = [role for role, may in held.items() if not may & needed]
    if lacking:
        yield once(max(lacking, key=lambda role: len(held[role])))


def refusals(world: World) -> Iterator[dict[str, Any]]:
    """Give each command words that it refuses; yield what that left."""
    since = Since()
    for leaf in dict.fromkeys(sample.leaf for sample in SAMPLES):
        # Beyond thirty a minute they are counted; here each is looked at.
        recent.clear()
        code, _out, err = given([*leaf.split(), "--no-such-option"], "")
        yield {"leaf": leaf, "code": code, "err": err[-600:], "left": [asdict(one) for one in since.new()]}


def founding() -> dict[str, Any]:
    """Return what the command left that made this installation: it stands at the beginning of its own log."""
    with tenant_scope(DEPLOYMENT):
        first = Entry.objects.get(idx=0)
    request = opened_event(first).value("origin")["request"]
    left = [asdict(one) for one in said(DEPLOYMENT, request)]
    return {"leaf": "init", "role": "", "wanted": 0, "code": 0, "err": "", "left": left}


def main() -> None:
    """Run everything and print what was seen."""
    world = World(Path(sys.argv[1]), json.load(sys.stdin), {})
    refused = list(refusals(world))
    done = [founding(), *everything(world)]
    since = Since()
    with contextlib.redirect_stderr(io.StringIO()) as err:
        code = catch_up()
    done.append(
        {
            "leaf": "serve",
            "role": "",
            "wanted": 0,
            "code": code,
            "err": err.getvalue(),
            "left": [asdict(one) for one in since.new()],
        }
    )
    json.dump({"done": done, "refused": refused, "kept_out": world.kept_out}, sys.stdout, default=str)


if __name__ == "__main__":
    main()
