"""What acts and versions are called on pages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muniment.sources import naming

BOTH = "THE EUROPEAN PARLIAMENT AND OF THE COUNCIL"


@pytest.mark.parametrize(
    ("title", "short"),
    [
        (
            f"REGULATION (EU) 2030/77 OF {BOTH} of 15\u00a0January 2030 on lanterns, amending Directive 1/2009 (Text)",
            "Regulation (EU) 2030/77 on lanterns",
        ),
        (
            f"COMMISSION DELEGATED REGULATION (EU) 2031/5 supplementing Directive 1/1 of {BOTH} with regard to wicks",
            "Commission Delegated Regulation (EU) 2031/5 with wicks",
        ),
        ("Directive (EU) 2030/78 on oil, and repealing Directive 90/1/EEC", "Directive (EU) 2030/78 on oil"),
        ("COUNCIL REGULATION (EU) No 12/2012 on oil", "Council Regulation (EU) No 12/2012 on oil"),
        ("Loi fédérale  sur les\nlanternes", "Loi fédérale sur les lanternes"),
    ],
)
def test_a_title_loses_its_ceremony_and_nothing_else(title: str, short: str) -> None:
    assert naming.titled(title) == short


def test_a_long_title_is_cut_between_words_and_shows_it() -> None:
    short = naming.titled("On " + "lanterns " * 60)
    assert short.endswith("lanterns …")
    assert len(short) <= naming.LONGEST + 2


def test_an_act_without_a_common_name_goes_by_form_and_number() -> None:
    assert naming.numbered("COMMISSION DELEGATED REGULATION (EU) 2031/5 of 3 March 2031 on wicks") == (
        "Commission Delegated Regulation (EU) 2031/5"
    )
    assert naming.numbered("The lantern code") == "The lantern code"


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("OJ:2022-12-27", "published 27 Dec 2022"),
        ("CONS:2024-01-09", "as amended to 9 Jan 2024"),
        ("OJ", "as published"),
        ("OJ:2022-13-40", "OJ:2022-13-40"),
        ("2023-11", "2023-11"),
    ],
)
def test_a_version_is_a_day_in_words_where_its_label_holds_one(label: str, words: str) -> None:
    assert naming.dated(label) == words


@given(st.text(max_size=400))
def test_any_title_and_label_can_be_shown(text: str) -> None:
    assert len(naming.titled(text)) <= naming.LONGEST + 2
    assert naming.numbered(text) is not None
    assert naming.dated(text) is not None
