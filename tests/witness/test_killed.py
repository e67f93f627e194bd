"""A witness that is killed at any moment never cosigns two heads of one size and never goes back."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from pathlib import Path

from tests.witness.scripted import Shown, made

from muniment.proof.checkpoint import open_checkpoint
from muniment.witness.state import State

KILLS = 20
HAMMERED = Path(__file__).with_name("hammered.py")


def _told(child: subprocess.Popen[bytes], raw: bytes) -> tuple[int, bytes] | None:
    """Ask once; nothing when the child died before it had answered whole."""
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        child.stdin.write(len(raw).to_bytes(4, "big") + raw)
        child.stdin.flush()
    except BrokenPipeError:
        return None
    head = child.stdout.read(6)
    body = child.stdout.read(int.from_bytes(head[2:], "big")) if len(head) == 6 else b""
    whole = len(head) == 6 and len(body) == int.from_bytes(head[2:], "big")
    return (int.from_bytes(head[:2], "big"), body) if whole else None


def _begin(folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-W", "ignore", str(HAMMERED), str(folder)]
    child = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert child.stdout is not None
    assert child.stdout.read(1) == b"!"
    return child


def test_killed_twenty_times_it_has_cosigned_one_head_for_each_size(tmp_path: Path, shown: Shown) -> None:
    folder = tmp_path / "w"
    keys = [*made(folder, shown).cosigner_keys, *shown.signer.keys]
    liar = shown.forked()
    dice = random.Random(20300102)
    cosigned: dict[int, bytes] = {}
    largest = believed = 0
    for _kill in range(KILLS):
        child = _begin(folder)
        for left in range(dice.randint(1, 6), -1, -1):
            if not left:
                # While the last request is under way, at any moment of it.
                threading.Timer(dice.uniform(0, 0.02), child.kill).start()
            # The honest log grows; the liar shows another history at the same size or at the next.
            log = dice.choice([shown, shown, liar]) if believed else shown
            size = min(believed + dice.choice([0, 1, 1, 2]), 299) or 1
            answer = _told(child, log.asked(believed, size))
            if answer is None:
                break
            status, body = answer
            if status == 409:
                believed = int(body)
            if status == 200:
                head, _signed = open_checkpoint(log.note(size) + body, keys)
                assert cosigned.setdefault(head.size, head.root) == head.root
                assert head.size >= largest
                largest = believed = head.size
        child.kill()
        child.communicate()
        memory = State(folder)
        last = {one.checkpoint.size: one.checkpoint.root for one in memory.seen()}
        memory.close()
        # What was answered was written before; what was written may not have been answered.
        assert max(last, default=0) >= largest
        assert all(cosigned.get(size, root) == root for size, root in last.items())
        cosigned.update(last)
        largest = max([largest, *last])
    assert largest >= KILLS // 2
