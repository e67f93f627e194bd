"""A policy as a Word document with real heading styles, lists, tables and page numbers.

Rules: properties carry the policy's own date, never the clock's; the package is written again with stored
members in a fixed order and with fixed times, so that neither the clock nor the machine's zlib shows.
"""

from __future__ import annotations

import io
import zipfile
from datetime import datetime

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor
from docx.text.paragraph import Paragraph

from muniment.ops.demo.firm.markup import Block, Policy, facts

_INK = RGBColor(0x16, 0x32, 0x3F)
_TABLE = "Light Grid Accent 1"
_UNUSED = {"thumbnail", "stylesWithEffects", "customXml", "webSettings"}
_EPOCH = (1980, 1, 1, 0, 0, 0)


def render(policy: Policy, firm: str) -> bytes:
    """Write a policy as .docx.

    :returns: the same bytes each time.
    """
    document = docx.Document()
    _slim(document)
    _properties(document, policy, firm)
    _look(document)
    document.add_heading(policy.head["title"], 0)
    table = document.add_table(0, 2, style=_TABLE)
    for key, value in facts(policy, firm):
        cells = table.add_row().cells
        cells[0].text, cells[1].text = key, value
    document.add_paragraph()
    for block in policy.blocks:
        _add(document, block)
    _furniture(document, policy, firm)
    sheet = io.BytesIO()
    document.save(sheet)
    return _repacked(sheet.getvalue())


def _properties(document: Document, policy: Policy, firm: str) -> None:
    stamp = datetime.fromisoformat(policy.head["effective"])
    core = document.core_properties
    core.author = core.last_modified_by = firm
    core.title, core.subject = policy.head["title"], policy.head["code"]
    core.created = core.modified = stamp
    core.revision, core.version = 1, policy.head["version"]
    core.comments, core.keywords, core.language = "Invented for demonstration", "", "en-GB"


def _slim(document: Document) -> None:
    """Drop what the library's template brings and no policy uses: 98 table styles, a thumbnail, doubles."""
    for style in list(document.styles):
        if style.type == WD_STYLE_TYPE.TABLE and style.name not in {"Normal Table", _TABLE}:
            style.element.getparent().remove(style.element)
    for relations in (document.part.rels, document.part.package.rels):
        for key in [key for key, link in relations.items() if link.reltype.rpartition("/")[2] in _UNUSED]:
            del relations[key]


def _look(document: Document) -> None:
    styles = document.styles
    for name, size in (("Normal", 10.5), ("Heading 1", 13), ("Title", 22)):
        font = styles[name].font
        font.size = Pt(size)
        if name != "Normal":
            font.color.rgb = _INK


def _add(document: Document, block: Block) -> None:
    if block.kind == "heading":
        document.add_heading(block.lines[0], 1)
    elif block.kind == "bullets":
        for line in block.lines:
            document.add_paragraph(line, style="List Bullet")
    elif block.kind == "steps":
        for line in block.lines:
            document.add_paragraph(line, style="List Number")
    elif block.kind == "table":
        rows = block.rows
        table = document.add_table(len(rows), len(rows[0]), style=_TABLE)
        for cells, words in zip(table.rows, rows, strict=True):
            for cell, word in zip(cells.cells, words, strict=True):
                cell.text = word
        document.add_paragraph()
    else:
        document.add_paragraph(block.lines[0])


def _furniture(document: Document, policy: Policy, firm: str) -> None:
    section = document.sections[0]
    section.header.paragraphs[0].text = f"{firm}  ·  {policy.head['title']}"
    footer = section.footer.paragraphs[0]
    footer.add_run(f"{policy.head['code']}  ·  Internal  ·  Invented for demonstration  ·  Page ")
    _field(footer, "PAGE")
    footer.add_run(" of ")
    _field(footer, "NUMPAGES")


def _field(paragraph: Paragraph, code: str) -> None:
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), code)
    run = OxmlElement("w:r")
    shown = OxmlElement("w:t")
    shown.text = "1"
    run.append(shown)
    field.append(run)
    paragraph._p.append(field)  # noqa: SLF001 - python-docx has no public way to add a field


def _repacked(data: bytes) -> bytes:
    sheet = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(sheet, "w", zipfile.ZIP_STORED) as package,
    ):
        names = sorted(source.namelist(), key=lambda name: (name != "[Content_Types].xml", name))
        for name in names:
            member = zipfile.ZipInfo(name, _EPOCH)
            member.create_system, member.external_attr = 3, 0o644 << 16
            package.writestr(member, source.read(name))
    return sheet.getvalue()
