"""How a log's keys follow each other: new keys count because the old ones signed a log that announces them.

Rules (`docs/formats/checkpoint.md`): a step is an entry of the log itself, opened, with its proof under a checkpoint.
New keys are taken if that checkpoint bears both kinds of signature of keys that are trusted already, and those of the
new keys too. Keys are let go by a checkpoint of the keys that stay. From then on every key that is in force at a
size must have signed there: one that is left out is refused. Where keys were stolen, the entry that replaces them
names the last state of the log that is surely its own: alone, the stolen keys count for nothing beyond it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

from muniment.proof.canonical import canonical, parse, shaped
from muniment.proof.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from muniment.proof.errors import Malformed
from muniment.proof.layout import Disclosed, parse_event
from muniment.proof.merkle import leaf_hash
from muniment.proof.note import COSIGNED_MLDSA44, ED25519, Key, Signed, parse_keys
from muniment.proof.tlogproof import TlogProof, parse_tlog_proof

SUCCESSION_KIND = "muniment.succession/1"
ANNOUNCED, REPLACED, RETIRED = "ledger.rotate_key", "ledger.replace_key", "ledger.retire_key"
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
    """A key and the sizes of the log at which it must sign: above `first`, and up to `last` when there is one.

    :param cut: the size beyond which a stolen key counts no more alone. :param back: and up to which it does not.
    """

    key: Key
    first: int = -1
    last: int | None = None
    cut: int | None = None
    back: int = 0

    def signs(self, size: int) -> bool:
        """Return whether a checkpoint of this size must bear its signature."""
        within = self.first < size and (self.last is None or size <= self.last)
        return within and not self.doubtful(size)

    def doubtful(self, size: int) -> bool:
        """Return whether the key was stolen, and a checkpoint of this size is none that the log stands by."""
        return self.cut is not None and self.cut < size <= self.back


@dataclass(frozen=True)
class Turn:
    """What one step said to a reader: which entry, whether keys came or went, until when the old ones were to sign.

    :param good: the last state that is surely the log's own, where the keys before were stolen.
    """

    index: int
    announced: bool
    until: str
    good: Checkpoint | None = None


@dataclass(frozen=True)
class Line:
    """The keys of one log as far as a reader could follow them from those that were trusted."""

    origin: str
    terms: tuple[Term, ...]
    turns: tuple[Turn, ...] = ()
    good: tuple[Checkpoint, ...] = ()

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
        return tuple(term.key for term in self.terms if term.signs(size))

    def require(self, size: int) -> tuple[Key, ...]:
        """Return the keys that must have signed a checkpoint of this size.

        :raises Malformed: when there are none, or the log's keys of then were stolen and nothing holds it but they.
        """
        wanted = self.at(size)
        stolen = [term.cut for term in self.terms if term.doubtful(size)]
        if not wanted and stolen:
            raise Malformed(
                f"The keys that signed at {size} entries were stolen, and the log stands by nothing that they alone"
                f" signed beyond {stolen[0]} entries.",
                todo="What is in the log is proven under its new keys: ask for the file anew.",
            )
        if not wanted:
            raise Malformed(
                "None of the trusted keys, nor any that they lead to, was the log's at this size.",
                todo="Ask for the file of the log's keys: muniment ledger checkpoint --succession.",
            )
        return wanted

    def told(self) -> list[str]:
        """Say how the keys were followed, for whoever holds a whole log against them."""
        return [
            f"Its keys were followed through {len(self.turns)} changes by the log itself.",
            *(
                f"Keys of it were stolen: what those alone signed beyond {one.size} entries does not count, and what "
                "they signed before counts as far as this tree leads to it."
                for one in self.good
            ),
        ]

    def caution(self, size: int) -> str:
        """Say what still holds a checkpoint of this size when the keys of then were stolen later; else nothing."""
        after = [one for one in self.good if size <= one.size]
        if not after:
            return ""
        return (
            "THE KEYS THAT SIGNED IT WERE STOLEN LATER. The log stands by its state at "
            f"{after[0].size} entries; that this older one leads to it is seen by whoever has the log's tiles, "
            "a witness's signature, or the file made anew."
        )

    def open(self, raw: bytes, others: Collection[Key] = ()) -> tuple[Checkpoint, Signed]:
        """Verify a checkpoint: every key that is in force at its size must have signed it.

        :param others: keys of cosigners, of which nothing is asked but that they do not fail.
        :raises Malformed: when a signature fails or is missing.
        """
        wanted = self.require(parse_checkpoint(raw).size)
        found, signed = open_checkpoint(raw, (*wanted, *others), origin=self.origin)
        if set(wanted) - {*signed.good, *signed.unchecked}:
            raise Malformed("A key of the log that was in force at this size has not signed.")
        if any(one.size == found.size and one.root != found.root for one in self.good):
            raise Malformed("It is not the state by which the log stands at this size; its keys were stolen.")
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
    good = _good(facts, event.index, origin) if facts["action"] == REPLACED else None
    said = Turn(event.index, facts["action"] != RETIRED, str(facts.get("facts.until", "")), good)
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
    return _cut(Line(line.origin, (*line.terms, *fresh.terms), (*line.turns, one.said), line.good), one)


def _cut(line: Line, one: _Told) -> Line:
    """Let the keys before count no further than the state that the step names, where it says that they were stolen."""
    good, at = one.said.good, one.said.index
    if good is None:
        return line
    terms = tuple(
        term if term.first >= at or term.last is not None else replace(term, cut=good.size, back=at)
        for term in line.terms
    )
    return replace(line, terms=terms, good=(*line.good, good))


def _known(line: Line, one: _Told) -> Line:
    """Keys that are trusted already: whoever signed before must have signed with them where they are announced."""
    fresh = _begun(line.origin, one)
    both = replace(line, terms=(*line.terms, *fresh.terms))
    head, _ = both.open(one.proof.checkpoint)
    _included(one.event, one.proof, head)
    return _cut(both, one)


def _begun(origin: str, one: _Told) -> Line:
    return Line(origin, tuple(Term(key, one.event.index) for key in _sorted(one.keys)))


def _retired(line: Line, one: _Told) -> Line:
    terms = tuple(
        replace(term, last=one.event.index) if term.key in one.keys and term.last is None else term
        for term in line.terms
    )
    left = replace(line, terms=terms, turns=(*line.turns, one.said))
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
    if facts.get("action") not in (ANNOUNCED, REPLACED, RETIRED) or facts.get("outcome") != "done":
        raise Malformed("The entry neither announces keys nor lets them go.")
    if facts.get("facts.keys") != hashlib.sha256(keys).hexdigest():
        raise Malformed("The keys are not those of the entry.")
    return facts


def _good(facts: dict[str, Any], index: int, origin: str) -> Checkpoint:
    """Return the last state that is surely the log's own, as the entry that replaces stolen keys names it."""
    size, root = facts.get("facts.good_size"), facts.get("facts.good_root")
    if type(size) is not int or not 0 <= size <= index or not isinstance(root, str):
        raise Malformed("Stolen keys are replaced without the last good state of the log.")
    try:
        good = Checkpoint(origin, size, bytes.fromhex(root))
        good.text()
    except ValueError:
        raise Malformed("The last good state of the log has no root.") from None
    return good


def _pair(lines: bytes, origin: str) -> frozenset[Key]:
    keys = parse_keys(lines)
    wanted = [(origin, ED25519), (origin, COSIGNED_MLDSA44)]
    if sorted((key.name, key.kind) for key in keys) != wanted:
        raise Malformed("A step is about one Ed25519 and one ML-DSA-44 key of the log.")
    return frozenset(keys)


def _sorted(keys: Collection[Key]) -> list[Key]:
    return sorted(keys, key=lambda key: (key.kind, key.public))
