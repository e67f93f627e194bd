"""Sees to it that a command leaves an entry: before it answers, and when it refuses.

Rules: no ledger, no answer: what cannot be put on record is not printed; who acts is the operator, with the name of the
user on the machine, or whoever proved to be somebody; of what was typed only identifiers, numbers, choices and short
names are kept; what left an entry of its own is not told twice. The one exception is verifying, which must remain
possible where the ledger is broken: it says then that it is not on record.

Nothing of Django and of the ledger is known to this file: a witness, too, answers through it.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import click

from muniment.ops import machine
from muniment.ops.cli.unrecorded import COMMANDS
from muniment.spine import asking, ports
from muniment.spine.errors import Busy, MunimentError

if TYPE_CHECKING:
    from muniment.spine.actor import Actor

LONGEST: Final = 80
#: Options and arguments that hold a short name and never a person's.
NAMES: Final = frozenset({"key", "new", "old", "origin", "provision", "slug", "tenant", "version"})
PROGRAM: Final = "muniment"
#: Commands whose entry is left by a process of theirs, since they load no tables themselves.
ELSEWHERE: Final = frozenset({"serve"})


@dataclass(slots=True)
class Running:
    """The command that runs.

    :param listed: whether it stands on the list of those that leave no entry.
    :param actor: who proved to be somebody; the operator until then.
    :param before: how many entries were left before it did anything, such as that somebody signed in.
    :param goes_on: whether it answers even when it cannot be put on record. :param came: what came of it.
    """

    asked: asking.Asking
    listed: bool
    actor: Actor | None = None
    before: int = 0
    goes_on: bool = False
    came: str = ""


class Pen(Protocol):
    """What writes entries into the ledger; this file knows neither the ledger nor its tables."""

    def leave(self, running: Running) -> None:
        """Leave the entry of a command."""

    def refuse(self, actor: Actor | None, fault: BaseException) -> None:
        """Leave the entry of a command that ended without doing what it should, if there is a ledger."""


_pens: Final[list[Pen]] = []
_running: ContextVar[Running | None] = ContextVar("muniment_command", default=None)


def use(pen: Pen) -> None:
    """Say what writes the entries: the program does so before the first command runs."""
    _pens[:] = [pen]


def _pen() -> Pen:
    if not _pens:
        raise RuntimeError
    return _pens[0]


def target_of(context: click.Context) -> dict[str, str]:
    """Return what a command was about: identifiers, numbers, choices and short names, never free text."""
    told: dict[str, str] = {}
    for one in context.command.params:
        value = context.params.get(one.name or "")
        if value is None or value in ("", (), False) or one.name == "as_json":
            continue
        closed = isinstance(one.type, click.Choice | click.types.UUIDParameterType | click.types.IntParamType)
        if closed or one.name in NAMES or value is True:
            told[str(one.name)] = str(value)[:LONGEST]
    return told


def on_record(command: click.Command, path: str) -> None:
    """Let a command, or each command of a group, leave an entry whenever it is run."""
    if isinstance(command, click.Group):
        for name, under in command.commands.items():
            on_record(under, f"{path} {name}")
        return
    body = command.callback
    if body is not None and not hasattr(body, "__recorded__"):
        command.callback = _recorded(path, body)


def _recorded(path: str, body: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(body)
    def run(*given: Any, **named: Any) -> Any:
        with asking.asked(ports.new_id().hex, f"{PROGRAM} {path}") as asked:
            asked.target = target_of(click.get_current_context())
            asked.user = machine.user()
            one = Running(asked, path in COMMANDS or path in ELSEWHERE)
            token = _running.set(one)
            try:
                ended = body(*given, **named)
                leave()
            except (click.exceptions.Exit, SystemExit):
                raise
            except BaseException as fault:
                _refused(one, path, fault)
                raise
            else:
                return ended
            finally:
                _running.reset(token)

    run.__recorded__ = True  # type: ignore[attr-defined]  # so that it is wrapped once, however often it is asked for
    return run


def known(actor: Actor) -> None:
    """Say who proved to be somebody; from here on the command acts in their name."""
    one = _running.get()
    if one is not None:
        one.actor = actor
        one.before = one.asked.entries


def beside() -> None:
    """Say that what was put on record so far is the house's own doing and not what the command is about."""
    one = _running.get()
    if one is not None:
        one.before = one.asked.entries


def came(words: str) -> None:
    """Say in a few words what came of the command that runs, for its entry."""
    one = _running.get()
    if one is not None:
        one.came = words


def must_answer() -> None:
    """Say that the command that runs answers even where the ledger is broken, since it is there to find that out."""
    one = _running.get()
    if one is not None:
        one.goes_on = True


def leave() -> None:
    """Leave an entry for the command that runs, unless it has left one; called before anything is printed.

    :raises Busy: when the ledger cannot be written; then nothing may be printed.
    """
    one = _running.get()
    if one is None or one.listed or one.asked.entries > one.before:
        return
    try:
        _pen().leave(one)
    except Exception as fault:
        if not one.goes_on:
            raise unwritten() from fault
        # What was found is told whatever is broken.
        one.listed = True
        why = f" ({fault.what})" if isinstance(fault, MunimentError) else ""
        sys.stderr.write(f"That this was asked is not on record: the ledger cannot be written{why}.\n")


def unwritten() -> Busy:
    """Return the refusal of a command that cannot be put on record."""
    return Busy(
        "The ledger cannot be written, so nothing is done and nothing is shown.",
        todo="See that the disk has room and that the database accepts changes, then: muniment check.",
    )


def _refused(one: Running, path: str, fault: BaseException) -> None:
    listed = COMMANDS.get(path)
    if one.asked.refusals or (listed is not None and listed.refusals):
        return
    _pen().refuse(one.actor, fault)


def not_understood(fault: click.UsageError) -> None:
    """Put on record that a command was refused before it began, since its words were not understood."""
    path = "" if fault.ctx is None else fault.ctx.command_path.removeprefix(PROGRAM).strip()
    listed = COMMANDS.get(path)
    if not path or (listed is not None and listed.refusals):
        return
    with asking.asked(ports.new_id().hex, f"{PROGRAM} {path}") as asked:
        asked.user = machine.user()
        _pen().refuse(None, fault)


def apart() -> None:
    """Say that the command that runs does without the installation after all."""
    one = _running.get()
    if one is not None:
        one.listed = True
