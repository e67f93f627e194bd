"""Real files, made by the libraries people use, for the tests of extraction."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import docx
from docx.document import Document
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Spacer

STYLES = getSampleStyleSheet()


def pdf(*pages: list[str], password: str | None = None, owner: str | None = None) -> bytes:
    """Write a PDF; the first string of each page is its heading."""
    story: list[Flowable] = []
    for heading, *paragraphs in pages:
        story.append(Paragraph(heading, STYLES["Heading2"]))
        for words in paragraphs:
            story += [Paragraph(words, STYLES["Normal"]), Spacer(1, 8)]
        story.append(PageBreak())
    sheet = io.BytesIO()
    encrypt = None
    if password is not None or owner is not None:
        encrypt = StandardEncryption(password or "", ownerPassword=owner, canModify=0)
    SimpleDocTemplate(sheet, invariant=1, encrypt=encrypt).build(story)
    return sheet.getvalue()


def blank_pdf() -> bytes:
    """Write a PDF that shows a drawing and no text, like a scan."""
    sheet = io.BytesIO()
    canvas = Canvas(sheet, invariant=1)
    canvas.rect(10, 10, 200, 200)
    canvas.showPage()
    canvas.save()
    return sheet.getvalue()


def word(write: Callable[[Document], object]) -> bytes:
    """Write a Word document by python-docx."""
    document = docx.Document()
    write(document)
    sheet = io.BytesIO()
    document.save(sheet)
    return sheet.getvalue()


def policy(document: Document) -> None:
    """Write a small policy: title, headings, lists, a table, a page break."""
    document.add_heading("Backup policy", 0)
    document.add_heading("Scope", 1)
    document.add_paragraph("All systems are backed up nightly.")
    document.add_paragraph("databases", style="List Bullet")
    document.add_paragraph("check the log", style="List Number")
    document.add_paragraph("restore a sample", style="List Number")
    table = document.add_table(2, 2)
    for cell, words in zip(table._cells, ("System", "Owner", "Ledger", "Finance"), strict=True):
        cell.text = words
    document.add_page_break()
    document.add_heading("Tests", 2)
    document.add_paragraph("Restoration is tried each quarter, naïvely: Łódź 支付 🙂.")


def repacked(data: bytes, change: Callable[[dict[str, bytes]], object]) -> bytes:
    """Open a package, change its parts, and zip it again."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    change(parts)
    sheet = io.BytesIO()
    with zipfile.ZipFile(sheet, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return sheet.getvalue()
