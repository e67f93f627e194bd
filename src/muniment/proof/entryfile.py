"""Verifies the file of one entry: where it stands in its log, and between which moments it was logged.

Rules (`docs/formats/time-stamps.md`, 21): the container of a pack with one event and no statement; nothing of the entry
is opened in it. The log's keys and the authorities that count come another way; what came with the file is called so.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from muniment.proof import layout
from muniment.proof.archive import Archive
from muniment.proof.canonical import encode64
from muniment.proof.checkpoint import open_checkpoint
from muniment.proof.errors import Malformed, Unreadable
from muniment.proof.examine import _Examination, judged, second_in_words
from muniment.proof.report import NOT_CHECKED, Check, Report

ENTRY_MEMBERS = (layout.README, layout.CHECKPOINT, layout.event_name(1), layout.proof_name(1), layout.KEYS)
ALONE = "One entry says nothing of the others."


class _Entered(_Examination):
    """One run over the file of one entry."""

    def container(self) -> str:
        self.archive = Archive(self.file)
        self.digests = self.archive.digests()
        self.count = 1
        known = {*ENTRY_MEMBERS, layout.FOLLOWED, *layout.require_time(self.digests)}
        for name in ENTRY_MEMBERS:
            if name not in self.digests:
                raise Malformed("A member of the file is missing.", where=name)
        for name in sorted(set(self.digests) - known):
            raise Malformed("There is a member that the file of an entry does not have.", where=name)
        return f"{len(self.digests)} members"

    def log(self) -> str:
        opened = open_checkpoint if self.line is None else self.line.open
        self.checkpoint, self.signed = opened(self.archive.read(layout.CHECKPOINT), self.keys)
        found = self.checkpoint
        self.shown |= {"log origin": found.origin, "log size": found.size, "log root": encode64(found.root)}
        return f"{found.origin}, {found.size} entries"

    def inclusion(self) -> str:
        super().inclusion()
        [event] = self.events
        event.require_openings()
        self.shown |= {
            "entry": event.index,
            "class": event.leaf.cls,
            "said at": f"{second_in_words(event.leaf.t)}, by the operator's clock",
        }
        return f"entry {event.index}"


def verify_entry(
    file: str | Path | BinaryIO,
    trust: bytes | None = None,
    policy: bytes | None = None,
    authorities: bytes | None = None,
) -> Report:
    """Verify the file of one entry and report each check with the sentence that it proves.

    :param file: a path, or a seekable binary file that stays open. The other parameters are those of `verify_pack`.
    :raises Unreadable: when the file cannot be read, so that nothing is known about it.
    """
    try:
        if isinstance(file, (str, Path)):
            with Path(file).open("rb") as opened:
                return _examined(_Entered(opened, trust, policy, authorities))
        return _examined(_Entered(file, trust, policy, authorities))
    except OSError as error:
        raise Unreadable("The file cannot be read.") from error


def _examined(run: _Entered) -> Report:
    checks = judged(
        (
            ("statement", run.container, "The file holds one entry and its proof, and no byte beside."),
            ("keys", run.trusted, "The keys were obtained apart from the file."),
            ("log", run.log, "The log signed this state with its Ed25519 key."),
            ("quantum", run.quantum, "The log signed this state with its ML-DSA-44 key too."),
            ("inclusion", run.inclusion, "The entry stands in the log at its place."),
            (
                "witnessed",
                run.witnessed,
                "The witnesses that the policy asks for had seen this state of the log.",
            ),
            ("timed", run.timed, "Outside authorities say between which moments the entry was logged."),
        )
    )
    checks.append(Check("complete", NOT_CHECKED, "No other entry about the same thing is left out.", ALONE))
    return Report(tuple(checks), (), run.shown)
