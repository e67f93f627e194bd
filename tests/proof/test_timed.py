"""What bounds the entries of a pack in time: taken when all of it holds, refused by the member that does not."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from tests.proof.stamped import NOON, OTHER, P256, ROOT, STAMPING, certificate, pem, usage
from tests.proof.timed_log import EVENTS, HOUR, Stamped, stamped, token

from muniment.proof.errors import Malformed
from muniment.proof.layout import AUTHORITIES, require_time
from muniment.proof.timed import (
    NO_TOKENS,
    NOBODY_NAMED,
    ONLY_A_TEST,
    Timed,
    judge_time,
    parse_consistency,
    write_consistency,
)
from muniment.proof.tlogproof import parse_tlog_proof, write_tlog_proof

BETWEEN = "between 2026-11-22T12:00:00Z and 2026-11-22T13:00:00Z, said by signer."


def judged(made: Stamped, indexes: tuple[int, ...] = EVENTS, roots: bytes | None = pem(ROOT)) -> Timed:
    require_time(made.members)
    return judge_time(made.members.__getitem__, made.members, made.checkpoint, indexes, roots)


def refused(made: Stamped, member: str, match: str, **given: Any) -> None:
    with pytest.raises(Malformed, match=match) as told:
        judged(made, **given)
    assert told.value.where.startswith(member), told.value


@pytest.mark.parametrize("anchored", [4, 6, 9])
def test_entries_lie_between_two_tokens_whichever_state_was_anchored(anchored: int) -> None:
    assert judged(stamped(6, anchored)) == Timed(True, BETWEEN)


def test_without_an_authority_of_ones_own_nothing_is_certain() -> None:
    found = judged(stamped(), roots=None)
    assert not found.passed
    assert found.told == f"{BETWEEN} {NOBODY_NAMED}"
    stranger = certificate(
        "other", "other", (x509.BasicConstraints(ca=True, path_length=None), True), signed_with=P256
    )
    refused(stamped(), "time/before-1.tsr", "an authority that you named", roots=pem(stranger))


def test_a_side_that_nobody_bounds_is_said_plainly() -> None:
    made = stamped()
    assert judge_time(made.members.__getitem__, [], made.checkpoint, EVENTS) == Timed(False, NO_TOKENS)
    for gone, told in (
        ("after", "not before 2026-11-22T12:00:00Z; not after: not yet, said by signer."),
        ("before", "not before: nobody said; not after 2026-11-22T13:00:00Z, said by signer."),
    ):
        made = stamped()
        made.members = {k: v for k, v in made.members.items() if not k.startswith(f"time/{gone}")}
        assert judged(made) == Timed(False, told)


def test_of_which_entries_nobody_says_it_is_counted() -> None:
    told = judged(stamped(6, 3), (0, 2, 4, 5))
    assert told == Timed(
        False,
        "not before 2026-11-22T12:00:00Z (the last 3 of 4; of the others nobody said);"
        " not after 2026-11-22T13:00:00Z (the first 2 of 4; of the others: not yet), said by signer.",
    )
    refused(stamped(), "time/before.tlog-proof", "does not stand below", indexes=(0, 1))
    refused(stamped(6, 2), "time/after.json", "covers none")


def test_tokens_that_contradict_each_other_bound_nothing() -> None:
    found = judged(stamped(low=NOON + 2 * HOUR))
    assert not found.passed
    assert found.told.startswith("The time-stamps contradict each other: between")
    # No entry stands under both, so there is no contradiction.
    assert "contradict" not in judged(stamped(6, 1, low=NOON + 2 * HOUR), (0, 2)).told


def test_a_test_authority_is_named_so_and_never_passes() -> None:
    signer = certificate(
        "a Test authority", "root", (STAMPING, True), (usage(sign=True), True), signed_with=OTHER
    )
    found = judged(stamped(signed={"signer": signer}))
    assert not found.passed
    assert found.told.endswith(ONLY_A_TEST)


def test_a_real_authority_beside_a_test_one_counts_alone() -> None:
    made = stamped()
    signer = certificate(
        "a Test authority", "root", (STAMPING, True), (usage(sign=True), True), signed_with=OTHER
    )
    made.members["time/after-2.tsr"] = token(made.house.head(3), NOON, signer=signer)
    assert judged(made) == Timed(True, BETWEEN)


def test_of_two_authorities_the_one_that_is_trusted_counts() -> None:
    made = stamped()
    constraints = (x509.BasicConstraints(ca=True, path_length=None), True)
    other = certificate("theirs", "theirs", constraints, (usage(certs=True), True), signed_with=P256)
    theirs = certificate("their signer", "theirs", (STAMPING, True), (usage(sign=True), True))
    made.members["time/after-2.tsr"] = token(made.house.head(3), NOON + HOUR / 2, signer=theirs)
    refused(made, "time/after-2.tsr", "does not lead")
    made.members[AUTHORITIES] += pem(other)
    assert judged(made) == Timed(True, BETWEEN)
    assert "2026-11-22T12:30:00Z, said by signer and by their signer" in judged(made, roots=None).told


def test_who_signs_in_an_unknown_way_is_said_not_to_be_checked() -> None:
    made = stamped(signed={"algorithm": "sha256_dsa"})
    assert judged(made) == Timed(
        False, "Who signed the time-stamps did so in a way that is not checked here."
    )


def _swap(name: str, other: Callable[[Stamped], bytes]) -> Callable[[Stamped], None]:
    def change(made: Stamped) -> None:
        made.members[name] = other(made)

    return change


def _of_other_hashes(made: Stamped) -> bytes:
    held = parse_tlog_proof(made.members["time/before.tlog-proof"])
    return write_tlog_proof(held.index, [b"x" * 32] * len(held.hashes), held.checkpoint)


@pytest.mark.parametrize(
    ("change", "member", "match"),
    [
        (_swap(AUTHORITIES, lambda _: b"none"), AUTHORITIES, "no certificate"),
        (_swap("time/before.json", lambda m: m.tenant.event(0)), "time/before.json", "names no time-stamps"),
        (_swap("time/before.json", lambda m: m.tenant.event(1)), "time/before.json", "names no time-stamps"),
        (_swap("time/before.json", lambda _: b"{}"), "time/before.json", "is missing"),
        (_swap("time/before.tlog-proof", lambda _: b""), "time/before.tlog-proof", "no checkpoint"),
        (_swap("time/before.tlog-proof", lambda m: m.tenant.proof(1, 5)), "time/before.tlog-proof", "below"),
        (_swap("time/before.tlog-proof", lambda m: m.tenant.proof(0, 6)), "time/before.tlog-proof", "another"),
        (
            _swap("time/before.tlog-proof", _of_other_hashes),
            "time/before.tlog-proof",
            "does not lead",
        ),
        (_swap("time/before.head", lambda m: m.house.head(2).text().encode()), "time/before-1.tsr", "else"),
        (_swap("time/before-1.tsr", lambda m: m.members["time/after-1.tsr"]), "time/before-1.tsr", "names another"),
        (_swap("time/after.json", lambda m: m.house.event(0)), "time/after.json", "names no state"),
        (_swap("time/after.json", lambda m: m.house.event(1, "facts.size")), "time/after.json", "names no state"),
        (_swap("time/after.json", lambda m: m.house.event(1, "facts.root")), "time/after.json", "names no state"),
        (_swap("time/after.tlog-proof", lambda m: m.house.proof(1, 2)), "time/after.head", "not the one"),
        (_swap("time/after.tlog-proof", lambda m: m.house.proof(2, 3)), "time/after.tlog-proof", "another"),
        (_swap("time/after.head", lambda m: m.house.head(2).text().encode()), "time/after.head", "not the one"),
        (_swap("time/after-1.tsr", lambda m: m.members["time/before-1.tsr"]), "time/after-1.tsr", "else"),
        (_swap("time/after.consistency", lambda _: write_consistency(5, [])), "time/after.consistency", "another size"),
        (_swap("time/after.consistency", lambda _: write_consistency(6, [b"x" * 32])), "time/", "no proof"),
        (_swap("time/after.consistency", lambda _: b"old 06\n"), "time/after.consistency", "not written"),
        (_swap("time/after.json", lambda _: b""), "time/after.json", "JSON"),
    ],
)  # fmt: skip
def test_what_does_not_hold_is_refused_with_the_name_of_its_member(
    change: Callable[[Stamped], None], member: str, match: str
) -> None:
    made = stamped()
    change(made)
    refused(made, member, match)


def test_the_state_that_was_anchored_must_be_one_of_this_log() -> None:
    for facts in ({"root": "ab" * 32}, {"root": "no hex"}):
        refused(stamped(**facts), "time/after", "one size|no state")
    for size in (4, 8):
        made = stamped(6, size)
        made.members["time/after.consistency"] = stamped(6, 5).members["time/after.consistency"]
        refused(made, "time/after.consistency", "about another size|does not lead")
        del made.members["time/after.consistency"]
        refused(made, "time/after.consistency", "onsistency proof")


def test_a_token_of_an_expired_or_unfit_certificate_is_refused_by_name() -> None:
    old = certificate(
        "signer", "root", (STAMPING, True), (usage(sign=True), True), signed_with=OTHER,
        days=(NOON - timedelta(days=9), NOON - timedelta(days=1)),
    )  # fmt: skip
    code = x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.CODE_SIGNING])
    unfit = certificate("signer", "root", (code, True), signed_with=OTHER)
    refused(stamped(signed={"signer": old}), "time/before-1.tsr", "not valid at the time")
    refused(stamped(signed={"signer": unfit}), "time/before-1.tsr", "not one for time-stamps")
    refused(stamped(signed={"key": OTHER}), "time/before-1.tsr", "signature of the time-stamp is not good")


def outcome(members: dict[str, bytes], checkpoint: bytes) -> tuple[Timed | None, str]:
    try:
        return judge_time(members.__getitem__, members, checkpoint, EVENTS, pem(ROOT)), ""
    except Malformed as why:
        return None, why.where


def test_no_changed_bit_of_any_token_is_taken() -> None:
    good = stamped()
    chance = random.Random(3161)  # which bit is changed is no secret
    for name in ("time/before-1.tsr", "time/after-1.tsr"):
        raw = good.members[name]
        for at in range(chance.randrange(5), len(raw), 5):
            bent = raw[:at] + bytes([raw[at] ^ 1 << chance.randrange(8)]) + raw[at + 1 :]
            found, where = outcome({**good.members, name: bent}, good.checkpoint)
            # An algorithm that becomes an unknown one makes the token say nothing.
            assert where.startswith(name) or (found and not found.passed), at


def test_a_proof_of_consistency_has_one_spelling() -> None:
    raw = write_consistency(7, [b"x" * 32, b"y" * 32])
    assert parse_consistency(raw) == (7, [b"x" * 32, b"y" * 32])
    line = raw.split(b"\n")[1] + b"\n"
    for bad in (
        b"",
        raw[:-1],
        raw + b"\n",
        b"new 7\n",
        b"old x\n",
        b"old 07\n",
        b"old 7\n" + line * 130,
        b"old \xb2\n",
    ):
        with pytest.raises(Malformed):
            parse_consistency(bad)


def test_a_side_stands_whole_or_not_at_all() -> None:
    names = set(stamped().members)
    assert require_time(names) == names
    assert require_time([]) == set()
    with pytest.raises(Malformed, match="no time-stamp"):
        require_time([AUTHORITIES])
    for name in names - {AUTHORITIES}:
        with pytest.raises(Malformed, match="missing") as told:
            require_time(names - {name})
        assert told.value.where == name
    with pytest.raises(Malformed, match="missing"):
        require_time(names - {AUTHORITIES})
    assert "time/other.json" not in require_time({*names, "time/other.json"})


def test_the_digest_that_an_entry_names_is_that_of_the_whole_token() -> None:
    made = stamped()
    assert (
        hashlib.sha256(made.members["time/before-1.tsr"]).hexdigest()
        in made.members["time/before.json"].decode()
    )
