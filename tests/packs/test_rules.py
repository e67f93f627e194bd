"""What may be packed, handed out and verified here."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muniment.packs import rules
from muniment.packs.models import Pack, PackState
from muniment.spine.errors import Invalid, Refused


@pytest.mark.parametrize("state", ["open", "proposed", "withdrawn", ""])
def test_only_a_decided_case_is_packed(state):
    with pytest.raises(Refused):
        rules.require_decided(state)
    rules.require_decided("decided")


def test_a_pack_is_built_before_it_is_handed_out_and_built_once():
    queued, built = Pack(state=PackState.QUEUED), Pack(state=PackState.BUILT)
    rules.require_queued(queued)
    rules.require_built(built)
    with pytest.raises(Refused):
        rules.require_queued(built)
    with pytest.raises(Refused):
        rules.require_built(queued)


def test_a_pack_that_does_not_fit_into_memory_is_verified_elsewhere():
    rules.require_small_enough(Pack(size=rules.LARGEST_HERE))
    with pytest.raises(Refused, match=r"verify\.py"):
        rules.require_small_enough(Pack(size=rules.LARGEST_HERE + 1))


@given(st.text(max_size=600))
def test_whoever_receives_a_copy_is_named_in_bounds_and_without_signs_that_no_name_has(text):
    try:
        kept = rules.require_receiver(text)
    except Invalid:
        return
    assert rules.SHORTEST_RECEIVER <= len(kept) <= rules.LONGEST_RECEIVER
    assert kept == kept.strip()
    assert "\0" not in kept


def test_the_name_is_kept_composed():
    assert rules.require_receiver(" Ame\u0301lie ") == "Am\u00e9lie"
