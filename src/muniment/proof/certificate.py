"""Verifies a certificate of erasure: that an order was carried out stands in the log, opened and signed.

Rules (`docs/formats/certificate.md`): the certificate is the entry of the execution, opened but for the address it came
from, with its proof under a signed checkpoint; there is no signature beside that one. It says what was destroyed and
never what that had said. That no copy of a key is left anywhere, no certificate can prove, and this one says so.
"""

from __future__ import annotations

from typing import Any

from muniment.proof.canonical import canonical, encode64, parse, shaped
from muniment.proof.checkpoint import Checkpoint, open_checkpoint
from muniment.proof.errors import Malformed
from muniment.proof.examine import Stop, judged, require_quantum
from muniment.proof.layout import Disclosed, parse_event, write_event
from muniment.proof.leaf import Opening
from muniment.proof.merkle import leaf_hash
from muniment.proof.note import Key, Signed, parse_keys
from muniment.proof.report import NOT_CHECKED, Check, Report
from muniment.proof.tlogproof import TlogProof, parse_tlog_proof

CERTIFICATE_KIND = "muniment.certificate/1"
CERTIFIED_ACTIONS = ("lifecycle.execute", "lifecycle.close")
LARGEST_CERTIFICATE = 1024 * 1024
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
CERTIFICATE_KEYS = (
    "THE KEYS CAME WITH THE CERTIFICATE ITSELF: whoever made it could have made them. "
    "Ask the firm's auditor or the log's operator for the keys and give them with --trust."
)
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


class _Certified:
    """One run over one certificate; each method is a stage and leaves behind what the next ones need."""

    held: dict[str, Any]
    event: Disclosed
    proof: TlogProof
    keys: tuple[Key, ...]
    checkpoint: Checkpoint
    signed: Signed

    def __init__(self, raw: bytes, trust: bytes | None) -> None:
        self.raw = raw
        self.trust = trust
        self.shown: dict[str, Any] = {}

    def certificate(self) -> str:
        held = parse(self.raw, largest=LARGEST_CERTIFICATE)
        self.held = shaped(held, {"event": dict, "k": str, "keys": str, "proof": str}, where="certificate")
        if self.held["k"] != CERTIFICATE_KIND:
            raise Malformed("This is something else than a certificate of erasure.")
        self.event = parse_event(canonical(self.held["event"]))
        self.proof = parse_tlog_proof(self.held["proof"].encode())
        return ""

    def trusted(self) -> str:
        if self.trust is None:
            self.keys = parse_keys(self.held["keys"].encode())
            raise Stop(NOT_CHECKED, CERTIFICATE_KEYS)
        self.keys = parse_keys(self.trust)
        return f"{len(self.keys)} keys, obtained apart from the certificate"

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
        if values.get("action") not in CERTIFIED_ACTIONS or values.get("outcome") != "done":
            raise Malformed("The entry is not one of an erasure that was carried out.")
        facts = {path[6:]: value for path, value in values.items() if path.startswith("facts.")}
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
    index: int, leaf: bytes, openings: tuple[Opening, ...], proof: bytes, keys: str
) -> bytes:
    """Write the certificate of an erasure around the entry of its execution and the proof of it.

    :param proof: a C2SP tlog-proof, which holds the signed checkpoint.
    :param keys: the log's keys, for whoever has none yet.
    :raises Malformed: when the openings do not open the leaf.
    """
    event = parse(write_event(index, leaf, openings))
    return canonical({"event": event, "k": CERTIFICATE_KIND, "keys": keys, "proof": proof.decode("utf-8")})


def verify_certificate(raw: bytes, trust: bytes | None = None) -> Report:
    """Verify a certificate of erasure and report each check with the sentence that it proves.

    :param trust: the bytes of a vkeys file that was obtained apart from it; without it the report says loudly that
        the keys came with the certificate itself.
    """
    run = _Certified(raw, trust)
    checks = judged(
        (
            ("certificate", run.certificate, "The file is a certificate of erasure, in its only spelling."),
            ("keys", run.trusted, "The keys were obtained apart from the certificate."),
            ("log", run.log, "The log signed this state with its Ed25519 key."),
            ("quantum", run.quantum, "The log signed this state with its ML-DSA-44 key too."),
            ("inclusion", run.inclusion, "The erasure is itself an entry of the log, at its place."),
            ("statement", run.statement, "What is said of the erasure is what was committed to."),
        )
    )
    checks += [Check(name, NOT_CHECKED, proves, why) for name, (proves, why) in NOT_CERTIFIED.items()]
    return Report(tuple(checks), tuple(run.event.withheld()) if hasattr(run, "event") else (), run.shown)
