"""Verifies a version 0 proofpack: the one thing an auditor needs from this room.

Rules: the stages run in order, each proves one sentence, and after the first failure nothing further is
claimed. Every byte of the file is covered: the container must be the only zip of its members, the manifest
follows from them, the signed statement names them, and statement and envelope are in canonical form.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from muniment.proof import layout
from muniment.proof.archive import Archive
from muniment.proof.canonical import encode64
from muniment.proof.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from muniment.proof.cosigned import FIRST_CONTACT, judge_witnesses
from muniment.proof.dsse import open_envelope
from muniment.proof.errors import Malformed, Unreadable
from muniment.proof.layout import Disclosed
from muniment.proof.merkle import leaf_hash
from muniment.proof.note import COSIGNED_MLDSA44, Key, Signed, parse_keys
from muniment.proof.policy import parse_policy
from muniment.proof.report import FAILED, NOT_CHECKED, PASSED, Check, Report
from muniment.proof.statement import CASE_SUBJECT, log_of, parse_statement
from muniment.proof.streamproof import LARGEST_STREAM, parse_stream_proof
from muniment.proof.succession import Line, follow_keys
from muniment.proof.timed import judge_time
from muniment.proof.tlogproof import parse_tlog_proof

OWN_KEYS = (
    "THE KEYS CAME WITH THE PACK ITSELF: whoever made the pack could have made them. "
    "Ask the firm's auditor or the log's operator for the keys and give them with --trust."
)
LARGEST_TEXT = 64 * 1024 * 1024
#: Name, what is done, and the sentence that holds when it passed.
Stages = Sequence[tuple[str, Callable[[], str], str]]


class Stop(Exception):  # it ends the stages and is never an error of the caller
    """The stage says something other than "passed"."""

    def __init__(self, state: str, note: str) -> None:
        super().__init__(note)
        self.state = state
        self.note = note


class _Examination:
    """One run over one pack; each method is a stage and leaves behind what the next ones need."""

    archive: Archive
    digests: dict[str, str]
    events: list[Disclosed]
    checkpoint: Checkpoint
    signed: Signed
    keys: tuple[Key, ...]
    signer: Key
    predicate: dict[str, Any]

    line: Line | None = None

    def __init__(
        self,
        file: BinaryIO,
        trust: bytes | None,
        policy: bytes | None = None,
        authorities: bytes | None = None,
    ) -> None:
        self.file = file
        self.trust = trust
        self.policy = policy
        self.authorities = authorities
        self.shown: dict[str, Any] = {}
        self.withheld: list[str] = []

    def container(self) -> str:
        self.archive = Archive(self.file)
        self.digests = self.archive.digests()
        self.count = layout.require_layout(self.digests)
        return f"{len(self.digests)} members"

    def manifest(self) -> str:
        sizes = {name: member.size for name, member in self.archive.members.items()}
        if self.archive.read(layout.MANIFEST) != layout.write_manifest(sizes, self.digests):
            raise Malformed("The manifest does not list the members as they are.")
        self.shown["verify.py in the pack, SHA-256"] = self.digests[layout.VERIFIER]
        return ""

    def trusted(self) -> str:
        if self.trust is None:
            self.keys = parse_keys(self.archive.read(layout.KEYS))
            raise Stop(NOT_CHECKED, OWN_KEYS)
        self.keys = parse_keys(self.trust)
        told = f"{len(self.keys)} keys, obtained apart from the pack"
        if layout.FOLLOWED not in self.digests:
            return told
        state = parse_checkpoint(self.archive.read(layout.CHECKPOINT))
        with _within(layout.FOLLOWED):
            self.line = follow_keys(self.archive.read(layout.FOLLOWED), self.keys)
        others = [key for key in self.keys if key.name != self.line.origin]
        self.keys = (*others, *self.line.require(state.size))
        turns = len(self.line.turns)
        caution = self.line.caution(state.size)
        return (
            f"{told}, and followed through {turns} changes of keys by the log itself. {caution}".removesuffix(
                ". "
            )
        )

    def statement(self) -> str:
        raw = self.archive.read(layout.STATEMENT)
        payload, self.signer = open_envelope(self.archive.read(layout.ENVELOPE, 32 * 1024 * 1024), self.keys)
        if payload != raw:
            raise Malformed("The signed statement is not the one in statement.json.")
        subjects, self.predicate = parse_statement(raw)
        named = {name: digest for name, digest in self.digests.items() if name not in layout.UNNAMED}
        if subjects != named:
            raise Malformed("The signed statement is about other members than these.")
        self.shown["case"] = self.predicate["case"]["id"]
        self.shown["question"] = self.predicate["case"]["question"]
        self.shown["outcome"] = self.predicate["decision"]["outcome"]
        self.shown["statement signed by"] = self.signer.name
        return f"signed by {self.signer.name}"

    def log(self) -> str:
        raw = self.archive.read(layout.CHECKPOINT)
        opened = open_checkpoint if self.line is None else self.line.open
        self.checkpoint, self.signed = opened(raw, self.keys)
        found = log_of(self.checkpoint)
        self.shown.update({f"log {key}": found[key] for key in ("origin", "size", "root")})
        if self.predicate["log"] != found:
            raise Malformed("The statement speaks of another state of the log.")
        origin = self.checkpoint.origin
        if self.signer.name != origin and not self.signer.name.startswith(origin + "/"):
            raise Malformed("The statement is signed under a name that does not belong to this log.")
        return f"{origin}, {self.checkpoint.size} entries, root {encode64(self.checkpoint.root)}"

    def quantum(self) -> str:
        return require_quantum(self.signed)

    def inclusion(self) -> str:
        self.events = []
        raw = self.archive.read(layout.CHECKPOINT)
        for number in range(1, self.count + 1):
            with _within(layout.event_name(number)):
                event = layout.parse_event(self.archive.read(layout.event_name(number)))
            with _within(layout.proof_name(number)):
                proof = parse_tlog_proof(self.archive.read(layout.proof_name(number)))
                if proof.checkpoint != raw or proof.extra is not None or proof.index != event.index:
                    raise Malformed(
                        "The proof is about another checkpoint or entry, or says more than it may."
                    )
                proof.require(leaf_hash(event.raw), self.checkpoint)
            self.events.append(event)
        indexes = [event.index for event in self.events]
        if indexes != sorted(set(indexes)):
            raise Malformed("The events are not in the order of the log, or one stands twice.")
        self.shown["events"] = self.count
        return f"{self.count} events"

    def openings(self) -> str:
        for number, event in enumerate(self.events, start=1):
            with _within(layout.event_name(number)):
                event.require_openings()
            self.withheld += [f"{layout.event_name(number)}: {field}" for field in event.withheld()]
        shown = sum(len(event.openings) for event in self.events)
        return f"{shown} fields shown, {len(self.withheld)} lines of withheld ones below"

    def files(self) -> str:
        for kind in ("evidence", "sources"):
            listed = {(f"{kind}/{one['sha256']}", one["size"]) for one in self.predicate[kind]}
            there = {(n, m.size) for n, m in self.archive.members.items() if n.startswith(f"{kind}/")}
            if listed != there:
                raise Malformed("The statement describes other files than the pack holds.", where=kind)
        return f"{len(self.predicate['evidence'])} of evidence, {len(self.predicate['sources'])} sources"

    def quotes(self) -> str:
        kinds = {
            one["sha256"]: (f"{kind}/{one['sha256']}", one["media_type"])
            for kind in ("evidence", "sources")
            for one in self.predicate[kind]
        }
        texts: dict[str, str] = {}
        skipped = 0
        for number, quote in enumerate(self.predicate["quotes"], start=1):
            with _within(f"quote {number}"):
                if quote["sha256"] not in kinds:
                    raise Malformed("A quote is from a file that is not in the pack.")
                name, media_type = kinds[quote["sha256"]]
                if not _is_text(media_type):
                    skipped += 1
                    continue
                if name not in texts:
                    texts = {name: _decoded(self.archive.read(name, LARGEST_TEXT))}
                require_quote(texts[name], quote)
        if skipped:
            raise Stop(NOT_CHECKED, f"{skipped} quotes are from files that are not text; the others hold.")
        return f"{len(self.predicate['quotes'])} quotes"

    def whole(self) -> str:
        if layout.WHOLE not in self.digests:
            raise Stop(NOT_CHECKED, "This pack carries no proof of it.")
        proof = parse_stream_proof(self.archive.read(layout.WHOLE, LARGEST_STREAM))
        if proof.checkpoint != self.archive.read(layout.CHECKPOINT):
            raise Malformed("The proof of the stream is about another checkpoint.", where=layout.WHOLE)
        with _within(layout.WHOLE):
            found = proof.require(self.checkpoint)
        subject = CASE_SUBJECT + self.predicate["case"]["id"]
        said = [event for event in self.events if event.says("subject") == subject]
        if not found.places or {event.leaf.st for event in said} != {found.tag}:
            raise Malformed("The proof is about another stream than that of the case.", where=layout.WHOLE)
        told = {event.index for event in self.events}
        shown = sum(place in told for place in found.places)
        self.shown["stream of the case"] = (
            f"{len(found.places)} entries, {shown} of them shown; whole among the first {found.size} entries of the"
            f" log, at {second_in_words(found.time)} by the operator's clock"
        )
        kinds = ", ".join(f"{name} {count}" for name, count in sorted(found.classes.items()))
        self.shown["stream by class"] = f"{kinds}; of any other class none"
        return f"{len(found.places)} entries, up to entry {found.size} of the log"

    def witnessed(self) -> str:
        if self.policy is None:
            raise Stop(NOT_CHECKED, FIRST_CONTACT)
        anchor = None
        if layout.ANCHORED in self.digests and layout.ANCHORING in self.digests:
            anchor = (self.archive.read(layout.ANCHORED), self.archive.read(layout.ANCHORING))
        own = [key for key in self.keys if key.name == self.checkpoint.origin]
        state, told = judge_witnesses(
            parse_policy(self.policy), self.archive.read(layout.CHECKPOINT), own, anchor
        )
        if state is None:
            raise Stop(NOT_CHECKED, told)
        if not state:
            raise Malformed(f"The quorum of the policy is not reached. {told}.")
        self.shown["witnessed"] = told
        return told

    def timed(self) -> str:
        found = judge_time(
            self.archive.read,
            self.digests,
            self.archive.read(layout.CHECKPOINT),
            [event.index for event in self.events],
            self.authorities,
        )
        self.shown["timed"] = found.told
        if not found.passed:
            raise Stop(NOT_CHECKED, found.told)
        return found.told


def require_quantum(signed: Signed) -> str:
    """Make sure that an ML-DSA-44 signature of a checkpoint was checked; pass when it was.

    :raises Stop: when this machine cannot check one, or no such key is known.
    """
    if any(key.kind == COSIGNED_MLDSA44 for key in signed.unchecked):
        raise Stop(
            NOT_CHECKED, "This Python has no ML-DSA-44; install `cryptography` 48 or later to check it."
        )
    if not any(key.kind == COSIGNED_MLDSA44 for key in signed.good):
        raise Stop(NOT_CHECKED, "No ML-DSA-44 key of the log is known here.")
    return ""


def verify_pack(
    pack: str | Path | BinaryIO,
    trust: bytes | None = None,
    policy: bytes | None = None,
    authorities: bytes | None = None,
) -> Report:
    """Verify a pack and report each check with the sentence that it proves.

    :param pack: a path, or a seekable binary file that stays open.
    :param trust: the bytes of a vkeys file that was obtained apart from the pack; without it the report says
        loudly that the keys came with the pack itself.
    :param policy: the bytes of a policy (C2SP tlog-policy) that was obtained apart from the pack; without it nothing is
        said about witnesses. With it a pack without the quorum is refused.
    :param authorities: certificates (PEM) of time-stamp authorities, obtained apart from the pack; without them no time
        is called certain. With them a pack whose time-stamps are all of others is refused.
    :raises Unreadable: when the file cannot be read, so that nothing is known about it.
    """
    try:
        if isinstance(pack, (str, Path)):
            with Path(pack).open("rb") as file:
                return _examine(_Examination(file, trust, policy, authorities))
        return _examine(_Examination(pack, trust, policy, authorities))
    except OSError as error:
        raise Unreadable("The file cannot be read.") from error


def require_quote(text: str, quote: dict[str, Any]) -> None:
    """Make sure that a quote stands in a text at its place, in Unicode code points, in normal form C.

    :raises Malformed: when other words stand there.
    """
    found = text[quote["start"] : quote["end"]]
    if len(found) != quote["end"] - quote["start"] or unicodedata.normalize("NFC", found) != quote["exact"]:
        raise Malformed("A quote does not stand in the file at the place it names.")


def _examine(run: _Examination) -> Report:
    stages: Stages = (
        (
            "container",
            run.container,
            "No byte of the file is outside its members, and it has the members of a pack.",
        ),
        ("manifest", run.manifest, "The manifest lists every member with its size and digest."),
        ("keys", run.trusted, "The keys were obtained apart from the pack."),
        (
            "statement",
            run.statement,
            "The holder of the key signed this statement about exactly these members.",
        ),
        ("log", run.log, "The log signed this state with its Ed25519 key, and the statement rests on it."),
        ("quantum", run.quantum, "The log signed this state with its ML-DSA-44 key too."),
        ("inclusion", run.inclusion, "Every event shown stands in the log at its place."),
        ("openings", run.openings, "Every value shown is the one that was committed to."),
        ("files", run.files, "The statement describes every file of evidence and every source."),
        ("quotes", run.quotes, "Every quote from a text stands in it word for word."),
        ("complete", run.whole, "No entry of the case's stream is left out, up to the one that is named."),
        (
            "witnessed",
            run.witnessed,
            "The witnesses that the policy asks for had seen this state of the log.",
        ),
        ("timed", run.timed, "Outside authorities say between which moments every event was logged."),
    )
    return Report(tuple(judged(stages)), tuple(run.withheld), run.shown)


def judged(stages: Stages) -> list[Check]:
    """Run stages in order and say of each whether it passed; after the first failure nothing further is claimed."""
    checks: list[Check] = []
    stopped = False
    for name, stage, proves in stages:
        state, note = PASSED, ""
        if stopped:
            state, note = NOT_CHECKED, "An earlier check failed."
        else:
            try:
                note = stage()
            except Malformed as error:
                stopped, state, note = True, FAILED, str(error)
            except Stop as stop:
                state, note = stop.state, stop.note
        checks.append(Check(name, state, proves, note))
    return checks


@contextmanager
def _within(place: str) -> Iterator[None]:
    try:
        yield
    except Malformed as error:
        raise Malformed(error.what, where=f"{place} {error.where}".strip()) from None


def second_in_words(since_1970: int) -> str:
    """Return a second of a leaf as a date and time in UTC."""
    try:
        return (datetime(1970, 1, 1) + timedelta(seconds=since_1970)).isoformat() + "Z"  # noqa: DTZ001  # it is UTC
    except OverflowError:
        return f"second {since_1970}"


def _is_text(media_type: str) -> bool:
    kind = media_type.partition(";")[0].strip().lower()
    return (
        kind.startswith("text/")
        or kind.endswith(("+xml", "+json"))
        or kind in ("application/xml", "application/json")
    )


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("A file is called text and is not UTF-8.") from None
