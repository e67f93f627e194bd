"""What a stranger sees while the demonstration runs: numbered steps, plain sentences, bars that move."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

#: Called with how far the work is, and out of how much.
Move = Callable[[int, int], None]


@dataclass(slots=True)
class Screen:
    """Writes steps on the terminal and keeps how long each took."""

    console: Console
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str, title: str) -> Iterator[None]:
        """Begin a numbered step; it ends with the time it took."""
        number = len(self.seconds) + 1
        self.console.print(f"\n[bold]{number}. {escape(title)}[/bold]")
        began = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - began, 2)
        self.console.print(f"   [dim]{self.seconds[name]:.1f} seconds[/dim]")

    def say(self, sentence: str) -> None:
        """Write a sentence."""
        self._print(escape(sentence), 3)

    def _print(self, text: str, indent: int) -> None:
        """Write a text whose further lines stand under its first one."""
        self.console.print(Padding(Text.from_markup(text), (0, 0, 0, indent)), highlight=False)

    def quote(self, words: str) -> None:
        """Write words that are somebody else's: of the law, of a policy, of the database."""
        for line in words.strip().splitlines():
            self._print(f"[italic]“{escape(line.strip())}”[/italic]", 6)

    def good(self, sentence: str) -> None:
        """Write a sentence about something that came out as it should."""
        self._print(f"[green]✓[/green] {escape(sentence)}", 3)

    def refused(self, sentence: str) -> None:
        """Write a sentence about something that was refused, as it should be."""
        self._print(f"[red]✗[/red] {escape(sentence)}", 3)

    def table(
        self, heads: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[int] = ()
    ) -> None:
        """Write a table.

        :param right: numbers of the columns that hold numbers.
        """
        drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for at, head in enumerate(heads):
            drawn.add_column(head, justify="right" if at in right else "left", no_wrap=at < len(heads) - 1)
        for row in rows:
            drawn.add_row(*(escape(str(cell)) for cell in row))
        self.console.print(Padding(drawn, (0, 0, 0, 3)))

    @contextmanager
    def bar(self, what: str, whole: int | None = None) -> Iterator[Move]:
        """Show a bar that moves; without a whole it only shows that something happens."""
        columns = [
            TextColumn("  "),
            SpinnerColumn(finished_text="[green]✓[/green]"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        ]
        with Progress(*columns, console=self.console, refresh_per_second=8) as progress:
            task = progress.add_task(escape(what), total=whole)

            def move(done: int, of: int) -> None:
                progress.update(task, completed=done, total=of)

            yield move
            shown = progress.tasks[0]
            done = shown.total or 1
            progress.update(task, completed=done, total=done)


#: Columns to write in when nobody's terminal says how many there are.
WIDTH = 110


def terminal(*, quiet: bool = False) -> Console:
    """Return the terminal; where there is none, lines are long enough for the tables."""
    found = Console(quiet=quiet, highlight=False)
    return found if found.is_terminal else Console(quiet=quiet, highlight=False, width=WIDTH)


def short(digest: str) -> str:
    """Return the beginning of a digest, for tables; the whole stands in the summary."""
    return digest[:16] + "…"


def number(count: int) -> str:
    """Return a count with its thousands parted."""
    return f"{count:,}"
