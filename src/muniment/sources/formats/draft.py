"""The sheet on which a parser writes an act down: one growing text and the spans of its provisions.

Rules it obeys: text is only ever appended, so an offset once given stays true; a provision starts at its
first written character and ends after its last, so spans nest because the calls nest; a provision into
which nothing was written does not exist; identifiers are unique, a second list with the same labels gets
``_2``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from muniment.sources.formats.act import Completeness, ParsedAct, ParsedProvision, ProvisionKind
from muniment.sources.formats.identifiers import number_key
from muniment.sources.formats.markup import collapse
from muniment.spine.errors import Invalid

MAX_PROVISIONS = 100_000

_WAITS = "3!"
_STRUCTURE = {ProvisionKind.TITLE, ProvisionKind.CHAPTER, ProvisionKind.SECTION}
_TOP_RANK = {
    ProvisionKind.PREAMBLE: "1",
    ProvisionKind.RECITAL: "2",
    ProvisionKind.ARTICLE: "3",
    ProvisionKind.ANNEX: "4",
}


@dataclass(slots=True)
class _Sheet:
    """A provision while it is being written."""

    eid: str
    kind: ProvisionKind
    number: str
    anchor: str
    parent: _Sheet | None
    completeness: Completeness
    start: int | None = None
    end: int = 0
    heading: list[str] = field(default_factory=list)
    points: int = 0
    key: str = ""


class Draft:
    """Collects lines and provisions in document order."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._joined = False
        self._open: list[_Sheet] = []
        self._all: list[_Sheet] = []
        self._taken: dict[str, int] = {}

    @property
    def inside(self) -> str | None:
        """Identifier of the provision that is open now."""
        return self._open[-1].eid if self._open else None

    @property
    def length(self) -> int:
        """How many code points are written."""
        return self._length

    def line(self, text: str) -> None:
        """Write one block of text on a line of its own; nothing happens for empty text."""
        text = collapse(text).strip(" ")
        if not text:
            return
        if self._length:
            self._put(" " if self._joined else "\n")
        self._joined = False
        for sheet in reversed(self._open):
            if sheet.start is not None:
                break
            sheet.start = self._length
        self._put(text)

    def label(self, text: str) -> None:
        """Write a label, such as ``(a)``; the block that follows stands on the same line, after one space."""
        self.line(text)
        self._joined = bool(self._length)

    def heading(self, text: str) -> None:
        """Write a line that is also the heading of the open provision."""
        self.line(text)
        if self._open:
            self._open[-1].heading.append(collapse(text).strip(" "))

    def begin(
        self,
        eid: str,
        kind: ProvisionKind,
        number: str,
        *,
        anchor: str = "",
        completeness: Completeness = Completeness.FULL,
    ) -> None:
        """Open a provision inside the one that is open now; it must be closed with :meth:`end`."""
        if len(self._all) >= MAX_PROVISIONS:
            raise Invalid(f"The act has more than {MAX_PROVISIONS} provisions.")
        seen = self._taken.get(eid, 0) + 1
        self._taken[eid] = seen
        if seen > 1:
            # The same labels come back in a second list of one paragraph; their order tells them apart.
            eid = f"{eid}_{seen}"
            self._taken[eid] = 1
        parent = self._open[-1] if self._open else None
        sheet = _Sheet(eid, kind, number, anchor, parent, completeness)
        sheet.key = self._key(sheet)
        self._open.append(sheet)
        self._all.append(sheet)

    def end(self) -> None:
        """Close the provision that was opened last."""
        sheet = self._open.pop()
        sheet.end = self._length
        # A label without a following block must not pull the next provision onto its line.
        self._joined = False

    def finish(
        self, *, celex: str, title: str, language: str, extractor: str, left_out: tuple[str, ...] = ()
    ) -> ParsedAct:
        """Return the act; nothing may be written afterwards.

        :raises Invalid: if no article was found, since then it is not an act that can be cited.
        """
        while self._open:
            self.end()
        written = [sheet for sheet in self._all if sheet.start is not None]
        if not any(sheet.kind is ProvisionKind.ARTICLE for sheet in written):
            raise Invalid(
                "No article was found in this file.", todo="Check that it is the text of a legal act."
            )
        following = "3~"
        for sheet in reversed(written):
            if sheet.kind is ProvisionKind.ARTICLE:
                following = sheet.key
            elif sheet.key == _WAITS:
                sheet.key = f"{following.rstrip('#')}!{_depth_of(sheet)}"
        cut = any(sheet.completeness is Completeness.TRUNCATED for sheet in written)
        return ParsedAct(
            celex=celex,
            title=title,
            language=language,
            text="".join(self._parts),
            provisions=tuple(_finished(sheet) for sheet in written),
            extractor=extractor,
            completeness=Completeness.TRUNCATED if cut else Completeness.FULL,
            left_out=left_out,
        )

    def _put(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)

    def _key(self, sheet: _Sheet) -> str:
        rank = _TOP_RANK.get(sheet.kind)
        if rank == "1":
            return rank
        if rank is not None:
            return f"{rank}.{number_key(sheet.number)}#"
        parent = sheet.parent
        if parent is None or (sheet.kind in _STRUCTURE and parent.kind in _STRUCTURE):
            # A chapter sorts just before its first article, which is not known yet.
            return _WAITS
        if sheet.kind is ProvisionKind.PARAGRAPH:
            return f"{parent.key}.{number_key(sheet.number)}#"
        parent.points += 1
        return f"{parent.key}.{parent.points:05d}#"


def _depth_of(sheet: _Sheet) -> int:
    depth = 0
    above = sheet.parent
    while above is not None:
        depth += 1
        above = above.parent
    return depth


def _finished(sheet: _Sheet) -> ParsedProvision:
    return ParsedProvision(
        eid=sheet.eid,
        kind=sheet.kind,
        number=sheet.number,
        heading=" ".join(sheet.heading),
        parent=sheet.parent.eid if sheet.parent else None,
        anchor=sheet.anchor,
        start=sheet.start or 0,
        end=sheet.end,
        sort_key=sheet.key,
        completeness=sheet.completeness,
    )
