"""How a log's keys follow each other: new keys count because the old ones signed a log that announces them.

Rules (`docs/formats/checkpoint.md`): a step is an entry of the log itself, opened, with its proof under a checkpoint.
New keys are taken if that checkpoint bears both kinds of signature of keys that are trusted already, and those of the
new keys too. Keys are let go by a checkpoint of the keys that stay. From then on every key that is in force at a
size must have signed there: one that is left out is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from muniment.proof.canonical import canonical, parse, shaped
from muniment.proof.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from muniment.proof.errors import Malformed
from muniment.proof.layout import Disclosed, parse_event
from muniment.proof.merkle import leaf_hash
from muniment.proof.note import COSIGNED_MLDSA44, ED25519, Key, Signed, parse_keys
from muniment.proof.tlogproof import TlogProof, parse_tlog_proof

SUCCESSION_KIND = "muniment.succession/1"
ANNOUNCED, RETIRED = "ledger.rotate_key", "ledger.retire_key"
LARGEST_SUCCESSION = 4 * 1024 * 1024
MOST_STEPS = 200


@dataclass(frozen=True)
class Step:
    """One entry that announces keys or lets them go.

    :param event: the event's file with the fields that are opened. :param proof: where it stands, under a checkpoint.
    :param keys: the lines of the keys that it is about; behind announced ones those that signed before.
    """

    event: bytes
    proof: bytes
    keys: bytes


@dataclass(frozen=True)
class Term:
    """A key and the sizes of the log at which it must sign: above `first`, and up to `last` when there is one."""

    key: Key
    first: int = -1
    last: int | None = None


@dataclass(frozen=True)
class Turn:
    """What one step said to a reader: which entry, whether keys came or went, until when the old ones were to sign."""

    index: int
    announced: bool
    until: str


@dataclass(frozen=True)
class Line:
    """The keys of one log as far as a reader could follow them from those that were trusted."""

    origin: str
    terms: tuple[Term, ...]
    turns: tuple[Turn, ...] = ()

    @property
    def keys(self) -> tuple[Key, ...]:
        """All keys that ever counted."""
        return tuple(term.key for term in self.terms)

    @property
    def newest(self) -> tuple[Key, ...]:
        """The keys that sign from here on."""
        return tuple(term.key for term in self.terms if term.last is None)

    def at(self, size: int) -> tuple[Key, ...]:
        """Return the keys that must have signed a checkpoint of this size."""
        return tuple(
            term.key for term in self.terms if term.first < size and (term.last is None or size <= term.last)
        )

    def open(self, raw: bytes, others: Collection[Key] = ()) -> tuple[Checkpoint, Signed]:
        """Verify a checkpoint: every key that is in force at its size must have signed it.

        :param others: keys of cosigners, of which nothing is asked but that they do not fail.
        :raises Malformed: when a signature fails or is missing.
        """
        wanted = self.at(parse_checkpoint(raw).size)
        if not wanted:
            raise Malformed(
                "None of the trusted keys, nor any that they lead to, was the log's at this size.",
                todo="Ask for the file of the log's keys: muniment ledger checkpoint --succession.",
            )
        found, signed = open_checkpoint(raw, (*wanted, *others), origin=self.origin)
        if set(wanted) - {*signed.good, *signed.unchecked}:
            raise Malformed("A key of the log that was in force at this size has not signed.")
        return found, signed


def write_succession(origin: str, steps: Iterable[Step]) -> bytes:
    """Write the steps of a log's keys in order, as one file.

    :raises Malformed: when a part cannot stand in it.
    """
    told = [
        {"event": one.event.decode(), "keys": one.keys.decode(), "proof": one.proof.decode()} for one in steps
    ]
    raw = canonical({"k": SUCCESSION_KIND, "origin": origin, "steps": told})
    parse_succession(raw)
    return raw


def parse_succession(raw: bytes) -> tuple[str, tuple[Step, ...]]:
    """Read a file of steps; nothing of it is believed yet.

    :raises Malformed: for another shape, or more steps than anybody takes.
    """
    held = shaped(
        parse(raw, largest=LARGEST_SUCCESSION), {"k": str, "origin": str, "steps": list}, where="succession"
    )
    if held["k"] != SUCCESSION_KIND or len(held["steps"]) > MOST_STEPS:
        raise Malformed("The file of a log's keys is of another kind, or has too many steps.")
    steps = []
    for one in held["steps"]:
        told = shaped(one, {"event": str, "keys": str, "proof": str}, where="step")
        steps.append(Step(told["event"].encode(), told["proof"].encode(), told["keys"].encode()))
    return held["origin"], tuple(steps)


def begin_line(origin: str, keys: Iterable[Key]) -> Line:
    """Begin with the keys that are trusted for a log."""
    return Line(origin, tuple(Term(key) for key in keys if key.name == origin))


def open_by(
    line: Line | None, raw: bytes, keys: Collection[Key], origin: str = ""
) -> tuple[Checkpoint, Signed]:
    """Verify a checkpoint by the keys that were followed; by the trusted ones as they are when there are no steps.

    :raises Malformed: when a signature fails or is missing, or it is of another log than the expected one.
    """
    if line is None:
        return open_checkpoint(raw, keys, origin=origin)
    return line.open(raw, [key for key in keys if key.name != line.origin])


@dataclass(frozen=True)
class _Told:
    """A step taken apart; nothing of it is believed yet."""

    said: Turn
    event: Disclosed
    proof: TlogProof
    keys: frozenset[Key]
    before: frozenset[Key]


def follow_keys(raw: bytes, trusted: Iterable[Key]) -> Line:
    """Follow a log's keys from those that are trusted, back to the first and on to the newest.

    :param trusted: keys that were obtained apart from this file; those of other names are left out.
    :raises Malformed: when a step does not hold, or announces keys under others than the trusted ones.
    """
    origin, steps = parse_succession(raw)
    begun = begin_line(origin, trusted)
    if not begun.terms:
        raise Malformed("None of the trusted keys is one of this log.")
    told = []
    for number, step in enumerate(steps, start=1):
        with _in_step(number):
            told.append(_taken_apart(step, origin))
    known = _reached_back(origin, told, set(begun.keys))
    later = {key for one in told if one.said.announced for key in one.keys}
    line = Line(origin, tuple(Term(key) for key in _sorted(known - later)))
    for number, one in enumerate(told, start=1):
        with _in_step(number):
            line = _followed(line, one, known)
    return line


@contextmanager
def _in_step(number: int) -> Iterator[None]:
    try:
        yield
    except Malformed as error:
        raise Malformed(error.what, todo=error.todo, where=f"step {number} {error.where}".strip()) from None


def _taken_apart(step: Step, origin: str) -> _Told:
    lines = step.keys.splitlines(keepends=True)
    keys, before = (_pair(b"".join(part), origin) for part in (lines[:2], lines[2:] or lines[:2]))
    event, proof = parse_event(step.event), parse_tlog_proof(step.proof)
    facts = _opened(event, b"".join(lines[:2]))
    said = Turn(event.index, facts["action"] == ANNOUNCED, str(facts.get("facts.until", "")))
    if lines[2:] and facts.get("facts.before") != hashlib.sha256(b"".join(lines[2:])).hexdigest():
        raise Malformed("The keys that are said to have signed before are not those of the entry.")
    return _Told(said, event, proof, keys, before if lines[2:] else frozenset())


def _reached_back(origin: str, told: Sequence[_Told], trusted: set[Key]) -> set[Key]:
    """Return the trusted keys and those before them that they call the log's own; what does not hold leads nowhere."""
    known = set(trusted)
    for at in reversed(range(len(told))):
        one = told[at]
        sign = one.keys
        if not one.said.announced:
            sign = next((each.keys for each in reversed(told[:at]) if each.said.announced), frozenset())
        if sign and sign <= known:
            with suppress(Malformed):
                head, _ = Line(origin, tuple(Term(key) for key in _sorted(sign))).open(one.proof.checkpoint)
                _included(one.event, one.proof, head)
                known |= one.before if one.said.announced else one.keys
    return known


