"""A witness in a process of its own that comes to grief at a place: folder, place, when, how, mirror or not.

What it answers goes to its output; requests come in as in `hammered.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.faults import ways

from muniment.witness.application import Witness

folder, where, when, how, mirror = sys.argv[1:]
witness = Witness(Path(folder), mirror=mirror == "mirror")
ways.arm(where, when, how, [folder])
while head := sys.stdin.buffer.read(5):
    raw = sys.stdin.buffer.read(int.from_bytes(head[1:], "big"))
    answer = witness.add_entries(raw) if head[:1] == b"e" else witness.add_checkpoint(raw)
    sys.stdout.buffer.write(f"{answer.status}\n".encode())
    sys.stdout.buffer.flush()
