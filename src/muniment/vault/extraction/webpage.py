"""HTML, read as the page would show it without scripts and styles.

Rules: nothing is fetched or run; scripts, styles, frames and hidden parts are dropped; a section begins at
each heading; a table row is one line with " | " between cells; white space counts as one blank outside `pre`.
"""

from __future__ import annotations

import re

from lxml import etree, html

from muniment.spine.errors import Invalid
from muniment.vault.extraction.flow import Flow
from muniment.vault.extraction.kinds import decode, require_markup
from muniment.vault.extraction.text import MAX_CELL, Extracted, settle

_DROPPED = {
    "script", "style", "noscript", "template", "head", "svg", "math", "iframe", "frame", "frameset",
    "object", "embed", "applet", "audio", "video", "canvas", "select", "textarea", "datalist",
}  # fmt: skip
_BLOCKS = {
    "html", "body", "address", "article", "aside", "blockquote", "center", "dd", "details",
    "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1",
    "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "legend", "li", "main", "menu", "nav",
    "ol", "p", "pre", "search", "section", "summary", "table", "caption", "tbody", "thead", "tfoot",
    "tr", "ul",
}  # fmt: skip
_LISTS = {"ul", "ol", "menu", "dir"}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_BLANKS = re.compile(r"[ \t\n\r\f\v]+")
_INVISIBLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def read(data: bytes) -> Extracted:
    """Read a web page.

    :raises Invalid: for a wrong encoding, entity declarations, content that is no HTML, or limits exceeded.
    """
    text = decode(data)
    require_markup(text, "html")
    if "<!entity" in text.lower():
        raise Invalid("This web page declares entities, which no web page needs.")
    parser = html.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = html.document_fromstring(text.encode("utf-8"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        raise Invalid("This web page cannot be read.") from None
    flow = Flow()
    _Pour(flow).walk(root)
    whole, sections, headings = flow.finish()
    return settle(
        whole, sections, profile="html/1", unit="section", headings=headings, warnings=flow.warnings
    )


class _Pour:
    """Pours the visible text of a tree into a flow, without recursion."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._line: list[str] = []
        self._cells: list[str] = []
        self._row = 0
        self._pre = 0
        self._label = ""
        self._lists: list[int] = []
        self._heading = 0

    def walk(self, root: etree._Element) -> None:
        events = etree.iterwalk(root, events=("start", "end"))
        for event, element in events:
            tag = element.tag if isinstance(element.tag, str) else "script"
            shown = tag not in _DROPPED and not self._hidden(element)
            if event == "start":
                if not shown:
                    events.skip_subtree()
                    continue
                self._open(tag)
                self._say(element.text)
            else:
                if shown:
                    self._close(tag)
                self._say(element.tail)
        self._flush()

    def _hidden(self, element: etree._Element) -> bool:
        hidden = (
            element.get("hidden") is not None or _INVISIBLE.search(str(element.get("style", ""))) is not None
        )
        if hidden:
            self._flow.note("Hidden text was left out.")
        return hidden

    def _open(self, tag: str) -> None:
        if self._row:
            self._line.append(" ")
        elif tag in _BLOCKS:
            self._flush()
        if tag in _HEADINGS and not self._row:
            self._heading = int(tag[1])
            if self._flow.started:
                self._flow.turn()
        elif tag == "tr":
            self._row += 1
        elif tag == "br":
            self._line.append(" " if self._row else "\n")
        elif tag == "pre":
            self._pre += 1
        elif tag in _LISTS:
            self._lists.append(0 if tag == "ol" else -1)
        elif tag == "li" and self._lists and not self._row:
            self._lists[-1] += self._lists[-1] >= 0
            self._label = f"{self._lists[-1]}. " if self._lists[-1] > 0 else "- "

    def _close(self, tag: str) -> None:
        if tag == "tr":
            self._row -= 1
            if not self._row:
                self._end_row()
        elif tag in {"td", "th"} and self._row == 1:
            self._cells.append(self._taken())
        elif tag == "pre":
            self._flush()
            self._pre -= 1
        elif tag in _LISTS and self._lists:
            self._flush()
            self._lists.pop()
        elif tag in _BLOCKS and not self._row:
            self._flush()

    def _say(self, words: str | None) -> None:
        if words:
            self._line.append(words if self._pre else _BLANKS.sub(" ", words))

    def _taken(self) -> str:
        words = "".join(self._line)
        self._line.clear()
        return (
            words
            if self._pre and not self._row
            else re.sub(r" *\n *", "\n", re.sub(r" {2,}", " ", words)).strip()
        )

    def _end_row(self) -> None:
        rest = self._taken()
        cells = [_BLANKS.sub(" ", cell) for cell in [*self._cells, *([rest] if rest else [])]]
        self._cells.clear()
        if any(len(cell) > MAX_CELL for cell in cells):
            raise Invalid(f"A table cell is longer than {MAX_CELL:,} characters.")
        if any(cells):
            self._flow.block(" | ".join(cells), dense=True)

    def _flush(self) -> None:
        if self._row:
            return
        words = self._taken()
        if words.strip():
            self._flow.block(self._label + words, heading=self._heading, dense=bool(self._label))
            self._label = ""
        self._heading = 0
