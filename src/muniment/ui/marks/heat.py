"""The heat map of a scan: chapters by articles, so that one look shows where the firm is thin.

It is made of links that wrap, not of one large drawing: at 390 px, at 200 % zoom and on paper every cell
stays as
large as a finger and as legible as text. Colour never stands alone: each cell carries the number and the
state's icon.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from muniment.ui.marks.key import key_of, symbol, tally
from muniment.ui.marks.svg import link_or_text, node
from muniment.ui.words.statuses import status_of


def heat_map(rows: Iterable[Mapping[str, Any]], caption: str = "") -> SafeString:
    """Draw chapters by articles.

    :param rows: mappings with `label`, `cells` and, optional, `url`; a cell is a mapping with `label` (the
        short
        number), `status` (empty where nothing is demanded) and, optional, `name` (in full), `words` (the
        whole sentence instead of name and state), `url`, `current`, and `counts`: how many things of each state
        the cell stands for. The key counts those things, or the cells where none has `counts`.
    """
    held = [(row, list(row["cells"])) for row in rows]
    cells = [cell for _row, inside in held for cell in inside]
    looks = {code: _look(code) for code in {str(cell.get("status") or "") for cell in cells}}
    counts = tally(pair for cell in cells for pair in _counted(cell))
    return node(
        "figure",
        {"class": "heat"},
        node("figcaption", {"class": "hush"}, caption) if caption else None,
        node(
            "ul",
            {"class": "heat__rows"},
            *(
                node(
                    "li",
                    {"class": "heat__row"},
                    node(
                        "div",
                        {"class": "heat__label"},
                        link_or_text(str(row["label"]), str(row.get("url") or "")),
                    ),
                    node(
                        "ul",
                        {"class": "heat__cells"},
                        *(_cell(cell, looks[str(cell.get("status") or "")]) for cell in inside),
                    ),
                )
                for row, inside in held
            ),
        ),
        key_of(counts),
    )


def _counted(cell: Mapping[str, Any]) -> Iterable[tuple[str, int]]:
    if cell.get("counts"):
        return [(str(code), int(count)) for code, count in cell["counts"].items()]
    return [(str(cell["status"]), 1)] if cell.get("status") else ()


@dataclass(frozen=True, slots=True)
class _Look:
    """How all cells of one state look; worked out once, since a picture has hundreds of cells."""

    word: str
    tone: str
    symbol: SafeString | None


def _look(code: str) -> _Look:
    if not code:
        return _Look(_("nothing is demanded"), "none", None)
    known = status_of(code)
    return _Look(str(known.word), known.tone, symbol(known.icon))


def _cell(cell: Mapping[str, Any], look: _Look) -> SafeString:
    words = str(cell.get("words") or "") or _("%(name)s: %(status)s") % {
        "name": cell.get("name") or cell["label"],
        "status": look.word,
    }
    url = str(cell.get("url") or "")
    inside = node(
        "a" if url else "span",
        {
            "class": f"heat__cell g-{look.tone}",
            "href": url or None,
            "title": words,
            "aria-current": "true" if cell.get("current") else None,
        },
        node("span", {"aria-hidden": "true"}, str(cell["label"])),
        look.symbol,
        node("span", {"class": "hush"}, words),
    )
    return SafeString(f"<li>{inside}</li>")
