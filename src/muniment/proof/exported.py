"""Verifies an export of the ledger: a file in anybody's format and its manifest.

Rules (`docs/formats/export.md`): the manifest is the export's own entry in the log, opened, with its proof under a
signed checkpoint; there is no signature beside that one. The file is read in pieces and never believed: its digest,
its length and the number of its lines are those that were committed to, or it is refused.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from muniment.proof.canonical import shaped
from muniment.proof.errors import Malformed, Unreadable
from muniment.proof.examine import judged
from muniment.proof.leaf import Opening
from muniment.proof.proven import LARGEST_PROVEN, ProvenEntry, left_open, write_proven
from muniment.proof.report import Report

EXPORT_KIND = "muniment.export/1"
ACTIONS = ("ledger.export", "ledger.export_personal")
LARGEST_EXPORT_MANIFEST = LARGEST_PROVEN
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


class _Exported(ProvenEntry):
    """One run over one export."""

    file: Path
    facts: dict[str, Any]

    def statement(self) -> str:
        values, facts = self.values(ACTIONS, "an export that was made")
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


def write_export(
    index: int,
    leaf: bytes,
    openings: tuple[Opening, ...],
    proof: bytes,
    keys: str,
    *,
    succession: bytes | None = None,
) -> bytes:
    """Write the manifest of an export around its entry and the proof of it.

    :param proof: a C2SP tlog-proof, which holds the signed checkpoint.
    :param keys: the log's keys, for whoever has none yet. :param succession: the steps of its keys, if they changed.
    :raises Malformed: when the openings do not open the leaf.
    """
    return write_proven(EXPORT_KIND, index, leaf, openings, proof, keys=keys, succession=succession)


def verify_export(
    file: str | Path, manifest: bytes, trust: bytes | None = None, succession: bytes | None = None
) -> Report:
    """Verify an export against its manifest and report each check with the sentence that it proves.

    :param trust: the bytes of a vkeys file that was obtained apart from both; without it the report says loudly
        that the keys came with the manifest itself.
    :param succession: the steps of the log's keys, when the export is of other keys than the trusted ones.
    :raises Unreadable: when the file cannot be read, so that nothing is known about it.
    """
    run = _Exported(manifest, trust, succession, kind=EXPORT_KIND, what="manifest")
    run.file = Path(file)
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
    return Report((*checks, *left_open(NOT_PROVED)), run.withheld(), run.shown)
