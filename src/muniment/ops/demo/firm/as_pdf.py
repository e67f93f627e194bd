"""A policy as a PDF that looks like one: title block, ruled headings, tables, "Page 1 of 3".

Rules: reportlab's invariant mode and no compression, so that neither the clock nor the machine's zlib shows
in the bytes.
"""

from __future__ import annotations

import io
from typing import Any
from xml.sax.saxutils import escape

# The library ships no types, hence the exceptions below.
from reportlab.lib import colors
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    Flowable,
    ListFlowable,
    ListItem,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from muniment.ops.demo.firm.markup import Block, Policy, facts

_INK = colors.HexColor("#16323f")
_RULE = colors.HexColor("#b9c7cd")
_SHADE = colors.HexColor("#eef3f5")
_TEXT = ParagraphStyle("text", fontName="Helvetica", fontSize=10, leading=14, alignment=TA_LEFT, spaceAfter=6)
_CELL = ParagraphStyle("cell", parent=_TEXT, fontSize=9, leading=12, spaceAfter=0)
_CELL_HEAD = ParagraphStyle("cell head", parent=_CELL, fontName="Helvetica-Bold", textColor=_INK)
_HEADING = ParagraphStyle(
    "heading",
    parent=_TEXT,
    fontName="Helvetica-Bold",
    fontSize=12,
    leading=15,
    textColor=_INK,
    spaceBefore=10,
    spaceAfter=5,
    keepWithNext=1,
)
_TITLE = ParagraphStyle("title", parent=_HEADING, fontSize=20, leading=25, spaceBefore=0, keepWithNext=0)
_WIDTH = A4[0] - 44 * mm


def render(policy: Policy, firm: str) -> bytes:
    """Write a policy as PDF.

    :returns: the same bytes each time.
    """
    sheet = io.BytesIO()
    template = SimpleDocTemplate(
        sheet,
        pagesize=A4,
        leftMargin=22 * mm,
        rightMargin=22 * mm,
        topMargin=26 * mm,
        bottomMargin=24 * mm,
        invariant=1,
        pageCompression=0,
        title=policy.head["title"],
        author=firm,
        subject=f"{policy.head['code']} {policy.head['version']}",
        lang="en-GB",
    )
    story: list[Flowable] = [
        Paragraph(escape(policy.head["title"]), _TITLE),
        _title_block(policy, firm),
        Spacer(1, 12),
    ]
    for block in policy.blocks:
        story.extend(_flowables(block))
    running = f"{firm}  ·  {policy.head['title']}"

    class NumberedCanvas(Canvas):  # type: ignore[misc]  # reportlab ships no types
        """Holds pages back until their number is known, then paints header and footer on each."""

        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            self._held: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 - reportlab's own name
            self._held.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self._held, start=1):
                self.__dict__.update(page)
                _furniture(self, running, policy.head["code"], f"Page {number} of {len(self._held)}")
                super().showPage()
            super().save()

    template.build(story, canvasmaker=NumberedCanvas)
    return sheet.getvalue()


def _furniture(canvas: Any, running: str, code: str, page: str) -> None:
    canvas.saveState()
    canvas.setFont("Helvetica", 8)
    canvas.setFillColor(_INK)
    canvas.drawString(22 * mm, A4[1] - 15 * mm, running)
    canvas.drawString(22 * mm, 13 * mm, f"{code}  ·  Internal  ·  Invented for demonstration")
    canvas.drawRightString(A4[0] - 22 * mm, 13 * mm, page)
    canvas.setStrokeColor(_RULE)
    canvas.line(22 * mm, A4[1] - 17 * mm, A4[0] - 22 * mm, A4[1] - 17 * mm)
    canvas.line(22 * mm, 17 * mm, A4[0] - 22 * mm, 17 * mm)
    canvas.restoreState()


def _title_block(policy: Policy, firm: str) -> Table:
    rows = [
        [Paragraph(key, _CELL_HEAD), Paragraph(escape(value), _CELL)] for key, value in facts(policy, firm)
    ]
    style = [("LINEBELOW", (0, 0), (-1, -1), 0.5, _RULE), ("BACKGROUND", (0, 0), (0, -1), _SHADE)]
    return Table(rows, colWidths=[34 * mm, _WIDTH - 34 * mm], style=TableStyle(style))


def _flowables(block: Block) -> list[Flowable]:
    if block.kind == "heading":
        return [Paragraph(escape(block.lines[0]), _HEADING)]
    if block.kind in {"bullets", "steps"}:
        items = [ListItem(Paragraph(escape(line), _TEXT)) for line in block.lines]
        kind = "bullet" if block.kind == "bullets" else "1"
        return [
            ListFlowable(items, bulletType=kind, bulletFontSize=10, leftIndent=16, start=None),
            Spacer(1, 4),
        ]
    if block.kind == "table":
        head, *rows = block.rows
        cells = [[Paragraph(escape(cell), _CELL_HEAD) for cell in head]]
        cells += [[Paragraph(escape(cell), _CELL) for cell in row] for row in rows]
        style = [
            ("GRID", (0, 0), (-1, -1), 0.5, _RULE),
            ("BACKGROUND", (0, 0), (-1, 0), _SHADE),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ]
        table = Table(
            cells, colWidths=[_WIDTH / len(head)] * len(head), style=TableStyle(style), repeatRows=1
        )
        return [Spacer(1, 2), table, Spacer(1, 8)]
    return [Paragraph(escape(block.lines[0]), _TEXT)]
