"""Writes the file of one entry: the entry as it is hashed, its proof, and what bounds it in time.

Rules: the same parts give the same bytes; nothing of the entry is opened; the README says in plain words how other
people's programs check each part.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping, Sequence

from muniment.proof import layout
from muniment.proof.archive import write_archive
from muniment.proof.checkpoint import parse_checkpoint
from muniment.proof.entryfile import verify_entry
from muniment.proof.errors import Malformed
from muniment.proof.pack import Event
from muniment.proof.tlogproof import write_tlog_proof


def write_entry(
    event: Event, checkpoint: bytes, keys: Sequence[str], time: Mapping[str, bytes], succession: bytes = b""
) -> bytes:
    """Write the file of one entry, and verify it before it is handed out.

    :param keys: lines of the log's public keys, for information. :param time: the members that bound it in time.
    :raises Malformed: when it would be refused.
    """
    note = "# Informative: keys that came with the file prove nothing about who holds them.\n"
    members = {
        layout.README: _readme(parse_checkpoint(checkpoint).origin, event.index, time).encode(),
        layout.CHECKPOINT: checkpoint,
        layout.event_name(1): layout.write_event(event.index, event.leaf, tuple(event.openings)),
        layout.proof_name(1): write_tlog_proof(event.index, event.hashes, checkpoint),
        layout.KEYS: (note + "".join(f"{line}\n" for line in sorted(set(keys)))).encode(),
        **time,
    }
    if succession:
        members[layout.FOLLOWED] = succession
    out = io.BytesIO()
    write_archive(out, ((name, len(raw), zlib.crc32(raw), [raw]) for name, raw in sorted(members.items())))
    report = verify_entry(out)
    if not report.verified:
        wrong = next(check for check in report.checks if check.state == "failed")
        raise Malformed(f"The file would be refused: {wrong.note}", where=wrong.name)
    return out.getvalue()


def _readme(origin: str, index: int, time: Mapping[str, bytes]) -> str:
    sides = [side for side in layout.TIME_SIDES if layout.time_name(side, "head") in time]
    commands = [
        f"    openssl ts -verify -in {name} -data {layout.time_name(side, 'head')} -CAfile AUTHORITY.pem\n"
        for side in sides
        for name in sorted(time)
        if name.startswith(f"time/{side}-")
    ]
    after = (
        ""
        if "after" in sides
        else "  Not after: not yet. Ask for the file again once a time-stamp has come.\n"
    )
    before = (
        "" if "before" in sides else "  Not before: nobody said. No time-stamp stands below this entry.\n"
    )
    return README.format(
        origin=origin, index=index, missing=before + after, commands="".join(commands) or "    (none yet)\n"
    )


README = """\
One entry of a Muniment ledger, with the proof of its place and of its time
Log: {origin}
Entry: {index}

To check all of it, use a copy of verify.py that you obtained BEFORE this file reached you:

    python3 verify.py FILE --entry --trust KEYS --authorities AUTHORITY.pem

KEYS are the log's keys and AUTHORITY.pem the certificates of the time-stamp authorities that you trust, both obtained
apart from this file. What lies in trust/ came with it and proves nothing about who holds the keys.

How the time is bounded:
  Not before: an entry below this one (time/before.json, with its proof) names the time-stamps time/before-*.tsr by
  their SHA-256. They cannot have been named before they were made.
  Not after: the time-stamps time/after-*.tsr are about time/after.head, a state of the installation's log. In it stands
  time/after.json (with its proof), which names a state of this log; time/after.consistency shows that this state
  and the one of checkpoint are of one history.
{missing}
To check the time-stamps alone, unpack the file and run:

{commands}
What is not proved: that what the entry says is true. A test authority, which is called one, proves nothing to anybody.
"""
