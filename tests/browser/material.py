"""An act in the Official Journal's markup and in our own words, under the number of a real one.

The rules that find a deadline too long know real acts only; this one has just the words that such a rule looks for.
"""

from __future__ import annotations

CELEX = "32016R0679"


def act() -> bytes:
    """Return the act as a file of the Official Journal."""
    articles = _article(
        32,
        "Doors and locks",
        (
            "The controller shall lock the door of every room in which records are kept.",
            "The controller shall test the locks at least yearly.",
        ),
    ) + _article(
        33,
        "Telling the watch",
        (
            (
                "In the case of a personal data breach, the controller shall notify the personal data breach to the"
                " supervisory authority not later than 72 hours after having become aware of it."
            ),
            "The controller shall document any personal data breaches in a register.",
        ),
    )
    chapter = (
        '<div id="cpt_IV"><p class="oj-ti-section-1" id="d1">CHAPTER IV</p><div class="eli-title" id="cpt_IV.tit_1">'
        f'<p class="oj-ti-section-2">Keepers of records</p></div>{articles}</div>'
    )
    head = '<p class="oj-hd-date">2.2.2099</p></td><td><p class="oj-hd-lg">EN</p>'
    title = '<p class="oj-doc-ti">REGULATION (EU) 2016/679 (INVENTED)</p><p class="oj-doc-ti">for tests</p>'
    return (
        '<?xml version="1.0" encoding="UTF-8"?><html xmlns="http://www.w3.org/1999/xhtml">'
        f"<head><title>x</title></head><body><table><tbody><tr><td>{head}</td></tr></tbody></table>"
        f'<div class="eli-container"><div class="eli-main-title" id="tit_1">{title}</div>'
        f'<div class="eli-subdivision" id="enc_1">{chapter}</div></div></body></html>'
    ).encode()


def _article(number: int, heading: str, paragraphs: tuple[str, ...]) -> str:
    texts = "".join(
        f'<div id="{number:03}.{at:03}"><p class="oj-normal">{at}.\u00a0\u00a0\u00a0{text}</p></div>'
        for at, text in enumerate(paragraphs, start=1)
    )
    return (
        f'<div class="eli-subdivision" id="art_{number}"><p class="oj-ti-art">Article\u00a0{number}</p>'
        f'<div class="eli-title" id="art_{number}.tit_1"><p class="oj-sti-art">{heading}</p></div>{texts}</div>'
    )
