"""A scan ends once, and a provision's article is found in its name."""

from __future__ import annotations

import pytest

from muniment.scans import rules
from muniment.scans.models import Scan, ScanState
from muniment.spine.errors import Refused


def test_a_finished_scan_is_not_finished_again(db):
    with pytest.raises(Refused, match="finished already"):
        rules.require_queued(Scan(state=ScanState.DONE))


def test_the_article_of_a_point_is_found_and_an_annex_names_itself():
    assert rules.above("art_19.par_4.pnt_a", "art_") == "art_19"
    assert rules.above("anx_III.pt_1", "art_") == "anx_III"
