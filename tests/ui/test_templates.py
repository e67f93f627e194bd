"""The templates of every room: nothing inline, and no word that cannot be translated."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import muniment

ROOMS = Path(muniment.__file__).parent
TEMPLATES = sorted(ROOMS.glob("*/templates/**/*.html"))
NAMES = [str(path.relative_to(ROOMS)) for path in TEMPLATES]

UNTRANSLATED = {
    "Muniment": "the product's name is the same in every language",
    "Esc": "written on the key",
}

TAG = re.compile(r"{%-?\s*(.*?)\s*-?%}", re.DOTALL)
VARIABLE = re.compile(r"{{\s*(.*?)\s*}}", re.DOTALL)
TRANSLATED = re.compile(r"{%\s*(blocktranslate|blocktrans|comment)\b.*?{%\s*end\1\s*%}", re.DOTALL)
SPOKEN = re.compile(
    r"""\b(?:title|alt|placeholder|aria-label|aria-description|summary|data-confirm)\s*=\s*("[^"]*"|'[^']*')"""
)
LITERAL = re.compile(r"""(_\()?("[^"]*"|'[^']*')""")
CLASS = re.compile(r"(?:[a-z]+(?:__[a-z]+)?--[a-z]+ ?)+")
FREE_TAGS = {
    "translate",
    "trans",
    "load",
    "url",
    "static",
    "extends",
    "include",
    "if",
    "elif",
    "comment",
    "blocktranslate",
}


def inline_in(text: str) -> list[str]:
    """Find what the content security policy forbids."""
    faults = re.findall(
        r"<style\b|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|\shx-on[:-]|javascript:|\shx-vals\s*=\s*['\"]js:",
        text,
        re.IGNORECASE,
    )
    faults += [tag for tag in re.findall(r"<script\b[^>]*>", text, re.IGNORECASE) if "src=" not in tag]
    return faults


def bare_words_in(text: str) -> list[str]:
    """Find words a person would read that no translator would see."""
    text = re.sub(r"{#.*?#}", "", TRANSLATED.sub("", text), flags=re.DOTALL)
    found: list[str] = []
    for tag in TAG.findall(text):
        name = tag.split()[0] if tag.split() else ""
        if name in FREE_TAGS:
            continue
        found += [
            words for marked, words in LITERAL.findall(tag) if not marked and " " in words.strip("\"' ")
        ]
    for variable in VARIABLE.findall(text):
        found += [
            words
            for marked, words in LITERAL.findall(variable)
            if not marked and re.search(r"[A-Z ][a-z]", words.strip("\"'"))
        ]
    text = VARIABLE.sub("", TAG.sub("", text))
    found += [words for words in SPOKEN.findall(text) if re.search(r"[^\W\d_]{2,}", words)]
    text = re.sub(r"<!--.*?-->|<!doctype[^>]*>", "", text, flags=re.DOTALL | re.IGNORECASE)
    text = re.sub(r"<(/?[a-zA-Z](?:[^>\"']|\"[^\"]*\"|'[^']*')*)>", "\n", text)
    found += [line.strip() for line in text.splitlines() if re.search(r"[^\W\d_]{2,}", line)]
    return [words for words in found if words.strip("\"'") not in UNTRANSLATED and not CLASS.fullmatch(words)]


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_nothing_is_inline(path: Path) -> None:
    assert inline_in(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_every_word_can_be_translated(path: Path) -> None:
    assert bare_words_in(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        '<p style="color:red">',
        "<style>p{}</style>",
        "<script>1</script>",
        '<a onclick="x()">',
        '<a href="javascript:x()">',
        '<div hx-on:click="x">',
    ],
)
def test_inline_parts_are_seen(text: str) -> None:
    assert inline_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "<p>Bare words</p>",
        '<p title="Bare words">{{ x }}</p>',
        '{% notice "info" "Bare words" %}{% endnotice %}',
        '{{ x|default:"Nobody" }}',
        "<p>{% translate 'a' %} bare</p>",
    ],
)
def test_bare_words_are_seen(text: str) -> None:
    assert bare_words_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "<p>{% translate 'Words' %}</p>",
        "<p title=\"{% translate 'Words' %}\">{{ x }}</p>",
        '{% notice "info" _("Marked words") %}{% endnotice %}',
        '{{ x|default:"–" }} {{ x|date:"j" }}',
        "{% blocktranslate trimmed %}Words <b>and</b> more{% endblocktranslate %}",
        '<a class="{% if x > 1 %}wide{% endif %}" href="?a=b">{{ n }}</a>',
    ],
)
def test_marked_words_pass(text: str) -> None:
    assert bare_words_in(text) == []
    assert inline_in(text) == []


def test_there_are_templates_to_look_at() -> None:
    assert any(name.startswith("ui/") for name in NAMES)
