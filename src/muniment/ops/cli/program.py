"""The program `muniment`: the list of its commands, loading them when asked for, and how every failure ends."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import click

from muniment.ops.cli import answers, entries, recording
from muniment.spine import config
from muniment.spine.errors import Busy, MunimentError
from muniment.spine.keys import KeyFault

DONE, REFUSED, NOT_KNOWN = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Lazy:
    """A command that is loaded when somebody asks for it.

    :param needs: ``nothing``, ``tables`` (Django and its models) or ``installation`` (its keys too).
    """

    module: str
    help: str
    needs: str = "installation"


COMMANDS: Final = {
    "init": Lazy("init", "Make an installation in an empty folder.", "tables"),
    "migrate": Lazy("init", "Bring the tables up to date, as their owner."),
    "check": Lazy("check", "Print the settings in force and what is wrong.", "nothing"),
    "serve": Lazy(
        "serve", "Serve the pages, do the work that waits and settle the ledger, until stopped.", "nothing"
    ),
    "demo": Lazy("demo", "Show an invented firm from beginning to end, on real law and lists.", "nothing"),
    "docs": Lazy("docs", "Write the reference pages out of the code, or check them.", "tables"),
    "policy": Lazy("policy", "Print which role may do what.", "tables"),
    "routes": Lazy("policy", "Print every address of the web pages and of the API.", "tables"),
    "tenant": Lazy("tenants", "Tenants of this installation."),
    "user": Lazy("people", "People with an account."),
    "token": Lazy("people", "Secrets with which programs act for people."),
    "seed": Lazy("seed", "Make an example tenant with one of everything."),
    "source": Lazy("sources", "Acts of law, as their publishers published them."),
    "list": Lazy("lists", "Lists of parties, as their publishers published them."),
    "scan": Lazy("scans", "Duties of the law held against a tenant's documents."),
    "screen": Lazy("screenings", "Counterparties held against the lists."),
    "case": Lazy("cases", "What waits for somebody's decision."),
    "pack": Lazy("packs", "Proofs of decided cases, for people who need not trust us.", "tables"),
    "ledger": Lazy("ledger", "The record of everything that was done.", "tables"),
    "erase-subject": Lazy(
        "erasing", "Somebody's data: asked for by one person, erased by the word of another."
    ),
    "hold": Lazy("erasing", "Legal holds: what must not be erased."),
    "close-tenant": Lazy(
        "erasing", "Close an organisation and destroy its keys, as two of its people ordered."
    ),
    "witness": Lazy("witness", "A program apart that cosigns the heads of other people's logs.", "nothing"),
    "timestamp": Lazy("timestamp", "A time-stamp authority for tests and demonstrations.", "nothing"),
    "clock": Lazy("clock", "The clock of the machine, and the word of two people that it is right."),
    "replay": Lazy("scans", "Do a scan again from the stored bytes and compare."),
}
#: Commands whose function has a longer name, since Python keeps the short one for itself.
NAMED: Final = {
    "list": "lists",
    "seed": "seed",
    "erase-subject": "erase_subject",
    "close-tenant": "close_tenant",
}
#: Commands that must work on an installation whose erasure journal is not whole.
BEFOREHAND: Final = frozenset({"ledger", "migrate"})


def _home_in(arguments: list[str]) -> str | None:
    """Return what ``--home`` says among the arguments of a command that is not loaded yet."""
    for at, word in enumerate(arguments):
        if word == "--":
            break
        if word.startswith("--home="):
            return word.removeprefix("--home=")
        if word == "--home" and at + 1 < len(arguments):
            return arguments[at + 1]
    return None


class Program(click.Group):
    """The group of all commands, each loaded on demand."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Return the names of all commands in the order of the table."""
        return list(COMMANDS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands out of the table, without loading one."""
        _ = ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, known.help) for name, known in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take the folder out of the arguments before the command is loaded."""
        home = _home_in(args)
        if home is not None:
            os.environ["MUNIMENT_HOME"] = str(Path(home).absolute())
        wanted = ctx.ensure_object(dict)
        wanted["help"] = "--help" in args
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command and what it needs."""
        known = COMMANDS.get(cmd_name)
        if known is None:
            return None
        if known.needs != "nothing":
            keys = known.needs == "installation" and not ctx.ensure_object(dict).get("help")
            prepare(keys=keys)
            if keys and cmd_name not in BEFOREHAND:
                from muniment.lifecycle import closing  # noqa: PLC0415  # models need Django set up

                closing.catch_up_all()
        module = import_module(f"muniment.ops.cli.{known.module}")
        command: click.Command = getattr(module, NAMED.get(cmd_name, cmd_name))
        recording.use(entries.Ink())
        recording.on_record(command, cmd_name)
        return command


def require_installation() -> None:
    """Refuse to go on where there is no installation.

    :raises Busy: then.
    """
    if not config.current().master_key.exists():
        raise Busy(
            "There is no installation in this folder.", todo="Make one with: muniment init --home FOLDER."
        )


def prepare(*, keys: bool) -> None:
    """Load Django with the settings of the folder.

    :param keys: whether an installation must be there.
    :raises Busy: when it must and is not.
    """
    import django  # noqa: PLC0415  # loaded with the settings of the folder that the command names

    if keys:
        require_installation()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "muniment.site.settings")
    django.setup()


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def program() -> None:
    """Muniment: compliance work you can prove."""


def _of_the_database(fault: BaseException) -> bool:
    # Where Django was not loaded, no database was asked.
    known = sys.modules.get("django.db")
    return known is not None and isinstance(fault, known.DatabaseError)


def _ended(fault: BaseException, *, as_json: bool) -> int:
    """Say in one sentence why a command did not do what it should; returns the exit code."""
    if isinstance(fault, click.ClickException):
        if isinstance(fault, click.UsageError):
            recording.not_understood(fault)
        fault.show()
        return fault.exit_code
    if isinstance(fault, (click.Abort, KeyboardInterrupt)):
        answers.complain("Stopped.")
        return REFUSED
    if isinstance(fault, MunimentError):
        answers.complain(str(fault))
        if as_json:
            told = {"error": fault.code, "what": fault.what, "todo": fault.todo, "where": fault.where}
            answers.print_json(told)
        return NOT_KNOWN if isinstance(fault, Busy) else REFUSED
    if isinstance(fault, KeyFault):
        # Words of our own, without anything that is stored.
        answers.complain(str(fault))
        if as_json:
            told = {"error": "keys", "what": str(fault), "todo": "Restore the folder of keys.", "where": ""}
            answers.print_json(told)
        return NOT_KNOWN
    if _of_the_database(fault):
        return _ended(recording.unwritten(), as_json=as_json)
    # Words of other exceptions may quote what is stored, so only their kind is told.
    kind = f"{type(fault).__module__}.{type(fault).__qualname__}"
    answers.complain(
        f"This could not be done: {kind}. Run muniment check to see whether the installation is whole."
    )
    if as_json:
        answers.print_json({"error": "fault", "what": kind, "todo": "", "where": ""})
    if os.environ.get("MUNIMENT_DEBUG") == "true":
        raise fault
    return NOT_KNOWN


def run(arguments: list[str]) -> int:
    """Run the program with these arguments and return its exit code."""
    try:
        answer: Any = program.main(args=arguments, prog_name="muniment", standalone_mode=False)
    except BaseException as fault:  # noqa: BLE001  # whatever happens ends in a sentence and a code
        if isinstance(fault, SystemExit):
            return int(fault.code or 0)
        return _ended(fault, as_json="--json" in arguments)
    return answer if isinstance(answer, int) else DONE


def main() -> None:
    """Run the program with the arguments of this process."""
    os.umask(0o077)
    sys.exit(run(sys.argv[1:]))
