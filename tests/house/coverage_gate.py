"""The coverage gate: run after both suites, over their combined branch data.

Everything that is trusted without being looked at again must be covered whole: proof, the door, the guards, the
rules. The rest of the house as a whole must reach ninety in a hundred.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

#: Files that must be covered whole, branches included: a path ending in / means every file below it.
WHOLE = (
    "src/muniment/proof/",
    "src/muniment/ledger/action.py",
    "src/muniment/ledger/record.py",
    "src/muniment/ledger/rows.py",
    "src/muniment/ledger/words.py",
    "src/muniment/ledger/refusals.py",
    "src/muniment/spine/guard.py",
    "src/muniment/spine/scope.py",
    "src/muniment/spine/session.py",
)
LEAST = 90.0


@pytest.fixture(scope="module")
def report() -> dict[str, dict[str, float]]:
    """The combined figures by file."""
    if not (ROOT / ".coverage").exists():
        pytest.fail("there is no coverage data: run `make test`")
    written = subprocess.run(
        [sys.executable, "-m", "coverage", "json", "-q", "-o", "-"], cwd=ROOT, capture_output=True, check=True
    )
    held = json.loads(written.stdout)
    figures = {name: file["summary"] for name, file in held["files"].items()}
    figures[""] = held["totals"]
    return figures


def test_the_house_as_a_whole_is_covered(report):
    whole = report[""]["percent_covered"]
    print(f"\nbranch coverage of the house: {whole:.1f} %")
    assert whole >= LEAST


def test_what_is_trusted_blindly_is_covered_whole(report):
    lacking = {
        name: figures["percent_covered"]
        for name, figures in report.items()
        if (name.startswith(WHOLE) or name.endswith("/rules.py")) and figures["percent_covered"] < 100
    }
    assert lacking == {}
