"""Whether the witnesses that somebody trusts had seen a state of a log: directly, or through the installation's log.

Rules: whose word counts stands in a policy that the reader obtained apart from what is judged; without one the answer
is "cannot be judged" and never yes. A tenant's state counts as seen if a witnessed state of another log of the policy
holds an entry that names the very size and root.
"""

from __future__ import annotations

import time
from collections.abc import Collection

from muniment.proof.checkpoint import Checkpoint, parse_checkpoint
from muniment.proof.errors import Malformed
from muniment.proof.layout import parse_event
from muniment.proof.merkle import leaf_hash
from muniment.proof.note import Key
from muniment.proof.policy import NONE, Policy, Witnessed, witnessed
from muniment.proof.tlogproof import parse_tlog_proof

ANCHOR = "ledger.anchor"
FIRST_CONTACT = (
    "Whose word counts cannot be judged without a policy of your own, obtained apart from the pack: "
    "this is a first contact. Give yours with --policy."
)


def judge_witnesses(
    policy: Policy, raw: bytes, log_keys: Collection[Key], anchor: tuple[bytes, bytes] | None = None
) -> tuple[bool | None, str]:
    """Say whether a signed state has the quorum of a policy, and who signed: k of n, with their names.

    :param raw: the state as it is published, with the cosignatures that stand below it.
    :param log_keys: the keys of its log.
    :param anchor: the entry of another log that names this state, and its proof under that log's cosigned state.
    :returns: True, False, or None when it cannot be judged, and a sentence.
    :raises Malformed: when a signature of a known key fails, or the entry is about another state.
    """
    if policy.quorum == NONE:
        return None, "The policy asks for no witness."
    own = witnessed(raw, policy, log_keys)
    if own.quorum or anchor is None:
        return own.quorum, _told(policy, own)
    above = _anchored(policy, own.checkpoint, *anchor)
    return above.quorum, f"{_told(policy, above)}, of {above.checkpoint.origin}, which holds this state"


def _anchored(policy: Policy, state: Checkpoint, raw: bytes, proved: bytes) -> Witnessed:
    event, proof = parse_event(raw), parse_tlog_proof(proved)
    event.require_openings()
    said = {one.path: one.value for one in event.openings}
    wanted = {
        "action": ANCHOR,
        "subject": f"log/{state.origin.rpartition('/')[2]}",
        "outcome": "done",
        "facts.size": state.size,
        "facts.root": state.root.hex(),
    }
    if said != wanted or proof.index != event.index or proof.extra is not None:
        raise Malformed("The entry that should name this state is about another one.")
    if parse_checkpoint(proof.checkpoint).origin not in {key.name for key in policy.log_keys}:
        raise Malformed("The policy has no key of the log through which this state was witnessed.")
    found = witnessed(proof.checkpoint, policy)
    proof.require(leaf_hash(event.raw), found.checkpoint)
    return found


def _told(policy: Policy, found: Witnessed) -> str:
    """Name the witnesses all of whose keys signed, out of all that the policy names."""
    names = sorted({key.name for key in policy.witness_keys})
    signed = [
        name for name in names if all(key in found.good for key in policy.witness_keys if key.name == name)
    ]
    last = max(found.times.values(), default=0)
    at = f" by {_at(last)}" if signed and last else ""
    return f"{len(signed)} of {len(names)} witnesses had signed{at}: {', '.join(signed) or 'none'}"


def _at(second: int) -> str:
    """Write a second that somebody signed; one that no calendar has stays a number."""
    try:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))
    except (ValueError, OverflowError, OSError):
        return f"second {second}"
