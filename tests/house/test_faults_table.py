"""The table of faults is whole: every part with every fault, both ways, and the page shows what is tried."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from tests.faults import pairs

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "faults.md").read_text("utf-8")


@pytest.mark.parametrize(("part", "fault"), list(product(pairs.PARTS, pairs.FAULTS)))
def test_every_fault_of_every_part_is_a_pair(part, fault):
    pair = pairs.TABLE[part, fault]
    assert len(pair) == len(pairs.OUTCOMES)
    for cell in pair:
        # Either it is tried, or it is said in words why it cannot be.
        assert isinstance(cell, pairs.Cell) or len(cell.split()) > 4


def test_the_page_shows_the_table_that_is_tried():
    assert PAGE.endswith("\n\n" + pairs.page())


def test_every_part_is_killed_both_ways_on_both_databases():
    for part in pairs.PARTS:
        for fault in ("killed", "two"):
            assert all(isinstance(cell, pairs.Cell) and not cell.on for cell in pairs.TABLE[part, fault])
