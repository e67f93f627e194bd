"""Names of acts and of their parts: build, read, cite, sort.

The scheme: ``eu:32022R2554@OJ/en#art_19.par_4.pnt_a`` is work, version, language and part. The parts use
the words of the publisher's own anchors. A provision is never renumbered; ``4a`` is another provision than
``4`` and sorts after it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from muniment.spine.errors import Invalid

_CELEX = re.compile(r"[0-9CE][0-9]{4}[A-Z]{1,2}[0-9]{4}(?:\([0-9]{2}\))?(?:-[0-9]{8})?", re.ASCII)
_SEGMENT = re.compile(
    r"(pbl|rct|tis|prt|cpt|sct|sbs|art|par|pnt|anx|pt)_([0-9A-Za-z]{1,12})(?:_([0-9]{1,4}))?", re.ASCII
)
_WHOLE = re.compile(
    r"(?P<jurisdiction>[a-z]{2}):(?P<work>[0-9A-Za-z()-]{3,40})"
    r"@(?P<version>[A-Z]{2,8}(?::[0-9]{4}-[0-9]{2}-[0-9]{2})?)"
    r"/(?P<language>[a-z]{2})#(?P<eid>[0-9A-Za-z_.]{3,200})",
    re.ASCII,
)
_NUMBER = re.compile(r"0*([0-9]{1,5})([A-Za-z]*)", re.ASCII)
_ROMAN = re.compile(r"(?=.)M{0,3}(CM|CD|D?C{0,3})(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})", re.IGNORECASE | re.ASCII)
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_AKN = {
    "pbl": "preamble", "rct": "rec", "tis": "title", "prt": "part", "cpt": "chp", "sct": "sec",
    "sbs": "subsec",
    "art": "art", "par": "para", "pnt": "point", "anx": "annex", "pt": "point",
}  # fmt: skip
_WORDS = {
    "rct": "Recital", "tis": "Title", "prt": "Part", "cpt": "Chapter", "sct": "Section", "sbs": "Subsection",
    "art": "Art.", "anx": "Annex",
}  # fmt: skip
_RANK = {
    "pbl": "1",
    "rct": "2",
    "tis": "3!0",
    "prt": "3!1",
    "cpt": "3!2",
    "sct": "3!3",
    "sbs": "3!4",
    "art": "3",
    "anx": "4",
}


@dataclass(frozen=True, slots=True)
class Segment:
    """One step of an identifier: ``par_4`` is word ``par``, number ``4``.

    :param turn: 2 for the second list that uses the same label in one paragraph, else 1.
    """

    word: str
    number: str
    turn: int = 1


@dataclass(frozen=True, slots=True)
class ProvisionId:
    """The full name of a provision in one version and language."""

    work: str
    version: str
    language: str
    eid: str
    jurisdiction: str = "eu"

    def __str__(self) -> str:
        return f"{self.jurisdiction}:{self.work}@{self.version}/{self.language}#{self.eid}"


def provision_id(work: str, version: str, language: str, eid: str) -> ProvisionId:
    """Build the full name of a provision.

    :raises Invalid: if a part does not fit the scheme.
    """
    return parse_provision_id(f"eu:{work}@{version}/{language}#{eid}")


def parse_provision_id(text: str) -> ProvisionId:
    """Read a full provision name back into its parts.

    Why it matters: findings and packs carry these names, and a stranger must be able to resolve them.

    :raises Invalid: if it does not follow the scheme.
    """
    found = _WHOLE.fullmatch(text) if len(text) <= 300 else None
    if found is None:
        raise Invalid(
            "This is not a provision identifier.", todo="Use the form eu:32022R2554@OJ/en#art_19.par_4."
        )
    segments(found["eid"])
    return ProvisionId(
        found["work"], found["version"], found["language"], found["eid"], found["jurisdiction"]
    )


def segments(eid: str) -> tuple[Segment, ...]:
    """Split an identifier within an act into its steps.

    :raises Invalid: if a step is unknown.
    """
    steps = []
    for piece in eid.split("."):
        found = _SEGMENT.fullmatch(piece)
        if found is None:
            raise Invalid("This is not a provision identifier.", todo="Use the form art_19.par_4.pnt_a.")
        steps.append(Segment(found[1], found[2], int(found[3] or 1)))
    return tuple(steps)


def akn_eid(eid: str) -> str:
    """Return the Akoma Ntoso style alias: ``art_19.par_4.pnt_a`` is ``art_19__para_4__point_a``."""
    return "__".join(
        f"{_AKN[step.word]}_{step.number}" + (f"-{step.turn}" if step.turn > 1 else "")
        for step in segments(eid)
    )


def citation(eid: str) -> str:
    """Return how a lawyer cites it: ``Art. 19(4)(a)``, ``Recital 45``, ``Annex III, point 1(a)``."""
    words: list[str] = []
    for step in segments(eid):
        turn = f" [list {step.turn}]" if step.turn > 1 else ""
        if step.word == "pbl":
            words.append("Preamble")
        elif step.word in _WORDS:
            words.append(f"{', ' if words else ''}{_WORDS[step.word]} {step.number}{turn}")
        elif step.word == "pt" and words and words[-1].startswith("Annex"):
            words.append(f", point {step.number}{turn}")
        else:
            words.append(f"({step.number}){turn}")
    return "".join(words)


def roman(number: str) -> int | None:
    """Return the value of a Roman numeral, or ``None`` if it is none."""
    if not _ROMAN.fullmatch(number):
        return None
    total = 0
    values = [_ROMAN_VALUES[letter] for letter in number.upper()]
    for value, following in zip(values, [*values[1:], 0], strict=True):
        total += -value if value < following else value
    return total


def number_key(number: str) -> str:
    """Return a string by which numbers sort as people count: 4, 4a, 5, 10; II, IX, X."""
    found = _NUMBER.fullmatch(number)
    if found:
        return f"{int(found[1]):05d}{found[2].lower()}"
    value = roman(number) if number.isupper() else None
    if value is not None:
        return f"{value:05d}"
    return f"~{number.lower()}"


def sort_key(eid: str) -> str:
    """Return a string by which identifiers of one act sort: recitals, articles with their parts, annexes.

    Points go by label; a label such as ``(i)`` is Roman only below another point, as acts use it.
    """
    steps = segments(eid)
    key = ""
    for place, step in enumerate(steps):
        head = f"{_RANK[step.word]}." if step.word in _RANK else "."
        below_point = place > 0 and steps[place - 1].word in {"pnt", "pt"}
        number = step.number
        if step.word in {"pnt", "pt"} and below_point and roman(number) is not None:
            number = number.upper()
        key += f"{head}{number_key(number)}" + (f"~{step.turn:04d}" if step.turn > 1 else "") + "#"
    return key


def is_celex(text: str) -> bool:
    """Say whether the text has the form of a CELEX number: ``32022R2554``, ``02022R2554-20221227``."""
    return len(text) <= 30 and _CELEX.fullmatch(text) is not None


def require_celex(text: str) -> str:
    """Return the text if it is a CELEX number.

    :raises Invalid: otherwise.
    """
    if not is_celex(text):
        raise Invalid("This is not a CELEX number.", todo="Use the form 32022R2554.")
    return text


def base_celex(celex: str) -> str:
    """Return the number of the act itself: ``02022R2554-20221227`` gives ``32022R2554``."""
    require_celex(celex)
    return f"3{celex[1:].split('-', maxsplit=1)[0]}" if celex.startswith("0") else celex
