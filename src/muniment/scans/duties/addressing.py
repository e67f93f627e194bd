"""Settles whom a statement binds: its subject, its doer, the act itself, or the sentence before.

The order is the rule. A named subject wins; then "by the provider"; then a provision that puts a whole
range of articles on somebody; last the context, which is used only where the text itself points back
("that record", "the notification referred to in paragraph 1", "it"). Where nothing of that holds, nobody
is named, and that is said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from muniment.scans.duties import clauses
from muniment.scans.duties.actors import AUTHORITY, HOLDER, Actor, AddresseeLexicon
from muniment.scans.duties.clauses import Range, Subject
from muniment.scans.duties.duty import Modality, Party
from muniment.scans.duties.references import resolve
from muniment.scans.duties.statements import Statement

_PRONOUN = re.compile(r"(?:it|they|he or she)\b", re.IGNORECASE)
_NOUN = re.compile(
    r"(?:the|that|this|such|those|these)\s+(?:\w+\s+(?=record|report|plan|strategy|policy))?([a-z]{5,})\b",
    re.IGNORECASE,
)
_NOT_CONDUCT = re.compile(
    r"\b(?:penalt|fines?\b|sanction|infringement|exercise of the delegation|committee|entry into force|"
    r"sandbox|"
    r"harmonised standard|evaluation and review|transitional|judicial|liability|accreditation|oversight|"
    r"proceedings|courts?\b|officials|EU database|model terms|associations|common specification|"
    r"codes? of (?:conduct|practice))",
    re.IGNORECASE,
)
_SETTLED = (Party.DIRECT, Party.INDIRECT)


@dataclass(frozen=True, slots=True)
class Address:
    """Whom a statement binds and how we know.

    :param where: the subject as far as it can be marked.
    """

    party: Party
    names: tuple[str, ...]
    by: str
    basis: str
    where: Subject


@dataclass(frozen=True, slots=True)
class _Bound:
    """Somebody bound earlier in the same article, and the words that said to what."""

    paragraph: str
    party: Party
    names: tuple[str, ...]
    words: str


class Addressing:
    """Reads addressees statement by statement; remembers who was bound so far in the article."""

    def __init__(self, celex: str, names: AddresseeLexicon, known: frozenset[str]) -> None:
        self.celex = celex
        self.names = names
        self.known = known
        self.article = ""
        self.bound: list[_Bound] = []
        self.earlier: dict[str, list[_Bound]] = {}

    def of(self, statement: Statement, start: int, at: Range, modality: Modality) -> Address:
        """Return whom a statement binds.

        :param start: where its own clause begins in the plain string.
        :param at: range of the modal.
        """
        if statement.article.eid != self.article:
            self.article, self.bound = statement.article.eid, []
            self.earlier[self.article] = self.bound
        where = clauses.subject(statement.plain, at.start, self.names, start)
        found = (
            self._named(statement, where, at, modality)
            if where.actors
            else self._unnamed(statement, where, at)
        )
        if found.names and found.by in ("subject", "agent", "object", "right"):
            here = paragraph(statement.provision.eid)
            self.bound.append(_Bound(here, found.party, found.names, statement.plain[at.end :]))
        return found

    def _named(self, statement: Statement, where: Subject, at: Range, modality: Modality) -> Address:
        side = where.actors[0].side
        names = _names(where.actors)
        if side == HOLDER:
            return self._held(statement, where, at, modality)
        if side != AUTHORITY:
            return Address(Party.DIRECT, names, "subject", "", where)
        inner = clauses.ensured(statement.plain, at.end, self.names)
        if inner is None or inner[0][0].side == HOLDER:
            return Address(Party.AUTHORITY, names, "subject", "", where)
        return Address(Party.INDIRECT, _names(inner[0]), "object", "", replace(where, at=inner[1]))

    def _held(self, statement: Statement, where: Subject, at: Range, modality: Modality) -> Address:
        """Turn somebody's right into the duty of whoever it is held against."""
        held = clauses.against(statement.plain, at.end, self.names)
        if modality is not Modality.RIGHT and held is not None:
            return Address(Party.NONE, _names(where.actors), "subject", "", where)
        names = _names(held[0]) if held is not None else self._charged(statement)[0]
        return Address(Party.INDIRECT if names else Party.NONE, names, "right", "", where)

    def _unnamed(self, statement: Statement, where: Subject, at: Range) -> Address:
        nobody = Address(Party.NONE, (), "unnamed", "", where)
        if clauses.is_scope(statement.plain, where, at.end):
            return nobody
        doer = clauses.agent(statement.plain, at.end, self.names)
        if doer is not None:
            return Address(_side(doer[0]), _names(doer[0]), "agent", "", replace(where, at=doer[1]))
        names, basis = self._charged(statement)
        if names:
            return Address(Party.DIRECT, names, "act", basis, where)
        party, names = self._context(statement, where)
        return Address(party, names, "context", "", where) if names else nobody

    def _charged(self, statement: Statement) -> tuple[tuple[str, ...], str]:
        charge = self.names.charge(statement.provision.eid, self.known)
        return ((charge.name,), charge.basis) if charge is not None else ((), "")

    def _context(self, statement: Statement, where: Subject) -> tuple[Party, tuple[str, ...]]:
        text, at = statement.plain, where.at
        if _NOT_CONDUCT.search(statement.article.heading) or _NOT_CONDUCT.search(text, at.start, at.end):
            return Party.NONE, ()
        meant = clauses.opened(text, where.opening, self.names) if _PRONOUN.match(text, at.start) else None
        if meant is not None and meant[0].side != HOLDER:
            return _side(meant), _names(meant)
        found = self._pointed(statement, at) or self._made_before(text, at)
        if found is None and self.bound and all(one.party in _SETTLED for one in self.bound):
            found = self.bound[-1]
        if found is None:
            return Party.NONE, ()
        return (Party.DIRECT if found.party is Party.INDIRECT else found.party), found.names

    def _pointed(self, statement: Statement, at: Range) -> _Bound | None:
        """Return who was bound by the place the subject points to, else by this paragraph before."""
        here = paragraph(statement.provision.eid)
        words = statement.plain[at.start : at.end]
        for _, _, act, eid in resolve(words, act=self.celex, eid=here, known=self.known):
            if act == self.celex and eid is not None:
                there = self.earlier.get(eid.split(".", maxsplit=1)[0], [])
                before = [one for one in there if "." not in eid or one.paragraph == paragraph(eid)]
                if before and (self.bound is there or all(one.party in _SETTLED for one in there)):
                    return before[0]
        same = [one for one in self.bound if one.paragraph == here]
        return same[-1] if same else None

    def _made_before(self, text: str, at: Range) -> _Bound | None:
        """Return who had to make the thing this statement is about ("The assessment shall contain")."""
        noun = _NOUN.match(text, at.start)
        if noun is None:
            return None
        wanted = re.compile(rf"\b{re.escape(noun[1])}\b")
        made = [one for one in self.bound if one.party in _SETTLED and wanted.search(one.words)]
        return made[-1] if made else None


def paragraph(eid: str) -> str:
    """Return the paragraph a provision lies in, or the article when it has none."""
    return ".".join(eid.split(".")[:2])


def _side(actors: tuple[Actor, ...]) -> Party:
    return Party.AUTHORITY if actors[0].side == AUTHORITY else Party.DIRECT


def _names(actors: tuple[Actor, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.name for one in actors))
