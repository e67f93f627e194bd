"""Reader of the Official Journal's XHTML (the file that EUR-Lex serves as the authentic text).

Rules it obeys: every block of the body becomes one line of the text, in order, nothing left out; a label in
a table cell and the text beside it share a line; parts are taken from the publisher's own anchors
(``art_19``, ``019.004``, ``cpt_II``, ``anx_III``), points from the labels of layout tables. Paragraphs and
points quoted from other acts (in amending articles) are text of the article, never provisions of this act.
"""

from __future__ import annotations

import re
from datetime import date

from muniment.sources.formats.act import ParsedAct, ProvisionKind
from muniment.sources.formats.draft import Draft
from muniment.sources.formats.identifiers import require_celex
from muniment.sources.formats.labels import OPENING, Quotation, group_step, point_number
from muniment.sources.formats.markup import Element, collapse, flat, read_xml, with_class
from muniment.spine.errors import Invalid

EXTRACTOR = "oj-xhtml/1"

_BLOCKS = frozenset({
    "address", "article", "blockquote", "body", "caption", "dd", "div", "dl", "dt", "footer", "h1",
    "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section",
    "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
})  # fmt: skip
_STRUCTURE = {
    "tis": ProvisionKind.TITLE,
    "prt": ProvisionKind.TITLE,
    "cpt": ProvisionKind.CHAPTER,
    "sct": ProvisionKind.SECTION,
    "sbs": ProvisionKind.SECTION,
}
_STRUCTURE_ID = re.compile(r"(?:(?:tis|prt|cpt|sct|sbs)_[0-9A-Za-z]{1,12}\.?)+(?<!\.)", re.ASCII)
_ARTICLE_ID = re.compile(r"art_([0-9]{1,5}[a-z]{0,3})", re.ASCII)
_RECITAL_ID = re.compile(r"rct_([0-9]{1,5}[a-z]{0,3})", re.ASCII)
_PARAGRAPH_ID = re.compile(r"0*([0-9]{1,5}[A-Za-z]{0,3})\.0*([0-9]{1,5}[A-Za-z]{0,3})", re.ASCII)
_ANNEX_ID = re.compile(r"anx_[\s\u00a0]*([0-9A-Za-z]{1,12})")
_ANCHORS = (
    (_RECITAL_ID, "rct", ProvisionKind.RECITAL),
    (_ARTICLE_ID, "art", ProvisionKind.ARTICLE),
    (_ANNEX_ID, "anx", ProvisionKind.ANNEX),
)
_ACT_NUMBER = re.compile(
    r"(?P<form>REGULATION|DIRECTIVE|DECISION|RÈGLEMENT|DÉCISION)\b[^0-9]{0,40}?"
    r"(?:(?P<year>(?:19|20)[0-9]{2})/(?P<number>[0-9]{1,4})\b|N[oO°]\s?(?P<old>[0-9]{1,4})/(?P<oldyear>(?:19|20)[0-9]{2}))"
)
_FORM = {"REGULATION": "R", "RÈGLEMENT": "R", "DIRECTIVE": "L", "DECISION": "D", "DÉCISION": "D"}
#: Where the head of each issue says on which day it appeared: ``27.12.2022``.
_ISSUED = re.compile(rb'class="oj-hd-date"[^>]{0,80}>\s{0,80}([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})(?![0-9])')
#: The head of the issue stands within this many bytes.
HEAD = 16_384


