"""``make bench``: the table of measures, in one run. ``--write`` puts it into docs/benchmarks.md."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("ledger_bench", "law_bench", "screening_bench", "site_bench")


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


def row(
    what: str, wanted: str, figures: dict[str, Any], key: str, unit: str, better: str, target: float
) -> str:
    """Return one line of the table."""
    if figures.get("failed") or key not in figures:
        return f"| {what} | {wanted} | not measured | {figures.get('missing', 'failed')} | – |"
    value = figures[key]
    met = value >= target if better == "more" else value <= target
    yard = figures["hashing_seconds"]
    ratio = value * yard if better == "more" else value / yard
    return f"| {what} | {wanted} | {value:,.2f} {unit} | {ratio:,.1f} | {'met' if met else 'MISSED'} |"


def main() -> None:
    """Measure everything and print the table."""
    found = {name: part(name) for name in PARTS}
    ledger, law = found["ledger_bench"], found["law_bench"]
    screening, site = found["screening_bench"], found["site_bench"]
    lines = [
        "| what | at least | measured | in hashes of 64 MiB | |",
        "| --- | --- | --- | --- | --- |",
        row(
            "screening against stock logic-v2, 50 candidates, same list",
            "2.5 times",
            screening,
            "ratio",
            "times",
            "more",
            2.5,
        ),
        row("the twelve acts parsed and stored", "10 s", law, "acts_seconds", "s", "less", 10),
        row("three acts against 20 documents", "15 s", law, "scan_seconds", "s", "less", 15),
        row(
            "actions through the door, one per commit",
            "300 /s",
            ledger,
            "actions_per_second",
            "/s",
            "more",
            300,
        ),
        row("events in batches of 100", "3,000 /s", ledger, "events_per_second_batched", "/s", "more", 3000),
        row(
            "inclusion proofs verified, a million leaves",
            "50,000 /s",
            ledger,
            "proofs_per_second",
            "/s",
            "more",
            50_000,
        ),
        row("page, median, warm, over TLS", "60 ms", site, "page_milliseconds", "ms", "less", 60),
        row("`make demo SERVE=0`, packages installed", "180 s", site, "demo_seconds", "s", "less", 180),
        row("memory of all processes, lists loaded", "1.2 GB", site, "memory_megabytes", "MB", "less", 1200),
    ]
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, Linux {platform.release()}"
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
