"""The shape of a duty: who must or must not do what, when, and where the law says so.

All offsets are Unicode code points in :attr:`ParsedAct.text`; ``quote`` is exactly ``text[start:end]``.
Strings such as :attr:`Duty.action` are for reading (white space folded); the spans in :attr:`Duty.parts`
are the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

RULES = "duties/2"


class Party(StrEnum):
    """Whom a binding sentence really binds."""

    DIRECT = "direct"
    INDIRECT = "indirect"
    AUTHORITY = "authority"
    NONE = "none"


class Modality(StrEnum):
    """The binding word of a sentence."""

    SHALL = "shall"
    SHALL_NOT = "shall not"
    MUST = "must"
    MUST_NOT = "must not"
    MAY_NOT = "may not"
    PROHIBITED = "prohibited"
    RIGHT = "right"
    DEFINITION = "definition"


class PartKind(StrEnum):
    """The parts of a duty that a page can mark."""

    LEAD_IN = "lead_in"
    ADDRESSEE = "addressee"
    MODALITY = "modality"
    ACTION = "action"
    CONDITION = "condition"
    DEADLINE = "deadline"
    EXCEPTION = "exception"
    REFERENCE = "reference"
    RECIPIENT = "recipient"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of code points in the act's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Part:
    """One marked part of a duty; a part that runs over a lead-in and its point is given as two."""

    kind: PartKind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Deadline:
    """A time the law sets.

    :param kind: ``at_most`` (do it within), ``at_least`` (keep it for), ``every`` (do it as often as),
        ``promptly`` (no number, e.g. "without undue delay").
    :param iso: ISO 8601 duration (``PT72H``, ``P1M``), or ``None`` when the law gives no number.
    :param working: the days are working days, which ISO 8601 cannot say.
    :param trigger: the words that start the clock, folded; empty when the law names none nearby.
    """

    kind: str
    text: str
    iso: str | None
    working: bool
    trigger: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reference:
    """A pointer to another provision.

    :param act: CELEX number of the act meant; the act itself when it points inside.
    :param eid: identifier inside that act; for this act only when it exists there, else ``None``.
    """

    text: str
    act: str
    eid: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Duty:
    """What a provision requires.

    :param key: stable within the act: provision and ordinal, ``art_19.par_4.pnt_a#1``.
    :param lead_in: the words above a list that this point completes.
    :param addressee_by: how we know the addressee: ``subject`` (grammatical subject), ``agent`` ("by the
        provider"), ``object`` ("Member States shall ensure that entities"), ``right`` (somebody's right
        against it), ``act`` (another provision of the act says so, see :attr:`addressee_basis`),
        ``context`` (the sentence before), ``unnamed`` (nobody is named).
    :param addressee_basis: the provision by which the act puts an unnamed duty on somebody; else empty.
    """

    key: str
    act: str
    eid: str
    start: int
    end: int
    quote: str
    lead_in: tuple[Span, ...]
    addressees: tuple[str, ...]
    addressee_by: str
    addressee_basis: str
    party: Party
    modality: Modality
    action: str
    condition: str
    exception: str
    recipient: str
    deadlines: tuple[Deadline, ...]
    references: tuple[Reference, ...]
    parts: tuple[Part, ...]
    statement: str
    truncated: bool

    @property
    def addressee(self) -> str:
        """Return the addressees in one phrase."""
        return " and ".join(self.addressees)

    @property
    def deadline(self) -> Deadline | None:
        """Return the deadline to show first: one with a number before one without."""
        numbered = [one for one in self.deadlines if one.iso is not None]
        return next(iter(numbered or self.deadlines), None)

    @property
    def binds_firm(self) -> bool:
        """Return whether the firm has to answer for it, directly or through another's duty or right."""
        return self.party in (Party.DIRECT, Party.INDIRECT) and self.modality is not Modality.DEFINITION
