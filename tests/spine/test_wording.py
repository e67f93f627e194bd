"""One rule for what people write: whatever is typed is kept in one form, or refused with words that name it."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muniment.spine.errors import Invalid
from muniment.spine.wording import MOST_MARKS, require_wording, unfit

#: Taken apart, one sign becomes at most four: a text this short has never too many marks in a row.
_MOST_DECOMPOSED = 4
ANYTHING = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.characters(categories=["Cc", "Cf", "Cs", "Mn", "Zs", "Zl", "Zp"]),
        st.sampled_from(" \t\r\na\u0301\u0345\u202e\u2067\u200d\ufffe\ufdd0"),
    ),
    max_size=90,
)


@given(ANYTHING, st.integers(0, 12), st.integers(12, 60), st.booleans())
def test_whatever_is_typed_is_kept_in_one_form_or_refused_by_name(text, shortest, longest, lines):
    try:
        kept = require_wording(text, called="title", shortest=shortest, longest=longest, lines=lines)
    except Invalid as why:
        refusal = why
    else:
        refusal = None
    if refusal is not None:
        assert refusal.where == "title"
        assert refusal.what.startswith("The title ")
        assert refusal.todo
        return
    assert shortest <= len(kept) <= longest
    assert kept == kept.strip()
    assert unicodedata.is_normalized("NFC", kept)
    kept.encode("utf-8")
    assert require_wording(kept, called="title", shortest=shortest, longest=longest, lines=lines) == kept
    assert not {unicodedata.category(sign) for sign in kept} & {"Cs"} | set(kept) & set(
        "\0\x1b\x7f\u202e\ufffe"
    )
    assert lines or len(kept.splitlines()) <= 1


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=60))
def test_words_that_any_keyboard_writes_are_kept_as_they_are_but_composed(text):
    kept = require_wording(text, called="reason", longest=200)
    assert kept == unicodedata.normalize("NFC", text.strip()).strip()


@given(st.text(max_size=MOST_MARKS // _MOST_DECOMPOSED))
def test_what_is_composed_already_or_not_is_kept_alike(text):
    def kept(form):
        try:
            return require_wording(unicodedata.normalize(form, text), called="name", longest=200)
        except Invalid as refusal:
            return refusal.what

    assert kept("NFC") == kept("NFD")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The rationale is missing. (why) Fill it in."),
        (" \u200b\u2060 ", "The rationale is missing. (why) Fill it in."),
        ("ab", "The rationale is too short. (why) Write at least 3 characters."),
        ("x" * 21, "The rationale is longer than 20 characters. (why) Shorten it."),
        ("x" * 1_000_000, "The rationale is longer than 20 characters. (why) Shorten it."),
        ("a\0bcd", "The rationale holds characters that no text may hold. (why) Type it anew."),
        ("half \ud800 of it", "The rationale holds characters that no text may hold. (why) Type it anew."),
        ("paid \u202e00.001", "The rationale holds characters that no text may hold. (why) Type it anew."),
        ("paid \u2067nothing", "The rationale holds characters that no text may hold. (why) Type it anew."),
        ("not \ufffe one", "The rationale holds characters that no text may hold. (why) Type it anew."),
        ("two\nlines", "The rationale holds characters that no text may hold. (why) Type it anew."),
    ],
)
def test_the_refusal_says_what_is_wrong_with_what_and_where(text, said):
    with pytest.raises(Invalid) as refusal:
        require_wording(text, called="rationale", field="why", shortest=3, longest=20)
    assert str(refusal.value) == said


def test_the_caller_may_say_what_to_do_about_a_missing_text():
    for text in ("", "no"):
        with pytest.raises(Invalid) as refusal:
            require_wording(text, called="reason", shortest=3, longest=20, todo="Say why.")
        assert refusal.value.todo == "Say why."


def test_nothing_is_needed_where_nothing_was_asked_for():
    assert require_wording("  ", called="owner", longest=20) == ""


@pytest.mark.parametrize("text", ["first\r\nsecond\n\tthird", "first\u2028second\u2029third"])
def test_a_text_of_several_lines_keeps_them(text):
    assert require_wording(text, called="rationale", longest=60, lines=True) == text
    assert unfit(text, lines=False)


def test_an_escape_is_refused_in_a_text_of_several_lines_too():
    with pytest.raises(Invalid, match="no text may hold"):
        require_wording("red \x1b[31m", called="rationale", longest=60, lines=True)


@pytest.mark.parametrize(
    "name", ["\u0dc1\u0dca\u200d\u0dbb\u0dd3 Lanka", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"]
)
def test_what_joins_or_parts_letters_in_a_script_stays(name):
    assert require_wording(name, called="name", longest=60) == name


def test_a_length_is_that_of_the_composed_text():
    assert require_wording("e\u0301" * 20, called="name", longest=20) == "\u00e9" * 20


def test_more_marks_than_any_writing_has_are_refused_before_they_cost_time():
    assert not unfit("a" + "\u0301" * MOST_MARKS, lines=False)
    begun = time.monotonic()
    with pytest.raises(Invalid, match="no text may hold"):
        require_wording("a" + "\u0301\u0327" * 39_000, called="rationale", longest=20_000)
    assert time.monotonic() - begun < 1  # composing it would take several seconds
