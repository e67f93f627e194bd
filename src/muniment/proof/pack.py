"""Builds a version 0 proofpack: everything a stranger needs to check one case without us.

Rules: the same contents give the same bytes (Ed25519 is deterministic, members are sorted, times are fixed).
A pack that our own verifier would refuse is never handed out. Evidence may be large: it is read in two
passes and must give the same bytes in both.
"""

from __future__ import annotations

import hashlib
import io
import unicodedata
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, BinaryIO, Protocol

from muniment.proof import layout
from muniment.proof.archive import write_archive
from muniment.proof.checkpoint import parse_checkpoint
from muniment.proof.dsse import seal_envelope
from muniment.proof.errors import Malformed
from muniment.proof.examine import (
    verify_pack as verify_pack,  # noqa: PLC0414  # offered here too, beside the builder
)
from muniment.proof.leaf import Opening
from muniment.proof.note import Key, parse_note
from muniment.proof.standalone import verifier_source
from muniment.proof.statement import log_of, write_statement
from muniment.proof.tlogproof import write_tlog_proof

NOT_WHOLE = (
    "The pack shows that its events are in the log; it does not show that no other event of the case is."
)
WHOLE_AS_FAR = (
    "The case's stream is whole as far as the pack says; what was logged into another stream is not in it, and"
    " that the log's map of streams is right is seen by whoever has the log's entries."
)
NOT_WITNESSED = (
    "No independent witness or time-stamp authority has vouched for this state of the log (draft version)."
)
WITNESSED_AS_FAR = (
    "Witnesses have signed for this state of the log; whether theirs is a word that counts is for the reader's own"
    " policy to say. No time-stamp authority has vouched for it (draft version)."
)
TIMED_AS_FAR = (
    "No independent witness has vouched for this state of the log (draft version). Time-stamps came with it, for as"
    " many events as the pack says; whose word counts is for the reader's own certificates to say."
)
BOTH_AS_FAR = (
    "Witnesses have signed for this state of the log, and time-stamps came with it, for as many events as the pack"
    " says; whose word counts is for the reader's own policy and certificates to say."
)
LIMITS = (
    "The log does not prove that an event was true, nor that everything that happened was logged.",
    NOT_WHOLE,
    NOT_WITNESSED,
    "Times in the events are the operator's clock.",
    "Salted commitments hide the values that are not shown, but not number, class and time of the events.",
)


class StatementSigner(Protocol):
    """Signs statements with Ed25519 under a name that is the log's origin or lies below it."""

    @property
    def keys(self) -> tuple[Key, ...]:
        """The public keys, the Ed25519 one first."""

    def sign_raw(self, message: bytes) -> bytes:
        """Sign bytes with the Ed25519 key."""


@dataclass(frozen=True)
class Attachment:
    """A file of evidence or a source.

    :param name: what people call it; never a path in the pack.
    :param content: the bytes, or a function that gives them in chunks each time it is called.
    :param about: further facts about it (publisher, address, received at), as plain texts.
    """

    name: str
    media_type: str
    content: bytes | Callable[[], Iterable[bytes]]
    about: Mapping[str, Any] = field(default_factory=dict)

    def chunks(self) -> Iterable[bytes]:
        """Return the content in chunks."""
        return [self.content] if isinstance(self.content, bytes) else self.content()


@dataclass(frozen=True)
class Event:
    """One logged event to be shown: its place, its leaf to the byte, inclusion proof and opened fields."""

    index: int
    leaf: bytes
    hashes: Sequence[bytes]
    openings: Sequence[Opening] = ()


@dataclass(frozen=True)
class Quote:
    """Words cited from an attachment.

    :param sha256: of the attachment, in hex. :param start: first code point. :param end: one past the last.
    :param of: which claim or finding it supports; may be empty.
    """

    sha256: str
    start: int
    end: int
    exact: str
    of: str = ""


