"""A tiny invented act in the Official Journal's markup, for an example tenant on a machine that has no law.

Nobody is bound by it: there is no such town, and every word of it is ours.
"""

from __future__ import annotations

from typing import Final

CELEX: Final = "32099R0001"
TITLE: Final = "REGULATION (EU) 2099/1 OF THE TOWN COUNCIL"
_NOTIFY: Final = (
    "{who} shall notify a personal data breach to the supervisory authority not later than 72 hours after"
    " having become aware of it."
)
ARTICLES: Final = (
    ("Scope", ("This Regulation applies to everybody in the town.",)),
    (
        "Incidents",
        (
            "{who} shall record all ICT-related incidents in an incident register.",
            _NOTIFY,
        ),
    ),
    ("Continuity", ("{who} shall test their ICT business continuity plans at least yearly.",)),
    ("Lanterns", ("{who} shall light a lantern at their door from sunset to sunrise.",)),
)


def act(title: str = TITLE, who: str = "Financial entities") -> bytes:
    """Return the act as a file of the Official Journal.

    :param title: its first line, out of which readers take its number.
    :param who: whom its duties bind.
    """
    parts = "".join(_article(number, who, *told) for number, told in enumerate(ARTICLES, start=1))
    head = '<p class="oj-hd-date">1.1.2099</p></td><td><p class="oj-hd-lg">EN</p>'
    heading = f'<p class="oj-doc-ti">{title}</p><p class="oj-doc-ti">on good order (invented)</p>'
    return (
        '<?xml version="1.0" encoding="UTF-8"?><html xmlns="http://www.w3.org/1999/xhtml">'
        f"<head><title>x</title></head><body><table><tbody><tr><td>{head}</td></tr></tbody></table>"
        f'<div class="eli-container"><div class="eli-main-title" id="tit_1">{heading}</div>'
        f'<div class="eli-subdivision" id="enc_1">{parts}</div></div></body></html>'
    ).encode()


def _article(number: int, who: str, heading: str, paragraphs: tuple[str, ...]) -> str:
    texts = "".join(
        f'<div id="{number:03}.{at:03}"><p class="oj-normal">{at}.\u00a0\u00a0\u00a0{text.format(who=who)}</p></div>'
        for at, text in enumerate(paragraphs, start=1)
    )
    return (
        f'<div class="eli-subdivision" id="art_{number}"><p class="oj-ti-art">Article\u00a0{number}</p>'
        f'<div class="eli-title" id="art_{number}.tit_1"><p class="oj-sti-art">{heading}</p></div>{texts}</div>'
    )
