"""Actions through the door, and inclusion proofs verified."""

from __future__ import annotations

import shutil
import time

from bench import yardstick

ACTIONS = 600
BATCHES = 30
LEAVES = 1 << 20


def main() -> None:
    """Measure on SQLCipher with each commit synced to the disk."""
    home = yardstick.installation()
    from muniment.access.rules import OPERATOR
    from muniment.ledger import publish
    from muniment.ledger.action import Act, action
    from muniment.spine.actor import system
    from muniment.tenants import actions

    operator = system("operator", may=OPERATOR, via="cli")
    tenant = actions.found(operator, name="Bench", slug="bench")

    @action("tenants.measure", cls="tenant.change", says="measured")
    def measure(act: Act, *, events: int) -> None:
        for number in range(events):
            act.record("tenants.Bench/1", stream=f"bench/{number % 10}", outcome="cleared", number=number)

    actor = system("bench", may=frozenset({"tenants.measure"}), tenant=tenant.id)
    measure(actor, events=1)
    single, _ = yardstick.timed(lambda: [measure(actor, events=1) for _ in range(ACTIONS)])
    batched, _ = yardstick.timed(lambda: [measure(actor, events=100) for _ in range(BATCHES)])
    settling, _ = yardstick.timed(publish.settle)
    yardstick.say(
        {
            "actions_per_second": ACTIONS / single,
            "events_per_second_batched": BATCHES * 100 / batched,
            "settled_per_second": (ACTIONS + BATCHES * 100) / settling,
            **inclusion(),
        }
    )
    shutil.rmtree(home, ignore_errors=True)


def inclusion() -> dict[str, float]:
    """Verify proofs of a tree with a million leaves, against the bare hashing of as many nodes."""
    import hashlib

    from muniment.proof.merkle import leaf_hash, node_hash, verify_inclusion

    level = [leaf_hash(number.to_bytes(4, "big")) for number in range(LEAVES)]
    levels = [level]
    while len(level) > 1:
        level = [node_hash(level[at], level[at + 1]) for at in range(0, len(level), 2)]
        levels.append(level)
    root = level[0]
    chosen = [(number * 7919) % LEAVES for number in range(20_000)]
    proofs = [[row[(index >> height) ^ 1] for height, row in enumerate(levels[:-1])] for index in chosen]
    start = time.process_time()
    for index, proof in zip(chosen, proofs, strict=True):
        verify_inclusion(levels[0][index], index, LEAVES, proof, root)
    ours = time.process_time() - start
    start = time.process_time()
    for proof in proofs:
        for one in proof:
            hashlib.sha256(b"\x01" + one + one).digest()
    bare = time.process_time() - start
    return {"proofs_per_second": len(chosen) / ours, "proofs_ratio_to_bare_hashing": ours / bare}


if __name__ == "__main__":
    main()
