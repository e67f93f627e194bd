"""When a list may replace the one before, and how an act is laid out for reading. Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from muniment.sources.formats.identifiers import citation, is_celex, provision_id
from muniment.spine.errors import Clash, Invalid

#: Longest text of one page of the act reader, in code points, where the act can be divided at all.
LONGEST_LEAF: Final = 40_000
#: Parts that get a page of their own; articles and recitals share pages in runs.
CONTAINERS: Final = frozenset({"preamble", "title", "chapter", "section", "annex"})
#: Parts by which an act is laid out; paragraphs and points only get anchors.
OUTLINE: Final = frozenset({*CONTAINERS, "recital", "article"})


def require_not_shrunk(name: str, before: int, now: int, *, accepted: bool) -> None:
    """Stop at a list that is empty or lost more than a tenth of its entries, until a person says that this is right.

    :raises Invalid: when the list is empty; nobody can accept that.
    :raises Clash: when it shrank and nobody accepted it.
    """
    if now == 0:
        raise Invalid(
            f"The list {name} has no entries.", todo="Fetch it again; an empty list is never taken in."
        )
    if before and now * 10 < before * 9 and not accepted:
        raise Clash(
            f"The list {name} has {now} entries where there were {before}: more than a tenth is gone.",
            todo="Look at the publisher's notice; if this is right, add it again and accept that it shrank.",
        )


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an act as the reader needs it: its name, what it is, and where it stands.

    :param start: first code point in the act's text; ``end`` is one past the last.
    """

    eid: str
    kind: str
    number: str
    heading: str
    parent: str
    start: int
    end: int

    @property
    def citation(self) -> str:
        """Return how a lawyer cites it."""
        return citation(self.eid)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One page of the act reader; the leaves of an act follow each other without a hole.

    :param parts: the parts it is made of: one chapter, or a run of articles.
    :param within: the part that holds a run, in a lawyer's words; empty at the top.
    """

    parts: tuple[Part, ...]
    start: int
    end: int
    within: str = ""

    @property
    def first(self) -> str:
        """Return the name by which the page is asked for."""
        return self.parts[0].eid

    @property
    def label(self) -> str:
        """Return what the page holds, in a lawyer's words."""
        first, last = self.parts[0], self.parts[-1]
        return first.citation if first is last else f"{first.citation} – {last.citation}"

    @property
    def heading(self) -> str:
        """Return the heading of a page that is one part; else the part that holds what is on it."""
        return (self.parts[0].heading if len(self.parts) == 1 else "") or self.within


def cited(eid: str) -> str:
    """Return how a lawyer cites a provision: ``Art. 19(4)(a)``."""
    return citation(eid)


def leaves(outline: Sequence[Part], length: int) -> tuple[Leaf, ...]:
    """Divide an act into pages: a chapter or section each, or runs of articles where those are too long.

    Why it matters: the AI Act has 580,000 characters; a page of all of them would be slow and unreadable.

    :param outline: parts of the kinds in :data:`OUTLINE` in the act's order.
    :param length: code points of the act's text; the first page begins at 0 and the last ends here.
    """
    children: dict[str, list[Part]] = {}
    known = {part.eid for part in outline}
    for part in outline:
        children.setdefault(part.parent if part.parent in known else "", []).append(part)
    pages: list[tuple[int, tuple[Part, ...], str]] = []

    def divide(parts: Sequence[Part], opening: int | None, within: str) -> None:
        run: list[Part] = []

        def turn() -> None:
            nonlocal opening
            if run:
                pages.append((run[0].start if opening is None else opening, tuple(run), within))
                opening = None
                run.clear()

        for part in parts:
            if part.kind not in CONTAINERS:
                if run and part.end - run[0].start > LONGEST_LEAF:
                    turn()
                run.append(part)
                continue
            turn()
            start = part.start if opening is None else opening
            opening = None
            if part.end - part.start > LONGEST_LEAF and children.get(part.eid):
                divide(children[part.eid], start, part.citation)
            else:
                pages.append((start, (part,), ""))
        turn()

    divide(children.get("", []), 0, "")
    if not pages:
        return ()
    edges = [*[start for start, _, _ in pages][1:], length]
    return tuple(
        Leaf(parts, start, end, within) for (start, parts, within), end in zip(pages, edges, strict=True)
    )


def full_name(key: str, version: str, language: str, eid: str) -> str:
    """Return the full name of a provision (``eu:32022R2554@OJ:2022-12-27/en#art_19``); empty when it has none.

    Only acts with a CELEX number and a publisher's version have names that a stranger can resolve.
    """
    if not is_celex(key):
        return ""
    try:
        return str(provision_id(key, version, language, eid))
    except Invalid:
        return ""


def finds(part: Part, wanted: str) -> bool:
    """Say whether a part answers a search: by its number, its citation, or words of its heading."""
    words = " ".join(wanted.casefold().split())
    plain = words.replace("article ", "art. ").replace("art ", "art. ")
    cited = part.citation.casefold()
    return (
        part.number.casefold() == words
        or cited == plain
        or all(word in part.heading.casefold() for word in words.split())
    )


#: What people call the acts and lists they work with every day.
CALLED: Final = {
    "32015L0849": "AMLD4",
    "32016R0679": "GDPR",
    "32022L2555": "NIS2",
    "32022R2554": "DORA",
    "32023R1114": "MiCA",
    "32024L1640": "AMLD6",
    "32024R1772": "DORA RTS on incident classes",
    "32024R1774": "DORA RTS on ICT risk",
    "32025R0301": "DORA RTS on incident reports",
    "32024R1624": "AMLR",
    "32024R1689": "AI Act",
    "32024R2847": "CRA",
    "ofac-cons": "OFAC non-SDN list",
    "ofac-sdn": "OFAC SDN list",
    "un-sc": "UN Security Council list",
}


def called(key: str) -> str:
    """Return what people call an act or list: its common name where it has one, else its key."""
    return CALLED.get(key, key)
