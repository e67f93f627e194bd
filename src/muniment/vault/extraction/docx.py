"""Word documents, by our own walk over the XML: no template, link, macro or embedded part is ever opened.

Rules: reading order of the body; headings by outline level or style; list numbers as Word paints them; a
table row is one line with " | " between cells; text that is struck out (tracked deletions) or hidden is left
out and said so; a page is what lies between explicit page breaks, since Word stores no others; a document
without any is parted into sections at its headings. Headers and footers are not part of the text.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from muniment.spine.errors import Invalid
from muniment.vault.extraction.flow import Flow, sections
from muniment.vault.extraction.numbering import Numbering, attribute, child, small, word
from muniment.vault.extraction.package import Package
from muniment.vault.extraction.text import MAX_CELL, Extracted, settle

MAX_DEPTH = 120
"""Elements inside each other; real documents stay below 40."""

_BREAK = "\f"  # XML 1.0 forbids this character in content, so it can mark a page break inside a paragraph
_LEFT_OUT = {
    "pPr",
    "rPr",
    "sectPr",
    "instrText",
    "delText",
    "tblPr",
    "tblGrid",
    "trPr",
    "tcPr",
    "sdtPr",
    "sdtEndPr",
}
_STRUCK = {"del", "moveFrom"}
_OFF = {"0", "false", "off"}
_COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_SIGNS = {"tab": "\t", "cr": "\n", "noBreakHyphen": "-"}


def read(data: bytes) -> Extracted:
    """Read a Word document.

    :raises Invalid: when the package or its XML is damaged, hostile or larger than the limits.
    """
    package = Package(data)
    document = package.xml(package.main)
    body = child(document, "body")
    if body is None:
        raise Invalid("This Word document has no body.")
    walk = Walk(package)
    walk.blocks(body, 0)
    walk.notes()
    text, pages, headings = walk.flow.finish()
    if len(pages) > 1:
        walk.flow.note("Page numbers count explicit page breaks; Word stores no others.")
        unit = "page"
    else:
        pages, unit = sections(text, headings), "section"
    return settle(text, pages, profile="docx/1", unit=unit, headings=headings, warnings=walk.flow.warnings)


class Walk:
    """One walk over a document's body; holds the styles, the running list numbers and the notes to come."""

    def __init__(self, package: Package) -> None:
        self.flow = Flow()
        self._package = package
        self._styles = Styles(self._part("styles"))
        self._numbering = Numbering.of(self._part("numbering"))
        self._notes: list[tuple[str, str]] = []

    def _part(self, kind: str) -> etree._Element | None:
        name = self._package.related(kind)
        return None if name is None else self._package.xml(name)

    def blocks(self, parent: etree._Element, depth: int) -> None:
        """Pour out the paragraphs and tables of a body, cell or text box, in order."""
        for element in parent:
            kind = word(element)
            if kind == "p":
                self._paragraph(element, depth + 1)
            elif kind == "tbl":
                self._table(element, depth + 1)
            elif kind == "altChunk":
                self.flow.note("An embedded document inside this one was not read.")
            elif self._shown(element, kind):
                self.blocks(_chosen(element), _deeper(depth))

    def notes(self) -> None:
        """Pour out the foot- and endnotes that were referred to, in the order of reference."""
        found: dict[tuple[str, str], etree._Element] = {}
        for kind in {kind for kind, _ in self._notes}:
            part = self._part(kind)
            found |= {(kind, attribute(note, "id")): note for note in (part if part is not None else ())}
        for number, reference in enumerate(self._notes, start=1):
            if reference in found:
                words = " ".join(self._words_of(found[reference], 0).split())
                self.flow.block(f"[{number}] {words}", dense=True)

    def _paragraph(self, paragraph: etree._Element, depth: int) -> None:
        properties = child(paragraph, "pPr")
        heading, list_id, level = self._shape(properties)
        if _on(child(properties, "pageBreakBefore")):
            self.flow.turn()
        pieces: list[str] = []
        boxes: list[etree._Element] = []
        self._inline(paragraph, pieces, boxes, depth)
        words = "".join(pieces)
        label = self._numbering.label(list_id, level) if list_id and words.strip(" \n\t\f") else ""
        for index, piece in enumerate(words.split(_BREAK)):
            if index:
                self.flow.turn()
            text = f"{label} {piece.lstrip()}" if label and piece.strip() else piece
            label = "" if piece.strip() else label
            self.flow.block(text.strip(" "), heading=heading, dense=bool(list_id) and not heading)
        for box in boxes:
            self.blocks(box, _deeper(depth))
        section = child(properties, "sectPr")
        if section is not None and attribute(child(section, "type"), "val") not in {
            "continuous",
            "nextColumn",
        }:
            self.flow.turn()

    def _shape(self, properties: etree._Element | None) -> tuple[int, str, int]:
        """Tell heading level (0 for none), list and list level of a paragraph, from itself or its style."""
        style_heading, style_list, style_level = self._styles.shape(
            attribute(child(properties, "pStyle"), "val")
        )
        outline = small(attribute(child(properties, "outlineLvl"), "val"))
        heading = style_heading if outline is None else (outline + 1) % 10
        own = child(properties, "numPr")
        if own is None:
            return heading, style_list, style_level
        level = small(attribute(child(own, "ilvl"), "val"))
        list_id = attribute(child(own, "numId"), "val") or style_list
        return heading, "" if list_id == "0" else list_id, style_level if level is None else level

    def _inline(
        self, parent: etree._Element, pieces: list[str], boxes: list[etree._Element], depth: int
    ) -> None:
        for element in parent:
            kind = word(element)
            if kind == "t" or (not kind and str(element.tag).endswith("/math}t")):
                pieces.append(element.text or "")
            elif kind in _SIGNS:
                pieces.append(_SIGNS[kind])
            elif kind == "br":
                pieces.append(_BREAK if attribute(element, "type") == "page" else "\n")
            elif kind in {"footnoteReference", "endnoteReference"}:
                self._notes.append((kind.removesuffix("Reference") + "s", attribute(element, "id")))
                pieces.append(f"[{len(self._notes)}]")
            elif kind == "txbxContent":
                boxes.append(element)
            elif self._shown(element, kind):
                self._inline(_chosen(element), pieces, boxes, _deeper(depth))

    def _shown(self, element: etree._Element, kind: str) -> bool:
        """Tell whether what is inside an element belongs to the text, and note what a reader must know."""
        if kind in _STRUCK:
            self.flow.note("Text struck out by tracked changes was left out.")
            return False
        if kind == "r" and _on(child(element, "rPr", "vanish")):
            self.flow.note("Hidden text was left out.")
            return False
        if kind == "ins":
            self.flow.note("Text added by tracked changes that nobody accepted is included.")
        return kind not in _LEFT_OUT

    def _table(self, table: etree._Element, depth: int) -> None:
        for row in _members(table, "tr", depth):
            cells = [" ".join(self._words_of(cell, depth).split()) for cell in _members(row, "tc", depth)]
            if any(len(cell) > MAX_CELL for cell in cells):
                raise Invalid(f"A table cell is longer than {MAX_CELL:,} characters.")
            if any(cells):
                self.flow.block(" | ".join(cells), dense=True)

    def _words_of(self, parent: etree._Element, depth: int) -> str:
        """Give all words of a cell or note, its paragraphs and inner tables one after the other."""
        pieces: list[str] = []
        for element in parent:
            kind = word(element)
            if kind == "p":
                boxes: list[etree._Element] = []
                self._inline(element, pieces, boxes, depth + 1)
                pieces.extend(" " + self._words_of(box, _deeper(depth)) for box in boxes)
            elif self._shown(element, kind):
                pieces.append(self._words_of(_chosen(element), _deeper(depth)))
            pieces.append(" ")
        return "".join(pieces).replace(_BREAK, " ")


