"""A witness in a process of its own that answers requests from a pipe, to be killed at any moment.

A request is its length in four bytes and its bytes; an answer a status in two bytes, its length in four, its bytes.
"""

from __future__ import annotations

import sys
from pathlib import Path

from muniment.witness.application import Witness

witness = Witness(Path(sys.argv[1]))
sys.stdout.buffer.write(b"!")
sys.stdout.buffer.flush()
while head := sys.stdin.buffer.read(4):
    answer = witness.add_checkpoint(sys.stdin.buffer.read(int.from_bytes(head, "big")))
    said = answer.status.to_bytes(2, "big") + len(answer.body).to_bytes(4, "big") + answer.body
    sys.stdout.buffer.write(said)
    sys.stdout.buffer.flush()