@dataclass(frozen=True)
class PackContents:
    """All that goes into one pack.

    :param case: at least `id` and `question`. :param decision: at least `outcome`.
    :param actors: objects with at least `id` and `kind`.
    :param made: aware time of making. :param keys: the log's public keys; the signer's are added.
    :param anchor: the entry of the installation's log that names this state, and its proof under a cosigned head.
    :param succession: how the keys of the log follow each other; empty when they never changed.
    :param stream: the proof that the case's stream is whole (`stream-heads.md`); empty when there is none.
    :param time: the members that bound the events in time (`time-stamps.md`), by name; empty when there are none.
    """

    case: Mapping[str, Any]
    decision: Mapping[str, Any]
    rationale: str
    actors: Sequence[Mapping[str, Any]]
    made: datetime
    events: Sequence[Event]
    checkpoint: bytes
    signer: StatementSigner
    keys: Sequence[Key]
    evidence: Sequence[Attachment] = ()
    sources: Sequence[Attachment] = ()
    quotes: Sequence[Quote] = ()
    limits: Sequence[str] = LIMITS
    stream: bytes = b""
    anchor: tuple[bytes, bytes] | None = None
    succession: bytes = b""
    time: Mapping[str, bytes] = field(default_factory=dict)

    def told_limits(self) -> list[str]:
        """Return the limits as they are told: a pack with the proof of a whole stream is not short of it."""
        cosigned = self.anchor is not None or len(parse_note(self.checkpoint).signatures) > len(self.keys)
        better = {NOT_WHOLE: WHOLE_AS_FAR} if self.stream else {}
        known = {(True, False): WITNESSED_AS_FAR, (False, True): TIMED_AS_FAR, (True, True): BOTH_AS_FAR}
        better[NOT_WITNESSED] = known.get((cosigned, bool(self.time)), NOT_WITNESSED)
        return [better.get(one, one) for one in self.limits]


@dataclass(frozen=True)
class _Held:
    """A member with what its headers and the manifest say about it."""

    size: int
    crc: int
    sha256: str
    chunks: Callable[[], Iterable[bytes]]


def build_pack(contents: PackContents) -> bytes:
    """Build a pack in memory and verify it before it is handed out.

    :raises Malformed: when a part breaks a rule, or the pack does not verify under its own keys.
    """
    out = io.BytesIO()
    write_pack(contents, out)
    report = verify_pack(out)
    if not report.verified:
        wrong = next(check for check in report.checks if check.state == "failed")
        raise Malformed(f"The pack would be refused: {wrong.note}", where=wrong.name)
    return out.getvalue()


def write_pack(contents: PackContents, out: BinaryIO) -> None:
    """Write a pack to a file in one pass; the caller verifies it before handing it out.

    :raises Malformed: when a part breaks a rule of its format.
    """
    if not 0 < len(contents.events) <= layout.MOST_EVENTS:
        raise Malformed(f"A pack shows at least one event and at most {layout.MOST_EVENTS}.")
    members: dict[str, _Held] = {}
    described = {
        kind: list(_attached(kind, files, members))
        for kind, files in (("evidence", contents.evidence), ("sources", contents.sources))
    }
    for number, event in enumerate(sorted(contents.events, key=lambda one: one.index), start=1):
        shown = layout.write_event(event.index, event.leaf, tuple(event.openings))
        members[layout.event_name(number)] = _whole(shown)
        proof = write_tlog_proof(event.index, event.hashes, contents.checkpoint)
        members[layout.proof_name(number)] = _whole(proof)
    if contents.anchor:
        members[layout.ANCHORED], members[layout.ANCHORING] = map(_whole, contents.anchor)
    if contents.succession:
        members[layout.FOLLOWED] = _whole(contents.succession)
    if contents.stream:
        members[layout.WHOLE] = _whole(contents.stream)
    members |= {name: _whole(raw) for name, raw in contents.time.items()}
    members[layout.CHECKPOINT] = _whole(contents.checkpoint)
    members[layout.KEYS] = _whole(_keys(contents))
    members[layout.VERIFIER] = _whole(verifier_source().encode())
    members[layout.README] = _whole(_readme(contents).encode())
    statement = write_statement({n: m.sha256 for n, m in members.items()}, _predicate(contents, described))
    members[layout.STATEMENT] = _whole(statement)
    members[layout.ENVELOPE] = _whole(
        seal_envelope(statement, contents.signer.keys[0], contents.signer.sign_raw)
    )
    sizes = {name: held.size for name, held in members.items()}
    digests = {name: held.sha256 for name, held in members.items()}
    members[layout.MANIFEST] = _whole(layout.write_manifest(sizes, digests))
    write_archive(out, ((n, members[n].size, members[n].crc, members[n].chunks()) for n in sorted(members)))


