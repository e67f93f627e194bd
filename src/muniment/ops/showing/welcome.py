"""The last thing on the screen: what came of the tour, how to sign in, and the codes of the moment. No Django here."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from muniment.ops.demo import codes
from muniment.ops.showing.screen import number


def summary(console: Console, told: dict[str, Any]) -> None:
    """Write what came of the tour."""
    counts, seconds = told["counts"], told["seconds"]
    console.print("\n[bold]Summary[/bold]")
    drawn = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    rows = [
        (
            "law and lists",
            f"{counts['acts']} acts, {counts['lists']} lists with {number(counts['listed_parties'])} parties",
        ),
        (
            "the firm",
            f"{counts['documents']} policies, {counts['counterparties']} counterparties, {counts['owners']} owners",
        ),
        (
            "findings",
            ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in told["findings"].items())
            or "none",
        ),
        ("findings' fingerprint", told["findings_digest"] or "none"),
        ("screening", f"{told['screening']['alerts']} alerts, {told['screening']['clear']} clear"),
        ("screening's fingerprint", told["screening_digest"]),
        ("ledger", f"{number(counts['ledger_entries'])} entries, all of them hold"),
        (
            "witnessed",
            f"{number(told['witnessed']['entries'])} entries by {', '.join(told['witnessed']['by'])}",
        ),
        ("proof", told["pack"]["path"]),
        ("erased", f"{told['erased']['reference']}; {told['erased']['certificate']}"),
        ("time", f"{seconds['all']:.0f} seconds"),
        ("memory at most", f"{sum(told['peak_memory_kb'].values()) // 1024} MB"),
        ("all of it", f"{told['paths']['results']}/summary.json"),
    ]
    for name, value in rows:
        drawn.add_row(f"[dim]{escape(name)}[/dim]", escape(str(value)))
    console.print(drawn)


def logins(console: Console, people: Sequence[dict[str, str]], address: str, authority: str) -> None:
    """Write how each person signs in."""
    console.print(f"\n[bold]Sign in at {escape(address)}[/bold]")
    console.print(
        "Your browser does not know this machine's certificate yet: accept it, or tell the browser to trust"
        f" {escape(authority)}.",
        highlight=False,
    )
    drawn = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for head in ("role", "login", "password", "authenticator secret"):
        drawn.add_column(head, no_wrap=True)
    for one in people:
        drawn.add_row(
            *(escape(one[name] or "no code needed") for name in ("role", "login", "password", "secret"))
        )
    console.print(drawn)
    console.print(
        "Put the secret into an authenticator app, or read the code below. The second firm's officer sees nothing"
        " of the first firm: try it.",
        highlight=False,
    )


class Codes:
    """Writes the codes of the moment whenever they change; on a terminal only, since elsewhere nobody reads them."""

    def __init__(self, console: Console, people: Sequence[dict[str, str]]) -> None:
        self.console = console
        self.people = [one for one in people if one["secret"]]
        self.period = -1

    def show(self) -> None:
        """Write the codes if they are other ones than before."""
        at = time.time()
        period = int(at) // codes.PERIOD
        if period == self.period or (self.period >= 0 and not self.console.is_terminal):
            return
        self.period = period
        shown = "   ".join(
            f"{one['login'].split('@')[0]} {codes.code(one['secret'], at)}" for one in self.people
        )
        left = codes.PERIOD - int(at) % codes.PERIOD
        self.console.print(
            f"Codes for the next {left} seconds:  [bold]{escape(shown)}[/bold]", highlight=False
        )
