"""The heat map of a scan: chapters by articles, so that one look shows where the firm is thin.

It is made of links that wrap, not of one large drawing: at 390 px, at 200 % zoom and on paper every cell
stays as
large as a finger and as legible as text. Colour never stands alone: each cell carries the number and the
state's icon.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
        number), `status` (empty where nothing is demanded) and, optional, `name` (in full), `url`, `current`.
    """
    held = [(row, list(row["cells"])) for row in rows]
    counts = tally((str(cell["status"]), 1) for _row, cells in held for cell in cells if cell.get("status"))
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
                    node("ul", {"class": "heat__cells"}, *(node("li", None, _cell(cell)) for cell in cells)),
                )
                for row, cells in held
            ),
        ),
        key_of(counts),
    )


def _cell(cell: Mapping[str, Any]) -> SafeString:
    code = str(cell.get("status") or "")
    known = status_of(code) if code else None
    words = _("%(name)s: %(status)s") % {
        "name": cell.get("name") or cell["label"],
        "status": known.word if known else _("nothing is demanded"),
    }
    url = str(cell.get("url") or "")
    tone = known.tone if known else "none"
    return node(
        "a" if url else "span",
        {
            "class": f"heat__cell g-{tone}",
            "href": url or None,
            "title": words,
            "aria-current": "true" if cell.get("current") else None,
        },
        node("span", {"aria-hidden": "true"}, str(cell["label"])),
        symbol(known.icon) if known else None,
        node("span", {"class": "hush"}, words),
    )
