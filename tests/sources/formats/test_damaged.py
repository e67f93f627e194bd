"""Files that are damaged, and bytes that are no file at all: read soundly, or refused in words."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sources.formats.small_acts import FORMEX, OJ
from tests.sources.formats.truths import check_spans

from muniment.sources.formats import formex, oj_xhtml
from muniment.sources.formats.act import ParsedAct
from muniment.spine.errors import Invalid

READERS = pytest.mark.parametrize(
    ("parse", "whole"),
    [(formex.parse, FORMEX.encode()), (oj_xhtml.parse, OJ.encode())],
    ids=["formex", "oj-xhtml"],
)


@READERS
@settings(max_examples=150, deadline=None)
@given(data=st.data(), inserted=st.binary(max_size=12), cut=st.integers(0, 60))
def test_a_damaged_file_is_read_soundly_or_refused(
    parse: Callable[[bytes], ParsedAct], whole: bytes, data: st.DataObject, inserted: bytes, cut: int
) -> None:
    place = data.draw(st.integers(0, len(whole)))
    try:
        act = parse(whole[:place] + inserted + whole[place + cut :])
    except Invalid:
        return
    check_spans(act, sorted_keys=False)


@READERS
@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=300))
def test_any_bytes_are_refused_clearly(
    parse: Callable[[bytes], ParsedAct], whole: bytes, content: bytes
) -> None:
    assert parse(whole).provisions
    with pytest.raises(Invalid):
        parse(content)
