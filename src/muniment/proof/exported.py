"""Verifies an export of the ledger: a file in anybody's format and its manifest.

Rules (`docs/formats/export.md`): the manifest is the export's own entry in the log, opened, with its proof under a
signed checkpoint; there is no signature beside that one. The file is read in pieces and never believed: its digest,
its length and the number of its lines are those that were committed to, or it is refused.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from muniment.proof.canonical import canonical, encode64, parse, shaped
from muniment.proof.checkpoint import Checkpoint, open_checkpoint
from muniment.proof.errors import Malformed, Unreadable
from muniment.proof.examine import Stop, judged, require_quantum
from muniment.proof.layout import Disclosed, parse_event, write_event
from muniment.proof.leaf import Opening
from muniment.proof.merkle import leaf_hash
from muniment.proof.note import Key, Signed, parse_keys
from muniment.proof.report import NOT_CHECKED, Check, Report
from muniment.proof.tlogproof import TlogProof, parse_tlog_proof

EXPORT_KIND = "muniment.export/1"
ACTIONS = ("ledger.export", "ledger.export_personal")
LARGEST_EXPORT_MANIFEST = 1024 * 1024
PIECE = 1024 * 1024
EXPORT_FACTS: dict[str, type] = {
    "bytes": int,
    "entries": int,
    "erased": int,
    "filters": dict,
    "form": str,
    "range": dict,
    "sha256": str,
    "withheld": int,
}
EXPORT_RANGE: dict[str, type] = {"end": int, "first": int, "size": int}
HEAD_LINES = {"cef": 0, "csv": 1, "ocsf": 0}
LOOSE_KEYS = (
    "THE KEYS CAME WITH THE MANIFEST ITSELF: whoever made the export could have made them. "
    "Ask the firm's auditor or the log's operator for the keys and give them with --trust."
)
NOT_PROVED = {
    "witnessed": (
        "Independent witnesses had seen this state of the log.",
        "This version carries no proof of it.",
    ),
    "timed": (
        "An outside time-stamp bounds when the export was made.",
        "This version carries no proof of it.",
    ),
    "complete": (
        "No entry that the filters name is left out.",
        "The log commits to these lines as they were exported; each entry is proved by a proof of its own.",
    ),
}


class _Exported:
    """One run over one export; each method is a stage and leaves behind what the next ones need."""

    held: dict[str, Any]
    event: Disclosed
    proof: TlogProof
    keys: tuple[Key, ...]
    checkpoint: Checkpoint
    signed: Signed
    facts: dict[str, Any]

    def __init__(self, file: Path, manifest: bytes, trust: bytes | None) -> None:
        self.file = file
        self.raw = manifest
        self.trust = trust
        self.shown: dict[str, Any] = {}

    def manifest(self) -> str:
        held = parse(self.raw, largest=LARGEST_EXPORT_MANIFEST)
        self.held = shaped(held, {"event": dict, "k": str, "keys": str, "proof": str}, where="manifest")
        if self.held["k"] != EXPORT_KIND:
            raise Malformed("This is the manifest of something else than an export.")
        self.event = parse_event(canonical(self.held["event"]))
        self.proof = parse_tlog_proof(self.held["proof"].encode())
        return ""

    def trusted(self) -> str:
        if self.trust is None:
            self.keys = parse_keys(self.held["keys"].encode())
            raise Stop(NOT_CHECKED, LOOSE_KEYS)
        self.keys = parse_keys(self.trust)
        return f"{len(self.keys)} keys, obtained apart from the manifest"

    def log(self) -> str:
        self.checkpoint, self.signed = open_checkpoint(self.proof.checkpoint, self.keys)
        found = self.checkpoint
        self.shown |= {"log origin": found.origin, "log size": found.size, "log root": encode64(found.root)}
        return f"{found.origin}, {found.size} entries"

    def quantum(self) -> str:
        return require_quantum(self.signed)

    def inclusion(self) -> str:
        if self.proof.index != self.event.index or self.proof.extra is not None:
            raise Malformed("The proof is about another entry, or says more than it may.")
        self.proof.require(leaf_hash(self.event.raw), self.checkpoint)
        return f"entry {self.event.index}"

    def statement(self) -> str:
        self.event.require_openings()
        values = {one.path: one.value for one in self.event.openings}
        if values.get("action") not in ACTIONS or values.get("outcome") != "done":
            raise Malformed("The entry is not one of an export that was made.")
        facts = {path[6:]: value for path, value in values.items() if path.startswith("facts.")}
        self.facts = shaped(facts, EXPORT_FACTS, where="facts")
        span = shaped(self.facts["range"], EXPORT_RANGE, where="range")
        if self.facts["form"] not in HEAD_LINES:
            raise Malformed("The export has a form that is not known here.")
        if not 0 <= span["first"] <= span["end"] <= span["size"] <= self.event.index:
            raise Malformed("The export reaches outside the log as it stood when it was made.")
        told = [f"{name} {value}" for name, value in sorted(self.facts["filters"].items())]
        self.shown |= {
            "exported by": values.get("actor", ""),
            "exported at": values.get("at", ""),
            "facts about persons": "shown" if values["action"] == ACTIONS[1] else "withheld",
            "filters": ", ".join(told) or "none",
            "places": f"{span['first']} up to and without {span['end']}, of {span['size']} entries",
            "entries": self.facts["entries"],
            "values withheld": self.facts["withheld"],
            "parts erased": self.facts["erased"],
        }
        return f"{self.facts['entries']} entries as {self.facts['form']}"

    def content(self) -> str:
        digest, size, ends, last = hashlib.sha256(), 0, 0, b"\n"
        with self.file.open("rb") as file:
            for piece in iter(lambda: file.read(PIECE), b""):
                digest.update(piece)
                size, ends, last = size + len(piece), ends + piece.count(b"\n"), piece[-1:]
        if size != self.facts["bytes"] or digest.hexdigest() != self.facts["sha256"]:
            raise Malformed(
                "The file is not the one that was exported: a byte was changed, added or taken away."
            )
        if last != b"\n" or ends - HEAD_LINES[self.facts["form"]] != self.facts["entries"]:
            raise Malformed("The file does not hold as many entries as were exported.")
        return f"{size} bytes, SHA-256 {digest.hexdigest()}"


def write_export(index: int, leaf: bytes, openings: tuple[Opening, ...], proof: bytes, keys: str) -> bytes:
    """Write the manifest of an export around its entry and the proof of it.

    :param proof: a C2SP tlog-proof, which holds the signed checkpoint.
    :param keys: the log's keys, for whoever has none yet.
    :raises Malformed: when the openings do not open the leaf.
    """
    event = parse(write_event(index, leaf, openings))
    return canonical({"event": event, "k": EXPORT_KIND, "keys": keys, "proof": proof.decode("utf-8")})


def verify_export(file: str | Path, manifest: bytes, trust: bytes | None = None) -> Report:
    """Verify an export against its manifest and report each check with the sentence that it proves.

    :param trust: the bytes of a vkeys file that was obtained apart from both; without it the report says loudly
        that the keys came with the manifest itself.
    :raises Unreadable: when the file cannot be read, so that nothing is known about it.
    """
    run = _Exported(Path(file), manifest, trust)
    try:
        checks = judged(
            (
                ("manifest", run.manifest, "The manifest is that of an export, in its only spelling."),
                ("keys", run.trusted, "The keys were obtained apart from the export."),
                ("log", run.log, "The log signed this state with its Ed25519 key."),
                ("quantum", run.quantum, "The log signed this state with its ML-DSA-44 key too."),
                ("inclusion", run.inclusion, "The export is itself an entry of the log, at its place."),
                ("statement", run.statement, "What is said of the export is what was committed to."),
                ("file", run.content, "The file is, byte for byte, the one that was exported."),
            )
        )
    except OSError as error:
        raise Unreadable("The file cannot be read.") from error
    checks += [Check(name, NOT_CHECKED, proves, why) for name, (proves, why) in NOT_PROVED.items()]
    return Report(tuple(checks), tuple(run.event.withheld()) if hasattr(run, "event") else (), run.shown)
