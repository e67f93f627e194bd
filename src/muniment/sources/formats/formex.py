"""Reader of consolidated Formex 4 (the file behind EUR-Lex's consolidated texts).

Rules it obeys: the same lines and the same identifiers as the reader of the Official Journal's XHTML, so
that two versions join on the same key; footnotes stand at the end, as the Official Journal prints them;
what the consolidation marks as deleted is no law any more, so it is kept in ``left_out`` and not in the
text; everything else of the body is in the text. Quoted passages of other acts are text, never provisions
of this act.
"""

from __future__ import annotations

import re

from lxml import etree

from muniment.sources.formats.act import ParsedAct, ProvisionKind
from muniment.sources.formats.draft import Draft
from muniment.sources.formats.identifiers import base_celex, require_celex
from muniment.sources.formats.labels import group_step, point_number
from muniment.sources.formats.markup import Element, all_text, collapse, read_xml
from muniment.spine.errors import Invalid

EXTRACTOR = "formex-cons/1"

_BODY = frozenset({"TITLE", "PREAMBLE", "ENACTING.TERMS", "FINAL", "CONS.ANNEX"})
_INLINE = frozenset(
    {"HT", "DATE", "QUOT.START", "QUOT.END", "NOTE", "FT", "REF.DOC", "REF.DOC.OJ", "LINK", "IE", "BR"}
)
_DIVISION = re.compile(
    r"(?P<word>TITLE|TITRE|PART|PARTIE|CHAPTER|CHAPITRE|SUB-?SECTION|SOUS-SECTION|SECTION)"
    r"[ \u00a0]+(?P<number>[0-9A-Z]{1,8})\b",
    re.IGNORECASE,
)
_WORDS = {
    "TITLE": "tis", "TITRE": "tis", "PART": "prt", "PARTIE": "prt", "CHAPTER": "cpt", "CHAPITRE": "cpt",
    "SECTION": "sct", "SUBSECTION": "sbs", "SOUSSECTION": "sbs",
}  # fmt: skip
_KINDS = {
    "tis": ProvisionKind.TITLE, "prt": ProvisionKind.TITLE, "cpt": ProvisionKind.CHAPTER,
    "sct": ProvisionKind.SECTION, "sbs": ProvisionKind.SECTION,
}  # fmt: skip
_ARTICLE_ID = re.compile(r"0*([0-9]{1,5}[A-Za-z]{0,3})", re.ASCII)
_PARAGRAPH_ID = re.compile(r"0*[0-9]{1,5}[A-Za-z]{0,3}\.0*([0-9]{1,5}[A-Za-z]{0,3})", re.ASCII)
_ANNEX = re.compile(r"(?:ANNEX|ANNEXE)[ \u00a0]+([0-9A-Za-z]{1,12})\b", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([A-Z.]{1,30})\s*=\s*["']([^"']{0,200})["']""")


def parse(content: bytes, *, celex: str | None = None) -> ParsedAct:
    """Read one act from a consolidated Formex file.

    Why it matters: this is the text with its amendments worked in; it has no legal effect, but it shows
    what changed.

    :param content: the file ``*.0001.xml``, not the ``.doc.xml`` beside it.
    :param celex: CELEX number of the base act or of the consolidated text, if known.
    :raises Invalid: if the file is not a consolidated act, or is another act than asked for.
    """
    root = read_xml(content, keep_instructions=True)
    document = root.find("CONS.DOC") if root.tag == "CONS.ACT" else None
    if document is None:
        raise Invalid(
            "This is not a consolidated act in Formex.", todo="Give the file that ends in .0001.xml."
        )
    told = (document.findtext("FAM.COMP/BIB.DATA/NO.CELEX") or "").strip()
    if celex is None and not told:
        raise Invalid("The file does not name its act.", todo="Give its CELEX number.")
    number = base_celex(celex) if celex is not None else require_celex(told)
    if told and told != number:
        raise Invalid(
            f"The file holds another act than {number}.", todo="Check which file belongs to which act."
        )
    language = (document.findtext("BIB.INSTANCE/LG.DOC") or "").strip().lower()
    if not re.fullmatch(r"[a-z]{2}", language):
        raise Invalid("The document does not say its language.")
    reader = _Reader()
    heads = [reader.inline(line) for line in document.findall("TITLE/TI/P")]
    reader = _Reader()
    reader.children(document, only=_BODY)
    reader.footnotes()
    reader.require_closed()
    return reader.draft.finish(
        celex=number,
        title=" ".join(collapse(head).strip() for head in heads),
        language=language,
        extractor=EXTRACTOR,
        left_out=tuple(reader.left_out),
    )


class _Reader:
    """Walks the body once; holds what is quoted, what is deleted and which footnotes wait."""

    def __init__(self) -> None:
        self.draft = Draft()
        self.article: str | None = None
        self.annexes = 0
        self.quoted = 0
        self.notes: list[tuple[str, Element]] = []
        self.marks: dict[str, str] = {}
        self.numbered_notes = 0
        self.deleted: set[str] = set()
        self.left_out: list[str] = []

    def write(self, text: str) -> None:
        self.draft.line(text)

    def instruction(self, mark: Element) -> None:
        """Follow the marks by which the consolidation says what an amendment did."""
        if not isinstance(mark, etree._ProcessingInstruction):  # noqa: SLF001 - lxml gives the type a private name
            return
        facts = dict(_ATTRIBUTE.findall(mark.text or ""))
        if mark.target == "CLG.MDFO" and facts.get("ACTION") == "DELETED":
            self.deleted.add(facts.get("ID", ""))
        elif mark.target == "CLG.MDFC":
            self.deleted.discard(facts.get("IDREF", ""))

    def require_closed(self) -> None:
        if self.deleted:
            raise Invalid(
                "The file marks a deletion that has no end.", todo="Fetch it again from its publisher."
            )

    def children(self, element: Element, *, only: frozenset[str] | None = None) -> None:
        """Write what is below an element: runs of inline text as lines, blocks by their kind."""
        run = "" if only else self._kept(element.text)
        for child in element:
            tag = child.tag
            if not isinstance(tag, str):
                # An amendment mark may open or close in the middle of a line.
                self.instruction(child)
            elif tag in _INLINE:
                run += self.inline(child)
            elif only is None or tag in only:
                self.write(run)
                run = ""
                self.block(child, tag)
            run += "" if only else self._kept(child.tail)
        self.write(run)

    def _kept(self, text: str | None) -> str:
        if not text:
            return ""
        if self.deleted:
            if gone := collapse(text).strip(" "):
                self.left_out.append(gone)
            return ""
        return text

    def inline(self, element: Element) -> str:
        """Return the text of an inline element; a footnote gives its number and waits for the end."""
        tag = element.tag
        if tag in {"QUOT.START", "QUOT.END"}:
            return self._kept(_character(element.get("CODE", "")))
        if tag == "NOTE":
            return self._note(element)
        run = self._kept(element.text)
        if tag == "FT" and element.get("TYPE") == "NUMBER":
            run = _grouped(run)
        for child in element:
            if isinstance(child.tag, str):
                run += self.inline(child)
            else:
                self.instruction(child)
            run += self._kept(child.tail)
        return run

    def _note(self, element: Element) -> str:
        if self.deleted:
            for text in element.itertext("*"):
                self._kept(str(text))
            return ""
        reference = element.get("NOTE.REF")
        if reference:
            return f" ({self.marks.get(reference, '*')})"
        mark = element.get("NUMBER.ORG", "")
        if not mark:
            self.numbered_notes += 1
            mark = str(self.numbered_notes)
        self.notes.append((mark, element))
        self.marks[element.get("NOTE.ID", "")] = mark
        return f" ({mark})"

    def footnotes(self) -> None:
        """Write the footnotes at the end of the text, as the Official Journal does."""
        for mark, note in self.notes:
            self.draft.label(f"({mark})")
            self.children(note)

    def block(self, element: Element, tag: str) -> None:
        writer = _WRITERS.get(tag)
        if self.deleted or writer is None:
            self.children(element)
        else:
            writer(self, element)

    def preamble(self, element: Element) -> None:
        self._inside(element, "pbl_1", ProvisionKind.PREAMBLE, "")

    def recital(self, element: Element) -> None:
        number = point_number(_plain(element.find(".//NO.P")))
        if number is None or self.quoted:
            self.children(element)
        else:
            self._inside(element, f"rct_{number}", ProvisionKind.RECITAL, number)

    def division(self, element: Element) -> None:
        found = _DIVISION.match(_plain(element.find("TITLE/TI")))
        if found is None or self.quoted or self.article is not None:
            self.children(element)
            return
        word = _WORDS[found["word"].upper().replace("-", "")]
        holder = self.draft.inside
        step = f"{word}_{found['number']}"
        self._inside(element, f"{holder}.{step}" if holder else step, _KINDS[word], found["number"])

    def article_(self, element: Element) -> None:
        identifier = element.get("IDENTIFIER", "")
        found = _ARTICLE_ID.fullmatch(identifier)
        if found is None or self.quoted or self.article is not None:
            self.children(element)
            return
        self.article = found[1].lower()
        self._inside(element, f"art_{self.article}", ProvisionKind.ARTICLE, self.article, anchor=identifier)
        self.article = None

    def paragraph(self, element: Element) -> None:
        identifier = element.get("IDENTIFIER", "")
        found = _PARAGRAPH_ID.fullmatch(identifier)
        if found is None or self.quoted or self.article is None:
            self.children(element)
            return
        number = found[1].lower()
        eid = f"art_{self.article}.par_{number}"
        self._inside(element, eid, ProvisionKind.PARAGRAPH, number, anchor=identifier)

    def annex(self, element: Element) -> None:
        self.annexes += 1
        found = _ANNEX.match(_plain(element.find("TITLE/TI")))
        number = found[1] if found else str(self.annexes)
        self._inside(element, f"anx_{number}", ProvisionKind.ANNEX, number)

    def group(self, element: Element) -> None:
        step = group_step(_plain(element.find("TITLE/TI")))
        holder = self.draft.inside
        if step is None or holder is None or not self.annexes or self.quoted:
            self.children(element)
        else:
            self._inside(element, f"{holder}.{step[0]}", ProvisionKind.SECTION, step[1])

    def numbered(self, element: Element) -> None:
        """Write a numbered block, which is a point of the provision around it."""
        number = point_number(_plain(element.find("NO.P")))
        holder = self.draft.inside
        in_heading = any(above.tag in {"TI", "STI"} for above in element.iterancestors())
        if number is None or holder is None or self.quoted or in_heading or holder.startswith(("pbl", "rct")):
            self.children(element)
        else:
            word = "pt" if self.annexes else "pnt"
            self._inside(element, f"{holder}.{word}_{number}", ProvisionKind.POINT, number)

    def number(self, element: Element) -> None:
        self.draft.label(self.inline(element))

    def heading(self, element: Element) -> None:
        if self.quoted or self.draft.inside is None:
            self.children(element)
            return
        for line in element.findall("P") or [element]:
            self.draft.heading(self.inline(line))

    def quotation(self, element: Element) -> None:
        self.quoted += 1
        self.children(element)
        self.quoted -= 1

    def item(self, element: Element) -> None:
        parent = element.getparent()
        if parent is not None and parent.get("TYPE") in {"DASH", "NDASH"} and element.find("NP") is None:
            self.draft.label("\u2014")
        self.children(element)

    def row(self, element: Element) -> None:
        """Write a row of a table on one line if its cells are single lines, else cell by cell."""
        cells = [child for child in element if isinstance(child.tag, str)]
        if all(
            all(not isinstance(below.tag, str) or below.tag in _INLINE for below in cell) for cell in cells
        ):
            texts = [collapse(self.inline(cell)).strip(" ") for cell in cells]
            self.write("\u2003".join(text for text in texts if text))
        else:
            self.children(element)

    def _inside(
        self, element: Element, eid: str, kind: ProvisionKind, number: str, *, anchor: str = ""
    ) -> None:
        self.draft.begin(eid, kind, number, anchor=anchor)
        self.children(element)
        self.draft.end()

    def table_notes(self, element: Element) -> None:
        for note in element.findall("NOTE"):
            self._note(note)


_WRITERS = {
    "PREAMBLE": _Reader.preamble,
    "CONSID": _Reader.recital,
    "DIVISION": _Reader.division,
    "ARTICLE": _Reader.article_,
    "PARAG": _Reader.paragraph,
    "CONS.ANNEX": _Reader.annex,
    "GR.SEQ": _Reader.group,
    "NP": _Reader.numbered,
    "NO.P": _Reader.number,
    "NO.PARAG": _Reader.number,
    "PREFIX": _Reader.number,
    "STI": _Reader.heading,
    "STI.ART": _Reader.heading,
    "QUOT.S": _Reader.quotation,
    "ITEM": _Reader.item,
    "ROW": _Reader.row,
    "GR.NOTES": _Reader.table_notes,
}


def _plain(element: Element | None) -> str:
    if element is None:
        return ""
    lines = element.findall("P") or [element]
    return collapse(" ".join(all_text(line) for line in lines)).strip(" ")


def _character(code: str) -> str:
    return (
        chr(int(code, 16)) if re.fullmatch(r"20[0-9A-Fa-f]{2}|00[A-Fa-f][0-9A-Fa-f]|0022|0027", code) else ""
    )


def _grouped(number: str) -> str:
    """Set a whole number as the Official Journal prints it: groups of three."""
    plain = number.strip()
    if not re.fullmatch(r"[0-9]{4,15}", plain):
        return number
    return re.sub(r"(?<=[0-9])(?=(?:[0-9]{3})+$)", "\u00a0", plain)
