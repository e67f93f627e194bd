"""Times in English prose: "within five working days", "no later than 72 hours", "at least every two years".

Used on both sides, law and the firm's documents, so that the two are read by the same rules. All arithmetic
is in whole seconds. A month is 28 to 31 days and a working day is at least one calendar day, so a period
has a lower and an upper bound; comparisons answer only when the bounds do not overlap, or when the units
are the same. ISO 8601 has no working days: the duration counts days and :attr:`Period.working` says which.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

HOUR = 3600
DAY = 24 * HOUR
# The longest law seen speaks of 50 years; a number beyond this is a typing error, not a period.
LARGEST = 1000

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_ROUND = "twenty thirty forty fifty sixty seventy eighty ninety"
_UNITS = {name: value for value, name in enumerate(_SMALL.split())}
_TENS = {name: value * 10 for value, name in enumerate(_ROUND.split(), start=2)}
_WORD_NUMBER = rf"(?:(?:{'|'.join(_TENS)})(?:[-\s](?:{'|'.join(_UNITS)}))?|{'|'.join(_UNITS)})"
_NUMBER = rf"(?:\d{{1,4}}|{_WORD_NUMBER})"
_UNIT = r"(?:minute|hour|hr|day|week|month|quarter|year)s?"
_SORT = r"(?:(?P<sort>working|business|banking|calendar|consecutive|full|clear)[-\s]+)?"
_AMOUNT = rf"(?P<number>{_NUMBER}|an?)(?:\s*\(\s*(?P<digits>\d{{1,4}})\s*\))?[-\s]*{_SORT}(?P<unit>{_UNIT})\b"
AMOUNT = re.compile(rf"\b{_AMOUNT}", re.IGNORECASE)

_AT_MOST_BEFORE = re.compile(
    r"(?:within|(?:not?|never) (?:later|more|longer) than|at the latest(?: within)?|not exceed(?:ing)?|up to|"
    r"(?:a )?maximum(?: period)?(?: of)?|at most|(?:in )?under|less than|\bin|does not exceed|may not exceed|"
    r"(?:response|reaction|notification|reporting|recovery) time(?: is| of|:)?)"
    r"(?:\s+(?:a|the)(?:\s+(?:maximum|reasonable))?(?:\s+period)?(?:\s+of)?|\s+the (?:first|next))?\s*$",
    re.IGNORECASE,
)
_AT_LEAST_BEFORE = re.compile(
    r"(?:at least|(?:a )?minimum(?: period)?(?: of)?|(?:not?|never) (?:less|fewer|shorter) than)\s*$",
    re.IGNORECASE,
)
_FOR_BEFORE = re.compile(
    r"\bfor(?: a)?(?:\s+(?:retention|further|total|fixed|maximum))?(?:\s+period)?(?:\s+of|\s+ending)?\s*$|"
    r"\b(?:retention|storage)(?: period| time)?(?: is|:| of| =)?\s*$",
    re.IGNORECASE,
)
_EVERY_BEFORE = re.compile(
    r"\b(?:once )?(?:in )?every\s*$|\bonce (?:in )?(?=an?\b)?\s*$|\bper\s*$", re.IGNORECASE
)
_OBJECTIVE_AFTER = re.compile(
    r"^\s*(?:at the latest|or (?:less|sooner|earlier)|deadline|(?:time )?limit|window|"
    r"(?:after|of|from|following|upon)\b)",
    re.IGNORECASE,
)
_KEPT_AFTER = re.compile(
    r"^\s*(?:of )?(?:retention|or (?:more|longer)|and (?:are |is )?(?:then )?(?:deleted|erased|destroyed))",
    re.IGNORECASE,
)
_DELETED_AFTER_BEFORE = re.compile(
    r"\b(?:delet|eras|destroy|purg|overwrit|discard|rotat)\w*\b[^.;]{0,60}\bafter\s*$",
    re.IGNORECASE,
)
_FREQUENCY = re.compile(
    r"\b(?:(?P<times>once|twice|three times|four times)\s+(?:a|per|each|every)\s+(?P<per>day|week|month|"
    r"quarter|year)"
    r"|(?P<adverb>daily|weekly|fortnightly|monthly|quarterly|semi-annually|half-yearly|annually|yearly|biennially)"
    r"|(?:each|every|per)\s+(?:calendar |financial )?(?P<each>day|week|month|quarter|year)"
    r"|(?P<adjective>annual)\s+(?:\w+\s+){0,2}(?:test|review|exercise|training|audit|assessment|drill)\w*)\b",
    re.IGNORECASE,
)
_ADVERBS = {
    "daily": (1, "day"), "weekly": (1, "week"), "fortnightly": (2, "week"), "monthly": (1, "month"),
    "quarterly": (3, "month"), "semi-annually": (6, "month"), "half-yearly": (6, "month"),
    "annually": (1, "year"), "yearly": (1, "year"), "biennially": (2, "year"),
}  # fmt: skip
_TIMES = {"once": 1, "twice": 2, "three times": 3, "four times": 4}
_SPREAD = {
    "day": (24, "hour"),
    "week": (7, "day"),
    "month": (28, "day"),
    "quarter": (3, "month"),
    "year": (12, "month"),
}


class Kind(StrEnum):
    """What a period limits."""

    AT_MOST = "at_most"
    AT_LEAST = "at_least"
    LASTS = "lasts"
    EVERY = "every"
    BARE = "bare"


class Order(StrEnum):
    """How one period compares with another."""

    SHORTER = "shorter"
    EQUAL = "equal"
    LONGER = "longer"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Period:
    """A period found in a text; offsets are code points of that text.

    :param low: fewest seconds it can mean.
    :param high: most seconds it can mean.
    """

    kind: Kind
    amount: int
    unit: str
    working: bool
    start: int
    end: int
    text: str

    @property
    def iso(self) -> str:
        """Return the ISO 8601 duration."""
        letters = {
            "minute": "PT{}M",
            "hour": "PT{}H",
            "day": "P{}D",
            "week": "P{}W",
            "month": "P{}M",
            "year": "P{}Y",
        }
        return letters[self.unit].format(self.amount)

    @property
    def low(self) -> int:
        """Return the fewest seconds it can mean; a working day counts as one calendar day."""
        months = self.amount * 365 // 12 - 2
        days = {"day": 1, "week": 7, "year": 365}
        if self.unit in ("minute", "hour"):
            return self.amount * (60 if self.unit == "minute" else HOUR)
        return (months if self.unit == "month" else self.amount * days[self.unit]) * DAY

    @property
    def high(self) -> int:
        """Return the most seconds it can mean; working days may have weekends and four holidays."""
        if self.unit in ("minute", "hour", "week"):
            return self.low
        if self.unit == "month":
            return (self.amount * 366 // 12 + 1) * DAY
        if self.unit == "year":
            return self.amount * 366 * DAY
        return (self.amount + 2 * ((self.amount + 4) // 5) + 4) * DAY if self.working else self.low

    @property
    def words(self) -> str:
        """Return the period in plain words, e.g. ``5 working days``."""
        unit = self.unit if self.amount == 1 else self.unit + "s"
        return f"{self.amount} {'working ' if self.working else ''}{unit}"


def _value(number: str) -> int:
    number = number.lower()
    if number.isdecimal():
        return int(number)
    if number in ("a", "an"):
        return 1
    return sum(_TENS.get(word, _UNITS.get(word, 0)) for word in re.split(r"[-\s]+", number))


def _normal(amount: int, unit: str) -> tuple[int, str]:
    unit = unit.lower().rstrip("s")
    unit = {"hr": "hour"}.get(unit, unit)
    return (amount * 3, "month") if unit == "quarter" else (amount, unit)


def _kind(text: str, start: int, end: int) -> Kind:
    before, after = text[max(0, start - 80) : start], text[end : end + 40]
    if _EVERY_BEFORE.search(before):
        return Kind.EVERY
    if _AT_LEAST_BEFORE.search(before):
        return Kind.AT_LEAST
    if _FOR_BEFORE.search(before) or _DELETED_AFTER_BEFORE.search(before) or _KEPT_AFTER.match(after):
        return Kind.LASTS
    if _AT_MOST_BEFORE.search(before) or _OBJECTIVE_AFTER.match(after):
        return Kind.AT_MOST
    return Kind.BARE


def periods(text: str) -> tuple[Period, ...]:
    """Find every period in a text, in order, with what it limits.

    A number word, a number in figures or both ("five (5)") are read; figures win when they disagree, since
    they are what a reader of a contract would act on.
    """
    found: list[Period] = []
    for match in AMOUNT.finditer(text):
        amount, unit = _normal(_value(match["digits"] or match["number"]), match["unit"])
        if not 0 < amount <= LARGEST:
            continue
        working = (match["sort"] or "").lower() in ("working", "business", "banking")
        kind = _kind(text, match.start(), match.end())
        if match["number"].lower() in ("a", "an") and kind is Kind.BARE:
            continue
        found.append(Period(kind, amount, unit, working, match.start(), match.end(), match[0]))
    taken = [(one.start, one.end) for one in found]
    for match in _FREQUENCY.finditer(text):
        if any(start < match.end() and match.start() < end for start, end in taken):
            found = [one for one in found if not (one.start < match.end() and match.start() < one.end)]
        amount, unit = _frequency(match)
        found.append(Period(Kind.EVERY, amount, unit, False, match.start(), match.end(), match[0]))
    return tuple(sorted(found, key=lambda one: (one.start, one.end)))


def _frequency(match: re.Match[str]) -> tuple[int, str]:
    if match["times"]:
        spread, unit = _SPREAD[match["per"].lower()]
        times = _TIMES[match["times"].lower()]
        return (
            (1, match["per"].lower())
            if times == 1 and match["per"].lower() != "quarter"
            else (spread // times, unit)
        )
    if match["adverb"]:
        return _ADVERBS[match["adverb"].lower()]
    if match["adjective"]:
        return 1, "year"
    return _normal(1, match["each"])


def from_iso(iso: str, *, kind: Kind, working: bool = False) -> Period:
    """Build the period of a table's ISO 8601 duration (one unit only, as the law uses).

    :raises ValueError: when the duration is not of that form.
    """
    match = re.fullmatch(r"P(?:T(\d+)([MH])|(\d+)([DWMY]))", iso)
    if match is None:
        raise ValueError(iso)
    clock = {"M": "minute", "H": "hour"}
    date = {"D": "day", "W": "week", "M": "month", "Y": "year"}
    amount, unit = (match[1], clock[match[2]]) if match[1] else (match[3], date[match[4]])
    return Period(kind, int(amount), unit, working, 0, 0, iso)


def compare(first: Period, second: Period) -> Order:
    """Say whether the first period is shorter or longer than the second, or that it cannot be said.

    30 days against one month is unclear (February), five working days against 72 hours is longer in any week.
    """
    if first.working == second.working:
        months = {"month": 1, "year": 12}
        if first.unit in months and second.unit in months:
            return _order(first.amount * months[first.unit], second.amount * months[second.unit])
        if first.unit == second.unit:
            return _order(first.amount, second.amount)
    if first.low > second.high:
        return Order.LONGER
    if first.high < second.low:
        return Order.SHORTER
    if first.low == first.high == second.low == second.high:
        return Order.EQUAL
    return Order.UNCLEAR


def _order(first: int, second: int) -> Order:
    if first == second:
        return Order.EQUAL
    return Order.SHORTER if first < second else Order.LONGER
