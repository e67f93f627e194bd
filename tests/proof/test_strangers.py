"""Other people's programs judge our proofs beside us: all accept the good one, who can read them refuses the bent ones.

Where another program accepts what we refuse, ``LAXER`` says so, with the reason; nothing is left out of it, and nothing
stands in it that is not so.
"""

from __future__ import annotations

import re
from collections import Counter

import pytest
from tests.proof import strangers
from tests.proof.small_log import make_log
from tests.proof.strangers import ENTRY, GOOD, JUDGES

from muniment.proof.note import parse_note, write_note
from muniment.proof.tlogproof import parse_tlog_proof, write_tlog_proof

MUTATIONS = strangers.every()

#: What another program accepts and we refuse: mutations (as a pattern over their names) and why.
LAXER: dict[str, dict[str, str]] = {
    "proofbundle": {
        r"log mldsa44: .*": "it asks for one log key, the Ed25519 one; our policy asks for both",
        r".*: other spelling of the same base64": "it takes unused bits at the end of a signature for nothing",
    },
    "dnsid": {
        r"(log|witness) mldsa44: .*": "it knows no ML-DSA-44 and passes over the lines of keys it does not know",
        r".*: other spelling of the same base64": "its base64 reader takes unused bits at the end for nothing",
        r"(hash \d|(log|witness) ed25519): (cut|lengthened|base64 without padding)": "it forgives missing padding",
        r"log ed25519: a space before": "it takes white space away around the block of signatures",
        r"empty line: doubled|file: (cut by a byte|a line more)": "it passes over empty lines and a missing line break",
    },
    "tlog-scales": {
        r"magic: .*|file: (version 2|a mark of byte order)": "it reads no proof files; the test cuts them for it",
        r".*: a (space|tab|carriage return) (behind|before)": "Python's int, base64 and splitlines forgive white space",
        r".*: (other spelling of the same base64|lengthened)": "Python's base64 forgives unused bits and what follows",
        r"index: (\+4|04|٤)|size: (\+13|013)": "Python's int reads signs, leading zeros and other people's digits",
        r"file: cut by a byte": "it does not ask for the last line break",
    },
}


@pytest.mark.parametrize("judge", JUDGES)
def test_everybody_accepts_the_good_proof(judge: str) -> None:
    assert JUDGES[judge](GOOD, ENTRY)


@pytest.mark.parametrize("judge", JUDGES)
def test_everybody_accepts_signatures_in_another_order_and_one_of_a_stranger(judge: str) -> None:
    note = parse_note(parse_tlog_proof(GOOD).checkpoint)
    stranger = parse_note(make_log("elsewhere.example/log").checkpoint).signatures
    hashes = strangers.LOG.proof(strangers.INDEX)
    for lines in (note.signatures[::-1], (*stranger, *note.signatures)):
        raw = write_tlog_proof(strangers.INDEX, hashes, write_note(note.text, list(lines)))
        assert JUDGES[judge](raw, ENTRY)


def test_there_are_more_than_two_hundred_mutations_of_every_part() -> None:
    assert len(MUTATIONS) > 300
    parts = Counter(one.what.partition(":")[0].split(" ")[0] for one in MUTATIONS)
    assert parts.keys() >= {
        *("magic", "index", "hash", "empty", "origin", "size", "root", "log", "witness"),
        *("signatures", "checkpoint", "file", "entry"),
    }
    assert min(parts.values()) >= 1


def test_we_refuse_every_mutation() -> None:
    assert [one.what for one in MUTATIONS if strangers.ours(one.raw, one.entry)] == []


@pytest.mark.parametrize("judge", LAXER)
def test_another_program_refuses_every_mutation_or_the_table_says_why_not(judge: str) -> None:
    accepted = [one.what for one in MUTATIONS if JUDGES[judge](one.raw, one.entry)]
    unexplained = [what for what in accepted if not any(re.fullmatch(one, what) for one in LAXER[judge])]
    assert unexplained == []
    idle = [one for one in LAXER[judge] if not any(re.fullmatch(one, what) for what in accepted)]
    assert idle == [], "the table excuses what nobody needs excused"
    assert len(MUTATIONS) - len(accepted) > 200


def test_everybody_refuses_whatever_is_untrue_in_what_everybody_reads() -> None:
    """Values that are well written and false: no program is excused for these."""
    untrue = [
        one
        for one in MUTATIONS
        if re.match(
            r"(entry|root|origin|hashes|checkpoint|the proof|signatures: all|signatures: those of the log)",
            one.what,
        )
        and not re.search(r"spelling|space|tab|carriage|lengthened", one.what)
    ]
    assert len(untrue) > 50
    for judge, accepts in JUDGES.items():
        assert [(judge, one.what) for one in untrue if accepts(one.raw, one.entry)] == []