def _attached(kind: str, files: Sequence[Attachment], members: dict[str, _Held]) -> Iterator[dict[str, Any]]:
    for one in sorted(files, key=lambda file: file.name):
        held = _held(one.chunks)
        name = f"{kind}/{held.sha256}"
        if name in members:
            raise Malformed("The same file is attached twice.", where=kind)
        members[name] = held
        told: dict[str, Any] = {
            "media_type": one.media_type,
            "name": one.name,
            "sha256": held.sha256,
            "size": held.size,
        }
        yield {**told, "about": dict(one.about)} if one.about else told


def _whole(raw: bytes) -> _Held:
    return _held(lambda: [raw])


def _held(chunks: Callable[[], Iterable[bytes]]) -> _Held:
    hashed, crc, size = hashlib.sha256(), 0, 0
    for chunk in chunks():
        hashed.update(chunk)
        crc = zlib.crc32(chunk, crc)
        size += len(chunk)
    return _Held(size, crc, hashed.hexdigest(), chunks)


def _keys(contents: PackContents) -> bytes:
    lines = sorted({key.encode() for key in (*contents.keys, *contents.signer.keys)})
    note = "# Informative: keys that came with the pack prove nothing about who holds them.\n"
    return (note + "".join(line + "\n" for line in lines)).encode()


def _predicate(contents: PackContents, described: Mapping[str, Any]) -> dict[str, Any]:
    quotes: list[dict[str, Any]] = []
    for one in contents.quotes:
        told: dict[str, Any] = {
            "end": one.end,
            "exact": unicodedata.normalize("NFC", one.exact),
            "sha256": one.sha256,
            "start": one.start,
        }
        quotes.append({**told, "of": one.of} if one.of else told)
    return {
        **described,
        "actors": [dict(actor) for actor in contents.actors],
        "case": dict(contents.case),
        "decision": dict(contents.decision),
        "draft": True,
        "limits": contents.told_limits(),
        "log": log_of(parse_checkpoint(contents.checkpoint)),
        "made": contents.made.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z",
        "quotes": quotes,
        "rationale": contents.rationale,
    }


def _readme(contents: PackContents) -> str:
    origin = parse_checkpoint(contents.checkpoint).origin
    return README_TEXT.format(origin=origin, limits="".join(f"  - {one}\n" for one in contents.told_limits()))


README_TEXT = """\
Muniment proofpack, version 0 (draft format)
Log: {origin}

To check this file, use a copy of verify.py that you obtained BEFORE this pack reached you:

    python3 verify.py PACK --trust KEYS --authorities AUTHORITY.pem

where KEYS is a file of the log's verifier keys that you obtained from the firm in person, and AUTHORITY.pem holds the
certificates of the time-stamp authorities that you trust. verify.py inside
the pack is a convenience; it could be forged together with the pack. It needs Python 3.9 or later and
nothing else.

What is here:
  statement.json        question, decision, rationale, actors, sources, quotes (in-toto Statement v1)
  statement.dsse.json   the signature over it (DSSE, Ed25519)
  checkpoint            the signed state of the log (C2SP tlog-checkpoint; Ed25519 and ML-DSA-44)
  events/               log entries with the fields that are disclosed
  proofs/               inclusion proofs (C2SP tlog-proof); stream.json, if it is there, shows that the case's
                        stream is whole
  evidence/, sources/   the files themselves, named by their SHA-256
  time/                 if it is there, what shows between which moments the events were logged: each .tsr is a
                        time-stamp (RFC 3161) about the .head beside it; openssl ts -verify -in time/after-1.tsr
                        -data time/after.head -CAfile AUTHORITY.pem asks without us
  trust/                the log's keys and the authorities' certificates, for information
  manifest.json         every member with size and SHA-256

What is not proved:
{limits}"""