def _followed(line: Line, one: _Told, known: Collection[Key]) -> Line:
    ours = set(line.newest)
    if not one.said.announced:
        return _retired(line, one) if one.keys & ours else line
    if one.keys <= set(known):
        return _known(line, one)
    return _announced(line, one) if ours else line


def _announced(line: Line, one: _Told) -> Line:
    head, _ = line.open(one.proof.checkpoint)
    _included(one.event, one.proof, head)
    fresh = _begun(line.origin, one)
    fresh.open(one.proof.checkpoint)
    return Line(line.origin, (*line.terms, *fresh.terms), (*line.turns, one.said))


def _known(line: Line, one: _Told) -> Line:
    """Keys that are trusted already: whoever signed before must have signed with them where they are announced."""
    fresh = _begun(line.origin, one)
    both = Line(line.origin, (*line.terms, *fresh.terms))
    head, _ = both.open(one.proof.checkpoint)
    _included(one.event, one.proof, head)
    return Line(line.origin, both.terms, line.turns)


def _begun(origin: str, one: _Told) -> Line:
    return Line(origin, tuple(Term(key, one.event.index) for key in _sorted(one.keys)))


def _retired(line: Line, one: _Told) -> Line:
    terms = tuple(
        Term(term.key, term.first, one.event.index) if term.key in one.keys and term.last is None else term
        for term in line.terms
    )
    left = Line(line.origin, terms, (*line.turns, one.said))
    if not left.newest:
        raise Malformed("The log lets go of every key that is trusted here.")
    head, _ = left.open(one.proof.checkpoint)
    _included(one.event, one.proof, head)
    return left


def _included(event: Disclosed, proof: TlogProof, head: Checkpoint) -> None:
    if proof.index != event.index or proof.extra is not None:
        raise Malformed("The proof is about another entry, or says more than it may.")
    proof.require(leaf_hash(event.raw), head)


def _opened(event: Disclosed, keys: bytes) -> dict[str, Any]:
    event.require_openings()
    facts: dict[str, Any] = {one.path: one.value for one in event.openings}
    if facts.get("action") not in (ANNOUNCED, RETIRED) or facts.get("outcome") != "done":
        raise Malformed("The entry neither announces keys nor lets them go.")
    if facts.get("facts.keys") != hashlib.sha256(keys).hexdigest():
        raise Malformed("The keys are not those of the entry.")
    return facts


def _pair(lines: bytes, origin: str) -> frozenset[Key]:
    keys = parse_keys(lines)
    wanted = [(origin, ED25519), (origin, COSIGNED_MLDSA44)]
    if sorted((key.name, key.kind) for key in keys) != wanted:
        raise Malformed("A step is about one Ed25519 and one ML-DSA-44 key of the log.")
    return frozenset(keys)


def _sorted(keys: Collection[Key]) -> list[Key]:
    return sorted(keys, key=lambda key: (key.kind, key.public))
