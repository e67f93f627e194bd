"""``make bench``: the table of measures, in one run. ``--write`` puts it into docs/benchmarks.md."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("ledger_bench", "write_bench", "verify_bench", "law_bench", "screening_bench", "site_bench")


def part(name: str) -> dict[str, Any]:
    """Run one part in a process of its own and return its figures; a part that fails is shown as failed."""
    print(f"measuring: {name} …", file=sys.stderr, flush=True)
    code = (
        "from bench import screening_bench, yardstick; yardstick.say(screening_bench.run())"
        if name == "screening_bench"
        else f"from bench import {name}; {name}.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(done.stderr[-3000:], file=sys.stderr)
        return {"failed": True}
    figures: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


@dataclass(frozen=True)
class Measure:
    """One line of the table: what, the target in words and as a number, and where the figure stands.

    :param more: whether more is better.
    """

    what: str
    wanted: str
    part: str
    key: str
    unit: str
    target: float
    more: bool = False

    def row(self, found: dict[str, dict[str, Any]]) -> str:
        """Return the line."""
        figures = found[self.part]
        if figures.get("failed") or self.key not in figures:
            return f"| {self.what} | {self.wanted} | not measured | {figures.get('missing', 'failed')} | – |"
        value, yard = figures[self.key], figures["hashing_seconds"]
        met = value >= self.target if self.more else value <= self.target
        ratio = value * yard if self.more else value / yard
        word = "met" if met else "MISSED"
        return f"| {self.what} | {self.wanted} | {value:,.2f} {self.unit} | {ratio:,.1f} | {word} |"


MEASURES = (
    Measure(
        "screening against stock logic-v2, 50 candidates, same list",
        "2.5 times",
        "screening_bench",
        "ratio",
        "times",
        2.5,
        more=True,
    ),
    Measure("the twelve acts parsed and stored", "10 s", "law_bench", "acts_seconds", "s", 10),
    Measure("three acts against 20 documents", "15 s", "law_bench", "scan_seconds", "s", 15),
    Measure("actions, one per commit", "300 /s", "ledger_bench", "actions_per_second", "/s", 300, more=True),
    Measure(
        "events in batches of 100",
        "3,000 /s",
        "ledger_bench",
        "events_per_second_batched",
        "/s",
        3000,
        more=True,
    ),
    Measure(
        "inclusion proofs verified", "80,000 /s", "ledger_bench", "proofs_per_second", "/s", 80_000, more=True
    ),
    Measure(
        "outbox against one shared head row, PostgreSQL, 16 connections, ten events a commit",
        "5 times",
        "write_bench",
        "outbox_to_head_row",
        "times",
        5,
        more=True,
    ),
    Measure(
        "the same, how often its slowest hundredth fits into the other's",
        "5 times",
        "write_bench",
        "outbox_p99_to_head_row",
        "times",
        5,
        more=True,
    ),
    Measure(
        "the same with one event a commit on both sides",
        "5 times",
        "write_bench",
        "outbox_to_head_row_single",
        "times",
        5,
        more=True,
    ),
    Measure(
        "entries through everything, PostgreSQL",
        "2,000 /s",
        "write_bench",
        "postgresql_entries_per_second",
        "/s",
        2000,
        more=True,
    ),
    Measure(
        "longest wait for a signed head meanwhile", "2 s", "write_bench", "postgresql_lag_seconds", "s", 2
    ),
    Measure(
        "entries through everything, SQLCipher, one process",
        "1,500 /s",
        "write_bench",
        "sqlcipher_entries_per_second",
        "/s",
        1500,
        more=True,
    ),
    Measure(
        "stored bytes an entry, SQLCipher", "1,000", "write_bench", "sqlcipher_bytes_per_entry", "bytes", 1000
    ),
    Measure(
        "stored bytes an entry, PostgreSQL",
        "1,000",
        "write_bench",
        "postgresql_bytes_per_entry",
        "bytes",
        1000,
    ),
    Measure("a million entries verified from tiles", "60 s", "verify_bench", "verify_seconds", "s", 60),
    Measure("memory that this takes", "300 MB", "verify_bench", "verify_megabytes", "MB", 300),
    Measure("page, median, warm, over TLS", "60 ms", "site_bench", "page_milliseconds", "ms", 60),
    Measure("`make demo SERVE=0`, packages installed", "180 s", "site_bench", "demo_seconds", "s", 180),
    Measure("memory of all processes, lists loaded", "1.2 GB", "site_bench", "memory_megabytes", "MB", 1200),
)


def main() -> None:
    """Measure everything and print the table."""
    found = {name: part(name) for name in PARTS}
    lines = [
        "| what | at least | measured | in hashes of 64 MiB | |",
        "| --- | --- | --- | --- | --- |",
        *(measure.row(found) for measure in MEASURES),
    ]
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    text = "\n".join(
        [
            f"Measured {datetime.now(UTC):%Y-%m-%d} on: {machine}; load before {os.getloadavg()[0]:.1f}.",
            "",
            *lines,
            "",
            "Everything that was measured, as it came:",
            "",
            "```json",
            json.dumps(found, indent=1, sort_keys=True),
            "```",
        ]
    )
    print(text)
    if "--write" in sys.argv:
        head = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8").split("<!-- measured -->")[0]
        (ROOT / "docs" / "benchmarks.md").write_text(f"{head}<!-- measured -->\n\n{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
