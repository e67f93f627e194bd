"""The one door through which XML comes in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muniment.sources.formats import markup
from muniment.sources.formats.markup import flat, read_xml
from muniment.spine.errors import Invalid

BOMB = b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
OUTSIDE = b'<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (BOMB, "declares an XML entity"),
        (OUTSIDE, "declares an XML entity"),
        (b'<!DOCTYPE html PUBLIC "x" "y.dtd"><x>\n&nbsp;</x>', "uses an XML entity|not well-formed"),
        (b"<x>\n<y></x>", "not well-formed"),
        (b"<x>\n<y>", "cut off"),
        (b"plain words", "not well-formed"),
        (b"<x>a\0b</x>", "NUL"),
        ("<x>é</x>".encode("latin-1"), "not UTF-8"),
        ("<x>é</x>".encode("utf-16"), "NUL|not UTF-8"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><x/>', "another encoding"),
        (b"<x>&#xD800;</x>", "not well-formed"),
        (b"<a>" * 150 + b"</a>" * 150, "deep|not well-formed"),
        (b"<a>" * 5000 + b"</a>" * 5000, "deep|not well-formed"),
    ],
)
def test_hostile_and_broken_files_are_refused(content: bytes, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        read_xml(content)


def test_the_refusal_names_the_line_and_echoes_nothing() -> None:
    with pytest.raises(Invalid) as refusal:
        read_xml(b"<x>\n<secret>\n</x>")
    assert refusal.value.where == "line 3"
    assert "secret" not in str(refusal.value)


def test_too_large_files_and_too_many_elements_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markup, "MAX_ELEMENTS", 10)
    with pytest.raises(Invalid, match="elements"):
        read_xml(b"<x>" + b"<y/>" * 10 + b"</x>")
    monkeypatch.setattr(markup, "MAX_BYTES", 100)
    with pytest.raises(Invalid, match="larger"):
        read_xml(b"<x>" + b" " * 100 + b"</x>")


def test_a_document_type_is_ignored_and_comments_leave_no_gap() -> None:
    root = read_xml(b'<!DOCTYPE html PUBLIC "x" "y.dtd"><x>one<!-- no --> two</x>')
    assert flat(root) == "one two"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet="<>/&;ax! ['\"", max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        read_xml(content)
    except Invalid:
        return