class Styles:
    """What the paragraph styles say of headings and lists; each is looked up once, when first used."""

    def __init__(self, part: etree._Element | None) -> None:
        styles = part if part is not None else ()
        self._known = {attribute(style, "styleId"): style for style in styles if word(style) == "style"}
        self._shapes: dict[str, tuple[int, str, int]] = {}

    def shape(self, name: str) -> tuple[int, str, int]:
        """Give heading level (0 for none), list and list level of a style or of what it builds on."""
        if name not in self._shapes:
            self._shapes[name] = self._shape(name)
        return self._shapes[name]

    def _shape(self, name: str) -> tuple[int, str, int]:
        heading: int | None = None
        list_id, level = "", 0
        current = self._known.get(name)
        for _ in range(12):
            if current is None:
                break
            heading = _heading(current) if heading is None else heading
            if not list_id:
                list_id = attribute(child(current, "pPr", "numPr", "numId"), "val")
                level = small(attribute(child(current, "pPr", "numPr", "ilvl"), "val")) or 0
            current = self._known.get(attribute(child(current, "basedOn"), "val"))
        return heading or 0, "" if list_id == "0" else list_id, level


def _heading(style: etree._Element) -> int | None:
    """Tell the heading level a style states itself; None when it states none."""
    outline = small(attribute(child(style, "pPr", "outlineLvl"), "val"))
    if outline is not None:
        return (outline + 1) % 10
    title = attribute(child(style, "name"), "val").lower()
    if title == "title":
        return 1
    return small(title.removeprefix("heading ")) if title.startswith("heading ") else None


def _members(parent: etree._Element, kind: str, depth: int) -> Iterator[etree._Element]:
    """Give the rows of a table or the cells of a row, also those inside content controls."""
    for element in parent:
        if word(element) == kind:
            yield element
        elif word(element) in {"sdt", "sdtContent", "customXml", "ins"}:
            yield from _members(element, kind, _deeper(depth))


def _chosen(element: etree._Element) -> etree._Element:
    """Of two renderings of the same thing (markup compatibility) take the first; of all else, itself."""
    if element.tag == f"{_COMPATIBILITY}AlternateContent":
        return next(iter(element), element)
    return element


def _on(switch: etree._Element | None) -> bool:
    return switch is not None and attribute(switch, "val").lower() not in _OFF


def _deeper(depth: int) -> int:
    if depth >= MAX_DEPTH:
        raise Invalid("The parts of this document are nested deeper than any real document.")
    return depth + 1
