"""Verifies the file in which one stream is shown whole, or absent: what `muniment ledger stream` writes.

Rules (`docs/formats/stream-heads.md`): the checkpoint in the file is verified under keys that came another way; it has
none of its own. What is shown is said in words: how many entries, of which classes, up to which entry of the log.
"""

from __future__ import annotations

from muniment.proof.canonical import encode64
from muniment.proof.checkpoint import Checkpoint
from muniment.proof.errors import Malformed
from muniment.proof.examine import judged, require_quantum, second_in_words
from muniment.proof.note import Signed, parse_keys
from muniment.proof.report import NOT_CHECKED, Check, Report
from muniment.proof.streamproof import StreamProof, parse_stream_proof
from muniment.proof.succession import follow_keys, open_by

NOT_SHOWN = {
    "witnessed": ("Independent witnesses had seen this state of the log.", "This version does not check it."),
    "timed": (
        "An outside time-stamp bounds when the entries were logged.",
        "This file carries no proof of it.",
    ),
}


class _Streamed:
    """One run over one file; each method is a stage and leaves behind what the next ones need."""

    proof: StreamProof
    checkpoint: Checkpoint
    signed: Signed

    def __init__(self, raw: bytes, trust: bytes | None, succession: bytes | None) -> None:
        self.raw = raw
        self.trust = trust
        self.succession = succession
        self.shown: dict[str, object] = {}

    def statement(self) -> str:
        self.proof = parse_stream_proof(self.raw)
        self.shown["stream"] = encode64(self.proof.tag)
        return ""

    def log(self) -> str:
        if self.trust is None:
            raise Malformed("The file has no keys of its own.", todo="Give the log's keys with --trust.")
        keys = parse_keys(self.trust)
        line = None if self.succession is None else follow_keys(self.succession, keys)
        self.checkpoint, self.signed = open_by(line, self.proof.checkpoint, keys)
        found = self.checkpoint
        self.shown |= {"log origin": found.origin, "log size": found.size, "log root": encode64(found.root)}
        caution = "" if line is None else line.caution(found.size)
        return f"{found.origin}, {found.size} entries. {caution}".removesuffix(". ")

    def quantum(self) -> str:
        return require_quantum(self.signed)

    def inclusion(self) -> str:
        self.proof.heads.leaf_in(self.checkpoint)
        for _ in self.proof.leaves_in(self.checkpoint):
            pass  # each is held where it is yielded
        return f"{len(self.proof.entries)} entries, and the one that says where every stream ends"

    def complete(self) -> str:
        found = self.proof.require(self.checkpoint)
        kinds = ", ".join(f"{name} {count}" for name, count in sorted(found.classes.items()))
        self.shown |= {
            "entries": len(found.places),
            "by class": f"{kinds}; of any other class none" if kinds else "there is no such stream",
            "whole among the first": f"{found.size} entries of the log",
            "said at": f"{second_in_words(found.time)}, by the operator's clock",
        }
        how = f"{len(found.places)} entries" if found.places else "there is no such stream"
        return f"{how}, up to entry {found.size} of the log"


def verify_stream(raw: bytes, trust: bytes | None, succession: bytes | None = None) -> Report:
    """Verify a file about one stream and report each check with the sentence that it proves.

    :param trust: the bytes of a vkeys file; without it nothing can be verified.
    :param succession: the steps of the log's keys, when the file is of other keys than the trusted ones.
    """
    run = _Streamed(raw, trust, succession)
    checks = judged(
        (
            ("statement", run.statement, "The file is a proof about a stream, in its only spelling."),
            ("log", run.log, "The log signed this state with its Ed25519 key."),
            ("quantum", run.quantum, "The log signed this state with its ML-DSA-44 key too."),
            ("inclusion", run.inclusion, "Every entry shown stands in the log at its place."),
            ("complete", run.complete, "No entry of the stream is left out, up to the one that is named."),
        )
    )
    checks += [Check(name, NOT_CHECKED, proves, why) for name, (proves, why) in NOT_SHOWN.items()]
    return Report(tuple(checks), (), run.shown)
