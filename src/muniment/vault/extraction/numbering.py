"""The numbers Word paints in front of paragraphs, which stand nowhere in the text.

Rules: a paragraph points to a list and a level, by itself or by its style; counters run per list definition;
a deeper counter starts again under each higher step (ECMA-376 part 1, section 17.9). Policies are cited by
such numbers ("4.2"), so a text without them could not be followed back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml import etree

WORD = (
    "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}",
    "{http://purl.oclc.org/ooxml/wordprocessingml/main}",
)
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"),
    (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip


def word(element: etree._Element) -> str:
    """Give the local name of an element of Word's own vocabulary, and an empty string for any other."""
    tag = element.tag
    for space in WORD:
        if isinstance(tag, str) and tag.startswith(space):
            return tag[len(space) :]
    return ""


def attribute(element: etree._Element | None, name: str) -> str:
    """Give an attribute of Word's own vocabulary, empty when there is none."""
    if element is None:
        return ""
    for space in WORD:
        if (value := element.get(space + name)) is not None:
            return str(value)
    return ""


def child(element: etree._Element | None, *path: str) -> etree._Element | None:
    """Follow a path of first children by local name."""
    for name in path:
        if element is None:
            return None
        element = next((below for below in element if word(below) == name), None)
    return element


def small(text: str) -> int | None:
    """Read a whole number of at most four digits; Word needs no larger one here."""
    return int(text) if re.fullmatch(r"[0-9]{1,4}", text) else None


def step(number: int, style: str) -> str:
    """Write one counter the way its level says: 4, d, iv."""
    if style in {"lowerLetter", "upperLetter"} and number > 0:
        letter = chr(ord("a") + (number - 1) % 26) * min((number - 1) // 26 + 1, 9)
        return letter.upper() if style == "upperLetter" else letter
    if style in {"lowerRoman", "upperRoman"} and number > 0:
        roman, rest = "", number
        for value, sign in _ROMAN:
            roman += sign * (rest // value)
            rest %= value
        return roman.upper() if style == "upperRoman" else roman
    return f"{number:02}" if style == "decimalZero" else str(number)


@dataclass
class Level:
    """One level of a list: where it starts, how it counts, and the pattern of its label ("%1.%2")."""

    start: int = 1
    style: str = "decimal"
    pattern: str = ""


@dataclass
class Numbering:
    """All lists of a document with their running counters."""

    levels: dict[str, dict[int, Level]] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)
    counters: dict[str, list[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, part: etree._Element | None) -> Numbering:
        """Read the numbering part; a document without one has no lists."""
        numbering = cls()
        for entry in part if part is not None else ():
            if word(entry) == "abstractNum":
                numbering.levels[attribute(entry, "abstractNumId")] = {
                    depth: _level(level)
                    for level in entry
                    if word(level) == "lvl" and (depth := small(attribute(level, "ilvl"))) is not None
                }
            elif word(entry) == "num":
                numbering.lists[attribute(entry, "numId")] = attribute(child(entry, "abstractNumId"), "val")
        return numbering

    def label(self, list_id: str, depth: int) -> str:
        """Count one paragraph of a list and give what Word paints in front of it, "-" for a bullet."""
        definition = self.lists.get(list_id)
        if definition is None or not 0 <= depth <= 8:
            return ""
        levels = self.levels.get(definition, {})
        level = levels.get(depth, Level())
        if level.style == "bullet":
            return "-"
        if level.style == "none":
            return ""
        counters = self.counters.setdefault(definition, [-1] * 9)
        for above in range(depth):
            if counters[above] < 0:
                counters[above] = levels.get(above, Level()).start
        counters[depth] = level.start if counters[depth] < 0 else counters[depth] + 1
        counters[depth + 1 :] = [-1] * (8 - depth)

        def painted(mark: re.Match[str]) -> str:
            which = int(mark[1]) - 1
            return step(max(counters[which], 0), levels.get(which, Level()).style)

        return re.sub(r"%([1-9])", painted, level.pattern[:60])


def _level(level: etree._Element) -> Level:
    start = small(attribute(child(level, "start"), "val"))
    return Level(
        start=1 if start is None else start,
        style=attribute(child(level, "numFmt"), "val") or "decimal",
        pattern=attribute(child(level, "lvlText"), "val"),
    )
