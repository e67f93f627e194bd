"""What acts are called on pages: a title that can be read in one breath, a version as a day. Pure but for translation.

Rules: nothing is taken from a title but its ceremony (who enacted it and when, what else it amends); a title in
another form stays as it is. The identifier and the publisher's own label stand beside it wherever they are needed.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from django.utils.translation import gettext as _

from muniment.ui.words.times import day_in_words

LONGEST: Final = 200

_HEAD: Final = re.compile(
    r"(?P<form>(?:(?:COMMISSION|COUNCIL) )?(?:(?:DELEGATED|IMPLEMENTING) )?(?:REGULATION|DIRECTIVE|DECISION))"
    r" (?P<number>\((?:EU|EC|EEC|EU, EURATOM)\) (?:NO )?[0-9]{1,4}/[0-9]{1,4})"
    r"(?: OF THE (?:EUROPEAN PARLIAMENT AND OF THE )?COUNCIL)?"
    r"(?: OF [0-9]{1,2} [A-Z]{3,9} [0-9]{4})?[ ,]*(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_ENACTORS: Final = re.compile(r" of the European Parliament and of the Council\b", re.IGNORECASE)
_AFTER: Final = re.compile(
    r"(?:,? and (?:amending|repealing)|,? (?:amending|repealing)|\(Text with EEA relevance\)).*",
    re.IGNORECASE | re.DOTALL,
)
_SUPPLEMENT: Final = re.compile(r"\bsupplementing .{1,120}? with regard to ", re.IGNORECASE)
_LABEL: Final = re.compile(r"(?P<kind>OJ|CONS):(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})", re.ASCII)


def titled(title: str) -> str:
    """Return the title of an act as people say it: ``Regulation (EU) 2022/2554 on digital operational resilience …``.

    Why it matters: cut after so many letters, the titles of all acts end before they say what they are about.
    """
    line = " ".join(title.split())
    found = _HEAD.fullmatch(line)
    if found is not None:
        form, number = found["form"].title(), re.sub(r"\bNO\b", "No", found["number"])
        subject = _SUPPLEMENT.sub("with ", _ENACTORS.sub("", found["rest"]))
        subject = _AFTER.sub("", subject).strip(" ,")
        line = f"{form} {number} {subject}".strip()
    return line if len(line) <= LONGEST else _cut(line)


def _cut(line: str) -> str:
    """Cut between words, with a mark that it was cut."""
    return line[:LONGEST].rsplit(" ", maxsplit=1)[0].rstrip(" ,") + " …"


def numbered(title: str) -> str:
    """Return form and number of an act alone (``Regulation (EU) 2022/2554``); its whole short title without one."""
    found = _HEAD.fullmatch(" ".join(title.split()))
    return titled(title) if found is None else f"{found['form'].title()} {found['number']}"


def dated(version: str) -> str:
    """Return the label of a version in words: the day on which it was published, or up to which it is amended."""
    found = _LABEL.fullmatch(version)
    if found is None:
        return _("as published") if version == "OJ" else version
    try:
        day = day_in_words(date.fromisoformat(found["day"]))
    except ValueError:
        return version
    if found["kind"] == "OJ":
        return _("published %(day)s") % {"day": day}
    return _("as amended to %(day)s") % {"day": day}