def published(content: bytes) -> date | None:
    """Return the day on which the Official Journal published the act; ``None`` when the file does not say it.

    Why it matters: an act bears the day on which it was adopted, and deadlines run from the day on which it was
    published; the two are weeks apart and must not be taken for each other.

    :param content: the file as retrieved, or its beginning.
    """
    found = _ISSUED.search(content[:HEAD])
    if found is None:
        return None
    day, month, year = (int(part) for part in found.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None


def parse(content: bytes, *, celex: str | None = None) -> ParsedAct:
    """Read one act from the Official Journal's XHTML.

    Why it matters: this is the authentic text; every finding quotes it by character offset.

    :param content: the file as retrieved.
    :param celex: the act's CELEX number if known; otherwise it is taken from the act's own title.
    :raises Invalid: if the file is not such a document, or says that it is another act.
    """
    root = read_xml(content)
    if _name(root) != "html":
        raise Invalid("This is not an XHTML document of the Official Journal.", where="line 1")
    body = next((child for child in root if _name(child) == "body"), None)
    if body is None or not with_class(body, "oj-doc-ti"):
        raise Invalid(
            "This is not an XHTML document of the Official Journal.", todo="Fetch the act's own page."
        )
    title = _title(body)
    reader = _Reader()
    reader.walk(body)
    return reader.draft.finish(
        celex=_celex(celex, title), title=title, language=_language(body), extractor=EXTRACTOR
    )


class _Reader:
    """Walks the body once; holds which article is open and whether another act is being quoted."""

    def __init__(self) -> None:
        self.draft = Draft()
        self.article: str | None = None
        self.annex = False
        self.group = False
        self.group_headed = 0
        self.quotation = Quotation()

    def walk(self, element: Element) -> None:
        name = _name(element)
        if name == "table":
            self.table(element)
        elif name == "div" and element.get("id"):
            self.part(element, element.get("id") or "")
        elif _is_leaf(element):
            self.leaf(element)
        elif element.get("class") == "oj-enumeration-spacing":
            self.enumeration(element)
        else:
            self.children(element)

    def children(self, element: Element) -> None:
        """Write the blocks below an element, and any text that stands loose between them."""
        self.write(element.text or "")
        for child in element:
            self.walk(child)
            self.write(child.tail or "")

    def write(self, text: str) -> None:
        self.draft.line(text)
        self.quotation.read(collapse(text).strip(" "))

    def leaf(self, element: Element) -> None:
        text = flat(element)
        kind = element.get("class")
        if kind == "oj-ti-grseq-1" and self.annex:
            self.begin_group(text)
            return
        if text and self._is_heading(kind, text):
            self.draft.heading(text)
        else:
            self.draft.line(text)
        self.quotation.read(text)

    def _is_heading(self, kind: str | None, text: str) -> bool:
        if kind == "oj-sti-art":
            return self.article is not None
        if kind == "oj-ti-section-2":
            return self.article is None
        return kind == "oj-doc-ti" and self.annex and not text.upper().startswith("ANNEX")

    def begin_group(self, heading: str) -> None:
        """Write the heading of a part of an annex; the part runs to the next heading of this kind."""
        step = group_step(heading)
        if step is None and self.group and self.draft.length == self.group_headed:
            # "Section 1" and its title stand on two lines.
            self.draft.heading(heading)
            return
        self.end_group()
        if step is None or self.draft.inside is None:
            self.draft.line(heading)
            return
        self.draft.begin(f"{self.draft.inside}.{step[0]}", ProvisionKind.SECTION, step[1])
        self.draft.heading(heading)
        self.group = True
        self.group_headed = self.draft.length

    def end_group(self) -> None:
        if self.group:
            self.draft.end()
        self.group = False

    def part(self, element: Element, anchor: str) -> None:
        """Write an element that the publisher gave an anchor to."""
        found = self._part(element, anchor)
        if found is None:
            if _is_leaf(element):
                self.leaf(element)
            else:
                self.children(element)
            return
        eid, kind, number = found
        outside = self.article
        if kind is ProvisionKind.ARTICLE:
            self.article = number
        if kind in {ProvisionKind.ARTICLE, ProvisionKind.ANNEX}:
            self.quotation = Quotation()
        was_annex = self.annex
        self.annex = self.annex or kind is ProvisionKind.ANNEX
        self.draft.begin(eid, kind, number, anchor=anchor)
        if _is_leaf(element):
            self.leaf(element)
        else:
            self.children(element)
        if kind is ProvisionKind.ANNEX:
            self.end_group()
        self.draft.end()
        self.article = outside
        self.annex = was_annex

    def _part(self, element: Element, anchor: str) -> tuple[str, ProvisionKind, str] | None:
        """Return identifier, kind and number that an anchor stands for at this place, if any."""
        if self.article is None:
            return _outside_articles(anchor)
        found = _PARAGRAPH_ID.fullmatch(anchor)
        # Amending articles carry paragraphs of other acts under anchors of the same shape.
        quoted = self.quotation.open or flat(element).startswith(OPENING)
        if found and found[1].lower() == self.article and not quoted:
            number = found[2].lower()
            return f"art_{self.article}.par_{number}", ProvisionKind.PARAGRAPH, number
        return None

    def enumeration(self, element: Element) -> None:
        """Write a label and its text that are set side by side without a table."""
        first, *others = list(element)
        label = flat(first)
        self._point(label, others, loose=[element.text or "", *(child.tail or "" for child in element)])

    def table(self, element: Element) -> None:
        """Write a table: a layout table is a list of points, any other one goes row by row."""
        for row in _rows(element):
            cells = [child for child in row if _name(child) in {"td", "th"}]
            is_layout = element.get("class") != "oj-table"
            while is_layout and len(cells) > 2 and not flat(cells[0]):
                # An empty first column is only an indent.
                cells = cells[1:]
            label = flat(cells[0]) if cells else ""
            if is_layout and len(cells) == 2 and len(label) <= 12:
                self._point(label, cells[1:], loose=[])
            elif all(_is_simple(cell) for cell in cells):
                self.write("\u2003".join(text for cell in cells if (text := flat(cell))))
            else:
                for cell in cells:
                    self.walk_inside(cell)

    def walk_inside(self, cell: Element) -> None:
        if _is_leaf(cell):
            self.leaf(cell)
        else:
            self.children(cell)

    def _point(self, label: str, content: list[Element], *, loose: list[str]) -> None:
        number = None if self.quotation.open else point_number(label)
        holder = self.draft.inside
        point = number is not None and holder is not None and (self.article is not None or self.annex)
        if point and number is not None:
            self.draft.begin(
                f"{holder}.{'pt' if self.annex else 'pnt'}_{number}", ProvisionKind.POINT, number
            )
        self.quotation.read(label)
        self.draft.label(label)
        for block in content:
            self.walk_inside(block)
        for text in loose:
            self.write(text)
        if point:
            self.draft.end()


def _outside_articles(anchor: str) -> tuple[str, ProvisionKind, str] | None:
    if anchor == "pbl_1":
        return "pbl_1", ProvisionKind.PREAMBLE, ""
    for pattern, word, kind in _ANCHORS:
        if found := pattern.fullmatch(anchor):
            return f"{word}_{found[1]}", kind, found[1]
    if _STRUCTURE_ID.fullmatch(anchor):
        word, _, number = anchor.rpartition(".")[2].partition("_")
        return anchor, _STRUCTURE[word], number
    return None


def _rows(table: Element) -> list[Element]:
    rows: list[Element] = []
    for child in table:
        name = _name(child)
        if name == "tr":
            rows.append(child)
        elif name in {"tbody", "thead", "tfoot"}:
            rows.extend(grandchild for grandchild in child if _name(grandchild) == "tr")
    return rows


def _name(element: Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _is_leaf(element: Element) -> bool:
    return not any(_name(below) in _BLOCKS for below in element.iterdescendants())


def _is_simple(cell: Element) -> bool:
    blocks = [below for below in cell.iterdescendants() if _name(below) in _BLOCKS]
    return len(blocks) <= 1


def _title(body: Element) -> str:
    heads = with_class(body, "oj-doc-ti")
    main = [
        head
        for head in heads
        if any("eli-main-title" in (up.get("class") or "") for up in head.iterancestors())
    ]
    return " ".join(flat(head) for head in main or heads[:3])


def _language(body: Element) -> str:
    for mark in with_class(body, "oj-hd-lg"):
        code = flat(mark).lower()
        if len(code) == 2 and code.isascii() and code.isalpha():
            return code
    raise Invalid("The document does not say its language.")


def _celex(given: str | None, title: str) -> str:
    found = _ACT_NUMBER.search(title.replace("\u00a0", " ").upper())
    told = None
    if found:
        year = found["year"] or found["oldyear"]
        told = f"3{year}{_FORM[found['form']]}{int(found['number'] or found['old']):04d}"
    if given is None:
        if told is None:
            raise Invalid("The act's number cannot be read from its title.", todo="Give its CELEX number.")
        return told
    require_celex(given)
    if told is not None and told != given:
        raise Invalid(
            f"The file holds act {told}, not {given}.", todo="Check which file belongs to which act."
        )
    return given
