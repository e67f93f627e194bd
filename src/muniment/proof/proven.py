"""One entry of a log, shown with its proof: what an export's manifest and a certificate of erasure have in common.

Rules (`docs/formats/export.md`, `certificate.md`): the file is the entry, opened, with its proof under a signed
checkpoint; there is no signature beside that one. Where the log's keys were changed, the steps of that may stand in the
file or be handed over apart from it; they lead from the reader's own keys to those that signed, and are never believed
further than that.
"""

from __future__ import annotations

from typing import Any

from muniment.proof.canonical import canonical, encode64, parse, shaped
from muniment.proof.checkpoint import Checkpoint
from muniment.proof.errors import Malformed
from muniment.proof.examine import Stop, require_quantum
from muniment.proof.layout import Disclosed, parse_event, write_event
from muniment.proof.leaf import Opening
from muniment.proof.merkle import leaf_hash
from muniment.proof.note import Key, Signed, parse_keys
from muniment.proof.report import NOT_CHECKED, Check
from muniment.proof.succession import Line, follow_keys, open_by
from muniment.proof.tlogproof import TlogProof, parse_tlog_proof

LARGEST_PROVEN = 5 * 1024 * 1024
PROVEN_MEMBERS: dict[str, type] = {"event": dict, "k": str, "keys": str, "proof": str}


class ProvenEntry:
    """One run over one file; each method is a stage and leaves behind what the next ones need.

    :param kind: which file it must be. :param what: what people call it.
    :param trust: the bytes of a vkeys file that was obtained apart from it.
    :param succession: the steps of the log's keys, when the file has none or others.
    """

    held: dict[str, Any]
    event: Disclosed
    proof: TlogProof
    keys: tuple[Key, ...]
    checkpoint: Checkpoint
    signed: Signed
    line: Line | None = None

    def __init__(
        self, raw: bytes, trust: bytes | None, succession: bytes | None, *, kind: str, what: str
    ) -> None:
        self.raw = raw
        self.trust = trust
        self.succession = succession
        self.kind = kind
        self.what = what
        self.shown: dict[str, Any] = {}

    def manifest(self) -> str:
        """Take the file apart."""
        held = parse(self.raw, largest=LARGEST_PROVEN)
        self.held = shaped(held, PROVEN_MEMBERS, optional={"succession": str}, where=self.what)
        if self.held["k"] != self.kind:
            raise Malformed(f"This is something else than the {self.what} that it is taken for.")
        self.event = parse_event(canonical(self.held["event"]))
        self.proof = parse_tlog_proof(self.held["proof"].encode())
        if self.succession is None and "succession" in self.held:
            self.succession = self.held["succession"].encode()
        return ""

    def trusted(self) -> str:
        """Find the keys that count, and follow them to those that signed."""
        if self.trust is None:
            self.keys = parse_keys(self.held["keys"].encode())
            raise Stop(
                NOT_CHECKED,
                f"THE KEYS CAME WITH THE {self.what.upper()} ITSELF: whoever made it could have made them. "
                "Ask the firm's auditor or the log's operator for the keys and give them with --trust.",
            )
        self.keys = parse_keys(self.trust)
        told = f"{len(self.keys)} keys, obtained apart from the {self.what}"
        if self.succession is None:
            return told
        self.line = follow_keys(self.succession, self.keys)
        return f"{told}, and followed through {len(self.line.turns)} changes of keys by the log itself"

    def log(self) -> str:
        """Verify the checkpoint."""
        self.checkpoint, self.signed = open_by(self.line, self.proof.checkpoint, self.keys)
        found = self.checkpoint
        self.shown |= {"log origin": found.origin, "log size": found.size, "log root": encode64(found.root)}
        caution = "" if self.line is None else self.line.caution(found.size)
        return f"{found.origin}, {found.size} entries. {caution}".removesuffix(". ")

    def quantum(self) -> str:
        """Say whether the signature that a quantum computer cannot forge was checked."""
        return require_quantum(self.signed)

    def inclusion(self) -> str:
        """Make sure that the entry stands in the tree of the checkpoint."""
        if self.proof.index != self.event.index or self.proof.extra is not None:
            raise Malformed("The proof is about another entry, or says more than it may.")
        self.proof.require(leaf_hash(self.event.raw), self.checkpoint)
        return f"entry {self.event.index}"

    def values(self, actions: tuple[str, ...], what: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what the entry says by path, and its facts by name.

        :param actions: one of which it must be about, and it must have been done. :param what: for people.
        """
        self.event.require_openings()
        said = {one.path: one.value for one in self.event.openings}
        if said.get("action") not in actions or said.get("outcome") != "done":
            raise Malformed(f"The entry is not one of {what}.")
        return said, {path[6:]: value for path, value in said.items() if path.startswith("facts.")}

    def withheld(self) -> tuple[str, ...]:
        """Return the fields that are not shown, as far as it came."""
        return tuple(self.event.withheld()) if hasattr(self, "event") else ()


def write_proven(
    kind: str,
    index: int,
    leaf: bytes,
    openings: tuple[Opening, ...],
    proof: bytes,
    *,
    keys: str,
    succession: bytes | None = None,
) -> bytes:
    """Write an entry with the proof of it as one file.

    :param proof: a C2SP tlog-proof, which holds the signed checkpoint. :param keys: for whoever has none yet.
    :param succession: the steps of the log's keys, when these were ever changed.
    :raises Malformed: when the openings do not open the leaf.
    """
    event = parse(write_event(index, leaf, openings))
    members = {"event": event, "k": kind, "keys": keys, "proof": proof.decode("utf-8")}
    return canonical(members if succession is None else {**members, "succession": succession.decode("utf-8")})


def left_open(proves: dict[str, tuple[str, str]]) -> list[Check]:
    """Return the checks that this version cannot make, each with the reason."""
    return [Check(name, NOT_CHECKED, sentence, why) for name, (sentence, why) in proves.items()]
