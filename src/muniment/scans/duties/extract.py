"""Turns the statements of an act into duties.

The rule set is :data:`~muniment.scans.duties.duty.RULES`; any change that can alter a duty raises its
number, so that a finding made under old rules can be told apart. No part of this learns from anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from muniment.scans.duties import clauses
from muniment.scans.duties.actors import AddresseeLexicon, lexicon
from muniment.scans.duties.addressing import Address, Addressing
from muniment.scans.duties.clauses import Range, Subject
from muniment.scans.duties.duty import Deadline, Duty, Modality, Part, PartKind, Party, Reference
from muniment.scans.duties.references import resolve
from muniment.scans.duties.statements import Statement, is_truncated, statements
from muniment.scans.duties.times import Time, deadlines
from muniment.sources.formats.act import ParsedAct

_ALSO = re.compile(r"\b(?:and|but)\s+(?=the\s+[a-z ]{4,40}\s+shall\b)")


class _Reader:
    """Reads one act; remembers who was last bound in an article, for "That record shall contain"."""

    def __init__(self, act: ParsedAct) -> None:
        self.act = act
        self.names: AddresseeLexicon = lexicon(act.celex)
        self.known = frozenset(one.eid for one in act.provisions)
        self.addressing = Addressing(act.celex, self.names, self.known)
        self.count: dict[str, int] = {}

    def duties(self) -> Iterator[Duty]:
        for statement in statements(self.act):
            duty = self._duty(statement)
            if duty is not None:
                yield duty
                yield from self._second(statement)

    def _duty(self, statement: Statement) -> Duty | None:
        text = statement.plain
        if clauses.DEFINITION.match(text, statement.body_at) or clauses.DEFINITION.match(
            text[statement.body_at :]
        ):
            return self._definition(statement)
        start = 0
        found = clauses.modal(text)
        if statement.lead and (
            found is None or found[0].start >= statement.body_at or self._introduces(text, found[0])
        ):
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
        address = Address(Party.NONE, (), "unnamed", "", nobody)
        return self._made(statement, address, Modality.DEFINITION, None, statement.body_at)

    def _bound(self, statement: Statement, start: int, at: Range, modality: Modality) -> Duty:
        address = self.addressing.of(statement, start, at, modality)
        return self._made(statement, address, modality, at, at.end)

    def _made(
        self, statement: Statement, address: Address, modality: Modality, at: Range | None, after: int
    ) -> Duty:
        text, where = statement.plain, address.where
        conditions = clauses.conditions(text, where, after)
        exceptions = clauses.exceptions(text)
        times = deadlines(text, after)
        stops = [one for one in conditions if not clauses.is_short(text, one)]
        verb = clauses.action(text, where.at.end if address.by == "object" else after, [*stops, *exceptions])
        told = clauses.recipient(text, after)
        marked = [(PartKind.ACTION, verb)]
        marked += [(PartKind.CONDITION, one) for one in conditions]
        marked += [(PartKind.EXCEPTION, one) for one in exceptions]
        marked += [(PartKind.DEADLINE, one.at) for one in times]
        if at is not None:
            marked.append((PartKind.MODALITY, at))
        if where.actors or address.by in ("agent", "object"):
            marked.append((PartKind.ADDRESSEE, where.at))
        if told is not None:
            marked.append((PartKind.RECIPIENT, told))
        parts = [
            Part(kind, span.start, span.end)
            for kind, one in marked
            for span in statement.spans(one.start, one.end)
        ]
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
            addressees=address.names,
            addressee_by=address.by,
            addressee_basis=address.basis,
            party=address.party,
            modality=modality,
            action=_folded(text, verb),
            condition="; ".join(_folded(text, one) for one in conditions),
            exception="; ".join(_folded(text, one) for one in exceptions),
            recipient=self._told(text, told, address),
            deadlines=tuple(self._deadlines(statement, times)),
            references=references,
            parts=tuple(sorted(set(parts), key=lambda one: (one.start, one.end, one.kind))),
            statement=" ".join(text.split()),
            truncated=is_truncated(statement),
        )

    def _told(self, text: str, told: Range | None, address: Address) -> str:
        if address.by == "right" and address.where.actors:
            return address.where.actors[0].name
        return _folded(text, told) if told is not None else ""

    def _references(self, statement: Statement) -> Iterator[Reference]:
        pointers = resolve(statement.plain, act=self.act.celex, eid=statement.provision.eid, known=self.known)
        for start, end, act, eid in pointers:
            for span in statement.spans(start, end)[:1]:
                words = " ".join(statement.plain[start:end].split())
                yield Reference(words, act, eid, span.start, span.end)

    def _deadlines(self, statement: Statement, times: list[Time]) -> Iterator[Deadline]:
        for one in times:
            for span in statement.spans(one.at.start, one.at.end)[:1]:
                iso = one.period.iso if one.period is not None else None
                working = one.period is not None and one.period.working
                words = " ".join(one.words.split())
                yield Deadline(one.kind, words, iso, working, one.trigger, span.start, span.end)


def _folded(text: str, at: Range) -> str:
    return " ".join(text[at.start : at.end].split())


def extract(act: ParsedAct) -> tuple[Duty, ...]:
    """Read every duty, right and definition out of an act, in document order.

    Only statements with a binding word become duties. Sentences about the act itself ("This Regulation shall
    apply from …") are kept with :attr:`Party.NONE`, so that counts of what was left out can be shown.
    """
    return tuple(_Reader(act).duties())
