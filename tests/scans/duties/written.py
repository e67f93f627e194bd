"""Builds small acts of our own from a few lines, so that rules can be proven without any real law.

``## 3 Heading`` begins an article, ``1. text`` a paragraph, ``(a) text`` a point, ``(i) text`` below a
point when indented, and any other line goes on where the last one stopped.
"""

from __future__ import annotations

import re
from dataclasses import replace

from muniment.sources.formats.act import Completeness, ParsedAct, ParsedProvision, ProvisionKind


def written_act(script: str, *, celex: str = "39999R0001", language: str = "en") -> ParsedAct:
    """Return the act that a script describes; the text is the script's words, one line each."""
    lines: list[str] = []
    found: list[ParsedProvision] = []
    at = 0

    def add(text: str) -> tuple[int, int]:
        nonlocal at
        start = at
        lines.append(text)
        at += len(text) + 1
        return start, start + len(text)

    def grow(eid: str, end: int) -> None:
        parts = eid.split(".")
        wanted = {".".join(parts[: size + 1]) for size in range(len(parts))}
        for position, one in enumerate(found):
            if one.eid in wanted:
                found[position] = replace(one, end=max(one.end, end))

    article = paragraph = point = here = ""
    for raw in script.strip("\n").split("\n"):
        line = raw.strip()
        if not line:
            continue
        if match := re.match(r"## (\S+) (.+)", line):
            article = here = f"art_{match[1]}"
            paragraph = point = ""
            start, _ = add(f"Article\u00a0{match[1]}")
            _, end = add(match[2])
            found.append(_part(here, ProvisionKind.ARTICLE, match[1], None, (start, end), heading=match[2]))
            continue
        start, end = add(line)
        if match := re.match(r"(\d+)\. ", line):
            paragraph = here = f"{article}.par_{match[1]}"
            point = ""
            found.append(_part(here, ProvisionKind.PARAGRAPH, match[1], article, (start, end)))
        elif match := re.match(r"\((\w+)\) ", line):
            parent = point if raw.startswith("  ") and point else paragraph or article
            here = f"{parent}.pnt_{match[1]}"
            point = point if parent == point and point else here
            found.append(_part(here, ProvisionKind.POINT, match[1], parent, (start, end)))
        else:
            here = paragraph or article
        grow(here, end)
    return ParsedAct(
        celex, "An act of our own", language, "\n".join(lines), tuple(found), "own/1", Completeness.FULL
    )


def _part(
    eid: str,
    kind: ProvisionKind,
    number: str,
    parent: str | None,
    span: tuple[int, int],
    *,
    heading: str = "",
) -> ParsedProvision:
    return ParsedProvision(eid, kind, number, heading, parent, "", *span, eid)
