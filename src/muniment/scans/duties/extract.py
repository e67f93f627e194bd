"""Turns the statements of an act into duties.

The rule set is :data:`~muniment.scans.duties.duty.RULES`; any change that can alter a duty raises its number, so
that a finding made under old rules can be told apart. No part of this learns from anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from muniment.scans.duties import clauses
from muniment.scans.duties.actors import AUTHORITY, HOLDER, Actor, AddresseeLexicon, lexicon
from muniment.scans.duties.clauses import Range, Subject
from muniment.scans.duties.duty import Deadline, Duty, Modality, Part, PartKind, Party, Reference
from muniment.scans.duties.references import resolve
from muniment.scans.duties.statements import Statement, is_truncated, statements
from muniment.sources.formats.act import ParsedAct

_ALSO = re.compile(r"\b(?:and|but)\s+(?=the\s+[a-z ]{4,40}\s+shall\b)")
_PRONOUN = re.compile(r"(?:it|they|he or she)\b", re.IGNORECASE)
_NOUN = re.compile(r"(?:the|that|this|such|those|these)\s+(?:\w+\s+(?=record|report|plan|strategy|policy))?([a-z]{5,})\b", re.IGNORECASE)
_NOT_CONDUCT = re.compile(
    r"\b(?:penalt|fines?\b|sanction|infringement|exercise of the delegation|committee|entry into force|sandbox|harmonised "
    r"standard|evaluation and review|transitional|judicial|liability|accreditation|oversight|proceedings|courts?\b|officials|"
    r"EU database|model terms|associations|common specification|codes? of (?:conduct|practice))",
    re.IGNORECASE,
)
_SETTLED = (Party.DIRECT, Party.INDIRECT)


class _Reader:
    """Reads one act; remembers who was last bound in an article, for "That record shall contain"."""

    def __init__(self, act: ParsedAct) -> None:
        self.act = act
        self.names: AddresseeLexicon = lexicon(act.celex)
        self.known = frozenset(one.eid for one in act.provisions)
        self.article = ""
        self.bound: list[tuple[str, Party, tuple[str, ...], str]] = []
        self.count: dict[str, int] = {}

    def duties(self) -> Iterator[Duty]:
        for statement in statements(self.act):
            if statement.article.eid != self.article:
                self.article, self.bound = statement.article.eid, []
            duty = self._duty(statement)
            if duty is not None:
                yield duty
                yield from self._second(statement)

    def _duty(self, statement: Statement) -> Duty | None:
        text = statement.plain
        if clauses.DEFINITION.match(text, statement.body_at) or clauses.DEFINITION.match(text[statement.body_at :]):
            return self._definition(statement)
        start = 0
        found = clauses.modal(text)
        if statement.lead and (found is None or found[0].start >= statement.body_at or self._introduces(text, found[0])):
            inner = clauses.modal(text, statement.body_at)
            if inner is not None:
                start, found = statement.body_at, inner
        if found is None:
            return None
        return self._bound(statement, start, *found)

    def _introduces(self, text: str, at: Range) -> bool:
        """Return whether a lead-in only announces a list ("the following shall apply:")."""
        return bool(re.match(r"\s*apply\s*:", text[at.end : at.end + 12]))

    def _second(self, statement: Statement) -> Iterator[Duty]:
        """Yield the other main clause of "X shall …, and the controller shall …"."""
        if statement.lead:
            return
        for match in _ALSO.finditer(statement.plain):
            shorter = replace(
                statement,
                body=replace(statement.body, start=statement.body.start + match.end()),
                plain=statement.plain[match.end() :],
            )
            found = clauses.modal(shorter.plain)
            if found is None or not clauses.subject(shorter.plain, found[0].start, self.names).actors:
                continue
            if clauses.modal(statement.plain[: match.start()]) is None:
                continue
            yield self._bound(shorter, 0, *found)
            return

    def _definition(self, statement: Statement) -> Duty:
        nobody = Subject((), Range(statement.body_at, statement.body_at), None)
        whole = Range(statement.body_at, len(statement.plain))
        return self._made(statement, nobody, Modality.DEFINITION, None, whole, Party.NONE, (), "unnamed", "")

    def _bound(self, statement: Statement, start: int, at: Range, modality: Modality) -> Duty:
        text = statement.plain
        where = clauses.subject(text, at.start, self.names, start)
        party, names, by, basis, where = self._addressed(statement, where, at, modality)
        if names and by in ("subject", "agent", "object", "right"):
            self.bound.append((_paragraph(statement.provision.eid), party, names, text[at.end :]))
        return self._made(statement, where, modality, at, Range(at.end, len(text)), party, names, by, basis)

    def _addressed(
        self, statement: Statement, where: Subject, at: Range, modality: Modality
    ) -> tuple[Party, tuple[str, ...], str, str, Subject]:
        text = statement.plain
        if where.actors:
            first = where.actors[0]
            if first.side == HOLDER:
                held = clauses.against(text, at.end, self.names)
                if modality is Modality.RIGHT or held is None:
                    names = _named(held[0]) if held else self._charged(statement)[0]
                    return Party.INDIRECT if names else Party.NONE, names, "right", "", where
                return Party.NONE, _named(where.actors), "subject", "", where
            if first.side == AUTHORITY:
                inner = clauses.ensured(text, at.end, self.names)
                if inner is None or inner[0][0].side == HOLDER:
                    return Party.AUTHORITY, _named(where.actors), "subject", "", where
                return Party.INDIRECT, _named(inner[0]), "object", "", replace(where, at=inner[1])
            return Party.DIRECT, _named(where.actors), "subject", "", where
        if clauses.is_scope(text, where, at.end):
            return Party.NONE, (), "unnamed", "", where
        doer = clauses.agent(text, at.end, self.names)
        if doer is not None:
            side = Party.AUTHORITY if doer[0][0].side == AUTHORITY else Party.DIRECT
            return side, _named(doer[0]), "agent", "", replace(where, at=doer[1])
        names, basis = self._charged(statement)
        if names:
            return Party.DIRECT, names, "act", basis, where
        return *self._context(statement, where), where

    def _context(self, statement: Statement, where: Subject) -> tuple[Party, tuple[str, ...], str, str]:
        """Return who is meant by "it", "that record" or "the notification referred to in paragraph 1"."""
        text = statement.plain
        nobody = (Party.NONE, (), "unnamed", "")
        if _NOT_CONDUCT.search(statement.article.heading) or _NOT_CONDUCT.search(text, where.at.start, where.at.end):
            return nobody
        if where.opening is not None and _PRONOUN.match(text, where.at.start):
            meant = clauses.opened(text, where.opening, self.names)
            if meant is not None and meant[0].side != HOLDER:
                side = Party.AUTHORITY if meant[0].side == AUTHORITY else Party.DIRECT
                return side, _named(meant), "context", ""
        here = _paragraph(statement.provision.eid)
        pointed = resolve(text[where.at.start : where.at.end], act=self.act.celex, eid=here, known=self.known)
        for _, _, act, eid in pointed:
            before = [one for one in self.bound if act == self.act.celex and eid is not None and one[0] == _paragraph(eid)]
            if before:
                return before[0][1], before[0][2], "context", ""
        same = [one for one in self.bound if one[0] == here]
        if same:
            return same[-1][1], same[-1][2], "context", ""
        noun = _NOUN.match(text, where.at.start)
        if noun is not None:
            made = [one for one in self.bound if one[1] in _SETTLED and re.search(rf"\b{noun[1]}\b", one[3])]
            if made:
                return Party.DIRECT, made[-1][2], "context", ""
        if self.bound and all(one[1] in _SETTLED for one in self.bound):
            return Party.DIRECT, self.bound[-1][2], "context", ""
        return nobody

    def _charged(self, statement: Statement) -> tuple[tuple[str, ...], str]:
        charge = self.names.charge(statement.provision.eid, self.known)
        return ((charge.name,), charge.basis) if charge is not None else ((), "")

    def _made(
        self,
        statement: Statement,
        where: Subject,
        modality: Modality,
        at: Range | None,
        rest: Range,
        party: Party,
        names: tuple[str, ...],
        by: str,
        basis: str,
    ) -> Duty:
        text = statement.plain
        after = rest.start
        conditions = clauses.conditions(text, where, after)
        exceptions = clauses.exceptions(text)
        times = clauses.deadlines(text, after)
        stops = [one for one in conditions if not clauses.is_short(text, one)]
        verb = clauses.action(text, after, [*stops, *exceptions])
        told = clauses.recipient(text, after)
        marked = [(PartKind.ACTION, verb)]
        marked += [(PartKind.CONDITION, one) for one in conditions]
        marked += [(PartKind.EXCEPTION, one) for one in exceptions]
        marked += [(PartKind.DEADLINE, one[3]) for one in times]
        if at is not None:
            marked.append((PartKind.MODALITY, at))
        if where.actors or by in ("agent", "object"):
            marked.append((PartKind.ADDRESSEE, where.at))
        if told is not None:
            marked.append((PartKind.RECIPIENT, told))
        parts = [Part(kind, span.start, span.end) for kind, one in marked for span in statement.spans(one.start, one.end)]
        parts += [Part(PartKind.LEAD_IN, one.start, one.end) for one in statement.lead]
        references = tuple(self._references(statement))
        parts += [Part(PartKind.REFERENCE, one.start, one.end) for one in references]
        eid = statement.provision.eid
        self.count[eid] = self.count.get(eid, 0) + 1
        return Duty(
            key=f"{eid}#{self.count[eid]}",
            act=self.act.celex,
            eid=eid,
            start=statement.body.start,
            end=statement.body.end,
            quote=self.act.text[statement.body.start : statement.body.end],
            lead_in=statement.lead,
            addressees=names,
            addressee_by=by,
            addressee_basis=basis,
            party=party,
            modality=modality,
            action=_folded(text, verb),
            condition="; ".join(_folded(text, one) for one in conditions),
            exception="; ".join(_folded(text, one) for one in exceptions),
            recipient=self._told(text, told, by, where),
            deadlines=tuple(self._deadlines(statement, times)),
            references=references,
            parts=tuple(sorted(set(parts), key=lambda one: (one.start, one.end, one.kind))),
            statement=" ".join(text.split()),
            truncated=is_truncated(self.act, statement),
        )

    def _told(self, text: str, told: Range | None, by: str, where: Subject) -> str:
        if by == "right" and where.actors:
            return where.actors[0].name
        return _folded(text, told) if told is not None else ""

    def _references(self, statement: Statement) -> Iterator[Reference]:
        pointers = resolve(statement.plain, act=self.act.celex, eid=statement.provision.eid, known=self.known)
        for start, end, act, eid in pointers:
            for span in statement.spans(start, end)[:1]:
                words = " ".join(statement.plain[start:end].split())
                yield Reference(words, act, eid, span.start, span.end)

    def _deadlines(
        self, statement: Statement, times: list[tuple[str, str, clauses.Period | None, Range, str]]
    ) -> Iterator[Deadline]:
        for kind, words, period, at, trigger in times:
            for span in statement.spans(at.start, at.end)[:1]:
                iso = period.iso if period is not None else None
                working = period is not None and period.working
                yield Deadline(kind, " ".join(words.split()), iso, working, trigger, span.start, span.end)


def _paragraph(eid: str) -> str:
    return ".".join(eid.split(".")[:2])


def _named(actors: tuple[Actor, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.name for one in actors))


def _folded(text: str, at: Range) -> str:
    return " ".join(text[at.start : at.end].split())


def extract(act: ParsedAct) -> tuple[Duty, ...]:
    """Read every duty, right and definition out of an act, in document order.

    Only statements with a binding word become duties. Sentences about the act itself ("This Regulation shall
    apply from …") are kept with :attr:`Party.NONE`, so that counts of what was left out can be shown.
    """
    return tuple(_Reader(act).duties())
