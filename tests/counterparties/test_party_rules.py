"""What a party may be made of."""

from __future__ import annotations

import pytest

from muniment.counterparties import rules
from muniment.counterparties.formats import cells
from muniment.spine.errors import Invalid


def test_more_values_than_anybody_has_are_refused():
    names = [f"Name {number}" for number in range(cells.MOST_VALUES + 1)]
    with pytest.raises(Invalid, match="more than"):
        rules.require_party({"reference": "R-1", "kind": "organisation", "name": "Lantern", "aliases": names})


def test_an_organisation_was_not_born():
    given = {"reference": "R-1", "kind": "organisation", "name": "Lantern", "birth_dates": ["1970-01-01"]}
    with pytest.raises(Invalid, match="birth date"):
        rules.require_party(given)


def test_a_number_that_was_left_empty_is_no_number():
    given = {"reference": "R-1", "kind": "person", "name": "Marta Olivar", "identifiers": [("passport", " ")]}
    assert rules.require_party(given).identifiers == ()
