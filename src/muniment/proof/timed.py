"""Between which moments entries of a log were there, as time-stamp authorities say: what a pack carries of it.

Rules (`docs/formats/time-stamps.md`, 13 to 20): a lower bound is a token that an entry below the ones in question
names by its digest; an upper bound is a token on a head of another log that holds the anchor of this one. Every token
that is there must hold by itself; whose word counts, the reader says, apart from what is judged. A test authority
proves nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from muniment.proof.canonical import decode64, encode64
from muniment.proof.checkpoint import Checkpoint, parse_checkpoint, parse_checkpoint_text
from muniment.proof.errors import Malformed
from muniment.proof.layout import AUTHORITIES, TIME_SIDES, Disclosed, parse_event, time_name
from muniment.proof.merkle import leaf_hash, verify_consistency
from muniment.proof.note import parse_note
from muniment.proof.publickey import Unknown
from muniment.proof.timestamp import Stamped, verify_timestamp
from muniment.proof.tlogproof import TlogProof, parse_tlog_proof
from muniment.proof.x509 import LARGEST_CHAINS, Certificate, parse_certificates

NOTED, ANCHORED_ACTION = "ledger.note_stamp", "ledger.anchor"
#: How many tokens stand on one side at most: one of each authority that is asked.
MOST_TOKENS = 2
NOBODY_NAMED = (
    "The tokens are consistent, but you named no authority that you trust: give its certificate,"
    " obtained apart from this file, with --authorities."
)
ONLY_A_TEST = "THIS IS A TEST AUTHORITY: its word proves nothing to anybody."
NO_TOKENS = "No time-stamp came with it. Not before: nobody said. Not after: not yet."

MOST_LINES = 130
_OLD_SIZE = re.compile(r"[1-9][0-9]{0,18}")
Read = Callable[[str], bytes]


@dataclass(frozen=True)
class Word:
    """What one token says, and whether the reader trusts who says it."""

    said: Stamped
    trusted: bool


@dataclass(frozen=True)
class _Held:
    """What came with the entries, and whom the reader trusts."""

    read: Read
    names: Collection[str]
    sent: tuple[Certificate, ...]
    trusted: tuple[Certificate, ...]


@dataclass(frozen=True)
class _Span:
    """How many entries there are, and how many of the first and of the last ones no token bounds on their side."""

    early: int
    all: int
    late: int


@dataclass(frozen=True)
class Timed:
    """What was found out about time.

    :param passed: whether authorities that the reader named, no test ones, bound all entries on both sides.
    :param told: the sentence, which says the rest too.
    """

    passed: bool
    told: str


def judge_time(
    read: Read, names: Collection[str], raw: bytes, indexes: Sequence[int], roots: bytes | None = None
) -> Timed:
    """Say between which moments entries were there.

    :param read: gives the bytes of a member. :param names: of the members that are there.
    :param raw: the checkpoint under which the entries stand, already verified. :param indexes: their places.
    :param roots: certificates of the authorities that the reader trusts, obtained apart from all this.
    :raises Malformed: when a token or what leads to it does not hold, naming the member, or when no token is of an
        authority that the reader named.
    """
    sides = [side for side in TIME_SIDES if any(name.startswith(f"time/{side}") for name in names)]
    if not sides:
        return Timed(False, NO_TOKENS)
    head = parse_checkpoint(raw)
    trusted = () if roots is None else parse_certificates(roots, LARGEST_CHAINS)
    held = _Held(read, names, _certificates(AUTHORITIES, read(AUTHORITIES)), trusted)
    words: dict[str, list[Word]] = {"before": [], "after": []}
    begun, covered = -1, 0
    for side in sides:
        digests: tuple[str, ...] | None = None
        if side == "before":
            begun, digests = _noted(read, raw, head, max(indexes))
        else:
            covered = _anchored_at(read, names, head)
            if covered <= min(indexes):
                raise Malformed("The state covers none of the entries.", where=time_name(side, "json"))
        words[side] = _words(held, side, digests)
        if roots is not None and words[side] and not any(one.trusted for one in words[side]):
            raise Malformed(
                "None of the time-stamps is of an authority that you named.", where=time_name(side, "1.tsr")
            )
    early, late = sum(index <= begun for index in indexes), sum(index >= covered for index in indexes)
    return _in_words(words, _Span(early, len(indexes), late), named=roots is not None)


def write_consistency(old: int, hashes: Sequence[bytes]) -> bytes:
    """Write the proof that a log only grew from so many entries on, as C2SP tlog-witness asks for it."""
    return "".join([f"old {old}\n", *(encode64(one) + "\n" for one in hashes)]).encode()


def parse_consistency(raw: bytes) -> tuple[int, list[bytes]]:
    """Read what :func:`write_consistency` wrote.

    :raises Malformed: for anything else.
    """
    lines = raw.decode("latin-1").split("\n")
    word, _, size = lines[0].partition(" ")
    if word != "old" or not _OLD_SIZE.fullmatch(size) or len(lines) > MOST_LINES:
        raise Malformed("A proof of consistency is not written as it must be.")
    found = int(size), [decode64(one, length=32) for one in lines[1:-1]]
    if write_consistency(*found) != raw:
        raise Malformed("A proof of consistency is not written as it must be.")
    return found


def _noted(read: Read, raw: bytes, head: Checkpoint, last: int) -> tuple[int, tuple[str, ...]]:
    """Return the place of an entry below the last one in question, and the digests that it names."""
    event, proof = _entry(read, "before")
    said = {one.path: one.value for one in event.openings}
    tokens = said.pop("facts.tokens", None)
    if said != {"action": NOTED, "outcome": "done"} or not isinstance(tokens, list):
        raise Malformed("The entry names no time-stamps.", where=time_name("before", "json"))
    with_proof = time_name("before", "tlog-proof")
    if proof.checkpoint != raw or event.index >= last:
        raise Malformed("The entry does not stand below the ones that are shown.", where=with_proof)
    _under(proof, event, head, with_proof)
    return event.index, tuple(str(one) for one in tokens)


def _anchored_at(read: Read, names: Collection[str], head: Checkpoint) -> int:
    """Return how many entries of the log the stamped head covers, as far as those of this head go."""
    event, proof = _entry(read, "after")
    told = {one.path: one.value for one in event.openings}
    size, root = told.pop("facts.size", None), told.pop("facts.root", None)
    wanted = {
        "action": ANCHORED_ACTION,
        "outcome": "done",
        "subject": f"log/{head.origin.rpartition('/')[2]}",
    }
    if told != wanted or type(size) is not int or not isinstance(root, str):
        raise Malformed("The entry names no state of this log.", where=time_name("after", "json"))
    place = time_name("after", "tlog-proof")
    note = parse_note(proof.checkpoint)
    if note.text.encode() != read(time_name("after", "head")):
        raise Malformed("The head is not the one that the proof is under.", where=time_name("after", "head"))
    _under(proof, event, parse_checkpoint_text(note.text), place)
    _grew(read, names, head, Checkpoint(head.origin, size, _hex(root)))
    return min(size, head.size)


def _grew(read: Read, names: Collection[str], head: Checkpoint, anchored: Checkpoint) -> None:
    """Make sure that the state that was anchored and the one in hand are of one history."""
    older, newer = sorted((head, anchored), key=lambda one: one.size)
    place = time_name("after", "consistency")
    try:
        old, hashes = parse_consistency(read(place)) if place in names else (older.size, [])
        if old != older.size:
            raise Malformed("The proof of consistency is about another size.")
        verify_consistency(older.size, newer.size, hashes, older.root, newer.root)
    except Malformed as why:
        raise Malformed(why.what, where=place) from None


def _entry(read: Read, side: str) -> tuple[Disclosed, TlogProof]:
    place = time_name(side, "json")
    try:
        event = parse_event(read(place))
        event.require_openings()
        place = time_name(side, "tlog-proof")
        return event, parse_tlog_proof(read(place))
    except Malformed as why:
        raise Malformed(why.what, where=place) from None


def _under(proof: TlogProof, event: Disclosed, head: Checkpoint, place: str) -> None:
    if proof.index != event.index or proof.extra is not None:
        raise Malformed("The proof is about another entry, or says more than it may.", where=place)
    try:
        proof.require(leaf_hash(event.raw), head)
    except Malformed as why:
        raise Malformed(why.what, where=place) from None


def _words(held: _Held, side: str, digests: Collection[str] | None) -> list[Word]:
    """Verify the tokens of a side: each by itself, and whether it leads to somebody whom the reader trusts."""
    imprint = hashlib.sha256(held.read(time_name(side, "head"))).digest()
    all_of_them = (*held.trusted, *held.sent)
    found = []
    for number in range(1, MOST_TOKENS + 1):
        place = time_name(side, f"{number}.tsr")
        if place not in held.names and number > 1:
            continue
        raw = held.read(place)
        if digests is not None and hashlib.sha256(raw).hexdigest() not in digests:
            raise Malformed("The entry names another time-stamp.", where=place)
        try:
            said = verify_timestamp(raw, imprint, all_of_them, all_of_them)
        except Unknown:
            continue
        except Malformed as why:
            raise Malformed(why.what, where=place) from None
        found.append(Word(said, _leads(raw, imprint, held.trusted, all_of_them)))
    return found


def _leads(raw: bytes, imprint: bytes, trusted: Sequence[Certificate], others: Sequence[Certificate]) -> bool:
    try:
        verify_timestamp(raw, imprint, trusted, others)
    except Malformed:
        return False
    return True


def _in_words(words: dict[str, list[Word]], span: _Span, *, named: bool) -> Timed:
    counted = {side: _counted(of, named=named) for side, of in words.items()}
    low = max((one.at for one in counted["before"]), default=None)
    high = min((one.at for one in counted["after"]), default=None)
    who = sorted({one.authority for of in counted.values() for one in of})
    if not who:
        return Timed(False, "Who signed the time-stamps did so in a way that is not checked here.")
    both = low and high and span.early + span.late < span.all
    told = [f"{_bounds(low, high, span)}, said by {' and by '.join(who)}."]
    if low and high and both and low > high:
        return Timed(False, f"The time-stamps contradict each other: {told[0]}")
    test = any(one.test for of in counted.values() for one in of)
    told += [ONLY_A_TEST] if test else []
    told += [] if named else [NOBODY_NAMED]
    whole = bool(both) and not span.early and not span.late
    return Timed(named and whole and not test, " ".join(told))


def _bounds(low: datetime | None, high: datetime | None, span: _Span) -> str:
    if low and high and not span.early and not span.late:
        return f"between {_moment(low)} and {_moment(high)}"
    begins, ends = "not before: nobody said", "not after: not yet"
    if low:
        of = f" (the last {span.all - span.early} of {span.all}; of the others nobody said)"
        begins = f"not before {_moment(low)}{of if span.early else ''}"
    if high:
        of = f" (the first {span.all - span.late} of {span.all}; of the others: not yet)"
        ends = f"not after {_moment(high)}{of if span.late else ''}"
    return f"{begins}; {ends}"


def _counted(words: Sequence[Word], *, named: bool) -> list[Stamped]:
    """Return whose word counts: those that the reader named, and of these a test authority only when it is alone."""
    held = [one.said for one in words if one.trusted or not named]
    return [one for one in held if not one.test] or held


def _certificates(place: str, raw: bytes) -> tuple[Certificate, ...]:
    try:
        return parse_certificates(raw, LARGEST_CHAINS)
    except Malformed as why:
        raise Malformed(why.what, where=place) from None


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise Malformed("The entry names no state of this log.", where=time_name("after", "json")) from None


def _moment(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat() + "Z"
