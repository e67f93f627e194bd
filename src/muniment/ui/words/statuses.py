"""The states a page may show, each as a word, an icon and a tone; and the four tones colour stands for.

Rules (ui.md): status is always word, icon and colour together; no internal name reaches a screen, so an
unknown code is our own bug and raises.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

TONES: Final = frozenset({"proven", "attention", "fault", "information", "quiet"})

TONE_ICONS: Final = {
    "proven": "check",
    "attention": "warning",
    "fault": "cross",
    "information": "info",
    "quiet": "dot",
}


@dataclass(frozen=True, slots=True)
class Status:
    """How one state looks and reads; `letter` stands in places too small for a word."""

    word: str | Promise
    icon: str
    tone: str
    letter: str


STATUSES: Final[dict[str, Status]] = {
    # what a scan found
    "evidence": Status(_("Evidence found"), "check", "proven", "E"),
    "conflict": Status(_("Conflict found"), "cross", "fault", "C"),
    "no_evidence": Status(_("No evidence found"), "empty", "attention", "N"),
    "cannot_tell": Status(_("Cannot tell"), "question", "information", "?"),
    "unanchored": Status(_("Unanchored"), "unanchored", "fault", "U"),
    "accepted": Status(_("Accepted"), "check", "proven", "A"),
    "disagreed": Status(_("Disagreed"), "cross", "information", "D"),
    "undecided": Status(_("Not decided"), "clock", "quiet", "–"),
    # how far a text can be trusted
    "official": Status(_("Official text"), "seal", "proven", "O"),
    "consolidated": Status(_("Consolidated text"), "layers", "information", "L"),
    "unofficial": Status(_("Unofficial text"), "warning", "attention", "F"),
    "truncated": Status(_("Truncated text"), "truncated", "attention", "T"),
    "invented": Status(_("Invented, for show"), "flag", "information", "I"),
    # what screening says
    "alert": Status(pgettext_lazy("screening", "Alert"), "warning", "fault", "!"),
    "also_consider": Status(pgettext_lazy("screening", "Also consider"), "eye", "attention", "~"),
    "clear": Status(pgettext_lazy("screening", "Clear"), "check", "proven", "C"),
    "cleared": Status(pgettext_lazy("screening", "Cleared"), "check", "proven", "C"),
    "confirmed": Status(pgettext_lazy("screening", "Confirmed"), "flag", "fault", "M"),
    # where a case stands
    "open": Status(pgettext_lazy("case", "Open"), "dot", "information", "O"),
    "proposed": Status(pgettext_lazy("case", "Proposed"), "pen", "attention", "P"),
    "decided": Status(pgettext_lazy("case", "Decided"), "check", "proven", "D"),
    "void": Status(pgettext_lazy("case", "Void"), "void", "quiet", "V"),
    # what the ledger and its proofs say
    "proven": Status(_("Proven"), "check", "proven", "P"),
    "attention": Status(_("Needs attention"), "warning", "attention", "!"),
    "fault": Status(_("Fault"), "cross", "fault", "X"),
}

_ALIASES: Final = {"none": "no_evidence", "consider": "also_consider"}

_LEVELS: Final = {
    "success": "proven",
    "warning": "attention",
    "error": "fault",
    "refusal": "fault",
    "debug": "quiet",
    "info": "information",
}


def status_of(code: str) -> Status:
    """Find how a state is shown; spaces and hyphens in the code count as underscores.

    :raises LookupError: when no such state is known: it needs a word and an icon here before a page shows it.
    """
    name = str(code).strip().lower().replace(" ", "_").replace("-", "_")
    name = _ALIASES.get(name, name)
    try:
        return STATUSES[name]
    except KeyError:
        msg = "a page asked for a state that has no word in muniment.ui.words.statuses"
        raise LookupError(msg) from None


def tone_of(level: str) -> str:
    """Turn a message level of Django, or a tone, into one of the five tones; anything else is information."""
    return level if level in TONES else _LEVELS.get(level, "information")
