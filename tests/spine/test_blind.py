"""A sealed name is found again by its words, and only with the tenant's key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muniment.spine.blind import LONGEST, blind, identifier, tokens
from muniment.spine.errors import Invalid

KEY = b"k" * 32


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("O'Brién, José", {"o", "brien", "jose"}),
        ("MÜLLER-Lüdenscheidt", {"muller", "ludenscheidt"}),
        ("Straße", {"strasse"}),
        ("Ｆｕｌｌ　ｗｉｄｔｈ", {"full", "width"}),
        ("İstanbul", {"istanbul"}),
        ("Петро́в Иван", {"петров", "иван"}),
        ("  \t\n ", set()),
        ("", set()),
        ("12 345", set()),
        ("a\ud800b\x00c", {"a", "b", "c"}),
    ],
)
def test_names_fall_into_plain_words(name: str, words: set[str]) -> None:
    assert tokens(name) == words


@given(st.text(max_size=20))
def test_words_of_words_are_the_same_words(name: str) -> None:
    once = tokens(name)
    assert tokens(" ".join(sorted(once))) == once


@given(st.text(max_size=40), st.text(max_size=40))
def test_order_does_not_count(first: str, second: str) -> None:
    assert tokens(f"{first} {second}") == tokens(f"{second} {first}")


@pytest.mark.parametrize("value", ["ab-12 34.5/6", "AB123456", "ａｂ１２３４５６", " a b 1 2 3 4 5 6\u200b"])
def test_an_identifier_is_found_however_it_is_written(value: str) -> None:
    assert identifier(value) == "AB123456"


@given(st.text(max_size=40))
def test_an_identifier_stays_itself(value: str) -> None:
    assert identifier(identifier(value)) == identifier(value)


def test_a_megabyte_is_refused_and_not_echoed() -> None:
    for read in (tokens, identifier):
        with pytest.raises(Invalid) as caught:
            read("x" * (LONGEST + 1))
        assert "xx" not in str(caught.value)
    assert tokens("x" * LONGEST) == {"x" * LONGEST}


def test_the_digest_is_the_published_one() -> None:
    assert blind(KEY, "name", "jose").hex() == "3083cce377bd07fee23d149cda15ad81"  # openssl dgst -mac HMAC


def test_key_kind_and_word_all_count() -> None:
    seen = {
        blind(KEY, "name", "anna"),
        blind(b"j" * 32, "name", "anna"),
        blind(KEY, "passport", "anna"),
        blind(KEY, "name", "annb"),
        blind(KEY, "namea", "nna"),
        blind(KEY, "", "nameanna"),
    }
    assert len(seen) == 6
    assert {len(digest) for digest in seen} == {16}
