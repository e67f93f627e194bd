"""Verifies a certificate of erasure: that an order was carried out stands in the log, opened and signed.

Rules (`docs/formats/certificate.md`): the certificate is the entry of the execution, opened but for the address it came
from, with its proof under a signed checkpoint; there is no signature beside that one. It says what was destroyed and
never what that had said. That no copy of a key is left anywhere, no certificate can prove, and this one says so.
"""

from __future__ import annotations

from muniment.proof.canonical import shaped
from muniment.proof.examine import judged
from muniment.proof.leaf import Opening
from muniment.proof.proven import LARGEST_PROVEN, ProvenEntry, left_open, write_proven
from muniment.proof.report import Report

CERTIFICATE_KIND = "muniment.certificate/1"
CERTIFIED_ACTIONS = ("lifecycle.execute", "lifecycle.close")
LARGEST_CERTIFICATE = LARGEST_PROVEN
CERTIFICATE_FACTS: dict[str, type] = {
    "basis": str,
    "cleaned": str,
    "held": list,
    "journal": dict,
    "number": int,
    "order": dict,
    "request": dict,
    "unreadable": dict,
}
NOT_CERTIFIED = {
    "witnessed": ("Independent witnesses had seen this state of the log.", "This version does not check it."),
    "timed": (
        "An outside time-stamp bounds when the data were erased.",
        "This version carries no proof of it.",
    ),
    "complete": (
        "No copy of what was erased is left anywhere.",
        "Nobody can prove that: copies that were given away and backups kept elsewhere are out of its reach.",
    ),
}


class _Certified(ProvenEntry):
    """One run over one certificate."""

    def statement(self) -> str:
        values, facts = self.values(CERTIFIED_ACTIONS, "an erasure that was carried out")
        facts = shaped(facts, CERTIFICATE_FACTS, where="facts")
        counts = ", ".join(f"{name} {count}" for name, count in sorted(facts["unreadable"].items()))
        self.shown |= {
            "erasure": facts["number"],
            "carried out at": values.get("at", ""),
            "legal basis": facts["basis"],
            "asked for by": facts["request"].get("by", ""),
            "ordered by": facts["order"].get("by", ""),
            "data of": f"{facts['request'].get('kind', '')} {facts['request'].get('target', '')}",
            "made unreadable": counts or "nothing",
            "kept by a legal hold": len(facts["held"]),
            "line of the erasure journal": facts["journal"].get("line", ""),
            "pages of the database": facts["cleaned"],
        }
        return f"erasure {facts['number']}"


def write_certificate(
    index: int,
    leaf: bytes,
    openings: tuple[Opening, ...],
    proof: bytes,
    keys: str,
    *,
    succession: bytes | None = None,
) -> bytes:
    """Write the certificate of an erasure around the entry of its execution and the proof of it.

    :param proof: a C2SP tlog-proof, which holds the signed checkpoint.
    :param keys: the log's keys, for whoever has none yet. :param succession: the steps of its keys, if they changed.
    :raises Malformed: when the openings do not open the leaf.
    """
    return write_proven(CERTIFICATE_KIND, index, leaf, openings, proof, keys=keys, succession=succession)


def verify_certificate(raw: bytes, trust: bytes | None = None, succession: bytes | None = None) -> Report:
    """Verify a certificate of erasure and report each check with the sentence that it proves.

    :param trust: the bytes of a vkeys file that was obtained apart from it; without it the report says loudly that
        the keys came with the certificate itself.
    :param succession: the steps of the log's keys, when the certificate is of other keys than the trusted ones.
    """
    run = _Certified(raw, trust, succession, kind=CERTIFICATE_KIND, what="certificate")
    checks = judged(
        (
            ("certificate", run.manifest, "The file is a certificate of erasure, in its only spelling."),
            ("keys", run.trusted, "The keys were obtained apart from the certificate."),
            ("log", run.log, "The log signed this state with its Ed25519 key."),
            ("quantum", run.quantum, "The log signed this state with its ML-DSA-44 key too."),
            ("inclusion", run.inclusion, "The erasure is itself an entry of the log, at its place."),
            ("statement", run.statement, "What is said of the erasure is what was committed to."),
        )
    )
    return Report((*checks, *left_open(NOT_CERTIFIED)), run.withheld(), run.shown)
