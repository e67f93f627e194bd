"""PDF, read by PDFium page by page.

Rules: scripts, forms and attachments are never touched; text comes in the order of the page's own content; a
wider gap between two lines, or another size of type, becomes a blank line, so that paragraphs and headings
stay apart. What a page shows is kept, a hyphen at a line's end included: joining words would put text into a
quote that the page does not show.
"""

from __future__ import annotations

import ctypes
import re
from itertools import pairwise
from statistics import median_low
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from muniment.spine.errors import Invalid
from muniment.vault.extraction.text import MAX_TEXT, Extracted, Page, settle

MAX_PDF_PAGES = 3_000

# A gap of a third more than the page's usual line pitch parts paragraphs; leading in one paragraph is even.
_WIDE = 1.33
_FEW = 6
_LARGER = 1.15

# PDFium marks a hyphen at a line's end by U+FFFE or U+0002 and drops the line feed behind it.
_HYPHEN = re.compile("[\ufffe\x02]")
_REPAIRED = "The index of this PDF is damaged; what could be found was read, and pages may be missing."
_STRAY = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")


class _Spot(NamedTuple):
    """Where a line's first character stands above the page's foot, and how high its type is, in points."""

    height: float
    size: float


def read(data: bytes) -> Extracted:
    """Read a PDF.

    :raises Invalid: when it is encrypted, cut off, damaged or has too many pages.
    """
    if b"%%EOF" not in data[-2048:]:
        raise Invalid("This PDF ends too early; it was cut off.", todo="Fetch it again from where it came.")
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as failed:
        raise _refusal(failed.err_code) from None
    try:
        return _read_pages(document, [] if _indexed(data) else [_REPAIRED])
    except (pdfium.PdfiumError, ctypes.ArgumentError, AssertionError) as failed:
        raise Invalid("This PDF is damaged and cannot be read.") from failed
    finally:
        document.close()


def _refusal(code: int | None) -> Invalid:
    if code in (pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY):
        return Invalid("This PDF is encrypted.", todo="Save it without a password and upload it again.")
    return Invalid("This PDF is damaged and cannot be read.", todo="Fetch it again from where it came.")


def _indexed(data: bytes) -> bool:
    """Tell whether the last index stands where the file says (ISO 32000-1, section 7.5.5)."""
    places = re.findall(rb"startxref\s+(\d{1,12})\s", data[-2048:])
    return (
        bool(places) and re.match(rb"\s*(xref|\d+\s+\d+\s+obj)\b", data[int(places[-1]) :][:64]) is not None
    )


def _read_pages(document: pdfium.PdfDocument, warnings: list[str]) -> Extracted:
    count = len(document)
    if count == 0:
        raise Invalid("This PDF has no pages.")
    if count > MAX_PDF_PAGES:
        raise Invalid(f"This PDF has more than {MAX_PDF_PAGES:,} pages.", todo="Split it.")
    if pdfium_c.FPDF_GetSecurityHandlerRevision(document) >= 0:
        warnings.append("This PDF is locked against changes; it can be read without a password.")
    parts: list[str] = []
    pages: list[Page] = []
    blank = start = 0
    for number in range(1, count + 1):
        words = _page(document, number - 1)
        blank += not words
        ended = words if number == count else words + "\n\n"
        parts.append(ended)
        pages.append(Page(number, start, start + len(ended)))
        start += len(ended)
        if start > MAX_TEXT:
            raise Invalid(f"The text of this PDF is longer than {MAX_TEXT:,} characters.", todo="Split it.")
    if blank and blank < count:
        warnings.append(f"Pages without readable text: {blank} of {count}; they may be scans.")
    return settle("".join(parts), pages, profile="pdf/1", unit="page", warnings=warnings)


def _page(document: pdfium.PdfDocument, index: int) -> str:
    page = document[index]
    try:
        shown = page.get_textpage()
        try:
            lines = shown.get_text_range().split("\r\n")
            return _paragraphs(shown, lines)
        finally:
            shown.close()
    finally:
        page.close()


def _paragraphs(shown: pdfium.PdfTextPage, lines: list[str]) -> str:
    """Put a blank line where the page shows a wide gap or another size of type."""
    kept: list[tuple[str, _Spot]] = []
    unit = 0
    for line in lines:
        if line.strip():
            ahead = len(line) - len(line.lstrip())
            kept.append((_clean(line), _spot(shown, unit + ahead)))
        unit += len(line.encode("utf-16-le")) // 2 + 2
    pitches = [above[1].height - below[1].height for above, below in pairwise(kept)]
    downward = [pitch for pitch in pitches if pitch > 0]
    usual = median_low(downward) if downward else 0.0
    text = kept[0][0] if kept else ""
    for pitch, (above, below) in zip(pitches, pairwise(kept), strict=True):
        sizes = sorted((above[1].size, below[1].size))
        # On a page with few lines the usual pitch says little; then twice the height of the type is wide.
        wide = pitch > usual * _WIDE or (len(downward) < _FEW and pitch > 2 * sizes[0] > 0)
        text += ("\n\n" if wide or pitch < 0 or sizes[1] > sizes[0] * _LARGER else "\n") + below[0]
    return text


def _spot(shown: pdfium.PdfTextPage, text_index: int) -> _Spot:
    """Measure the first character of a line; zeros when the page does not say."""
    char = pdfium_c.FPDFText_GetCharIndexFromTextIndex(shown, text_index)
    across, height = ctypes.c_double(), ctypes.c_double()
    box = pdfium_c.FS_RECTF()
    if char < 0 or not pdfium_c.FPDFText_GetCharOrigin(shown, char, across, height):
        return _Spot(0.0, 0.0)
    if not pdfium_c.FPDFText_GetLooseCharBox(shown, char, box):
        return _Spot(height.value, 0.0)
    return _Spot(height.value, box.top - box.bottom)


def _clean(line: str) -> str:
    return _STRAY.sub(" ", _HYPHEN.sub("-", line)).strip()
