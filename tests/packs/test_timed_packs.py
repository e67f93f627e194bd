"""A pack carries between which moments its events were logged, as authorities outside say; and never more than that."""

from __future__ import annotations

import io
import json
import subprocess
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rfc3161_client import VerifierBuilder, decode_timestamp_response
from tests.cases import lived
from tests.ledger.conftest import clocks as clocks  # noqa: PLC0414  # a fixture, found by its name
from tests.ledger.stamps import NOON, Clocks, ask
from tests.packs.test_pack import decide

from muniment.ledger import logs
from muniment.ledger.time.testing import new_authority
from muniment.packs import actions, queries
from muniment.proof.examine import verify_pack
from muniment.proof.pack import TIMED_AS_FAR
from muniment.proof.report import FAILED, NOT_CHECKED, Report
from muniment.proof.timed import NO_TOKENS, NOBODY_NAMED, ONLY_A_TEST
from muniment.spine import ports
from muniment.spine.queue import work_off
from muniment.spine.scope import tenant_scope

HOUR = timedelta(hours=1)


@pytest.fixture
def house(db: None, operator: Any, ada: Any, otto: Any, account_of: Any) -> Any:
    account_of(ada)
    account_of(otto)
    return lived.live_in(operator, ada)


def built(case: Any, otto: Any) -> bytes:
    asked = actions.build(otto, case_id=case.id)
    assert work_off() >= 1
    with tenant_scope(otto.tenant):
        return queries.bytes_of(queries.pack(asked.id))


def judged(raw: bytes, otto: Any, roots: bytes | None = None) -> Report:
    return verify_pack(io.BytesIO(raw), logs.of(otto.tenant).vkeys.encode(), None, roots)


def test_a_pack_says_between_which_moments_its_events_were_logged(
    clocks: Clocks, house: Any, ada: Any, otto: Any
) -> None:
    root = clocks.open().root_pem
    start = ports.now().replace(microsecond=0)
    ask(clocks, start)
    case = decide(ada, otto, [("evidence", house.policy.id)])
    ask(clocks, start + HOUR)
    raw = built(case, otto)
    found = judged(raw, otto, root)
    assert found.verified, found.text()
    low, high = (f"{moment.replace(tzinfo=None).isoformat()}Z" for moment in (start, start + HOUR))
    # The evidence was there before anybody was asked for the time.
    assert found.shown["timed"] == (
        f"not before {low} (the last 3 of 4; of the others nobody said); not after {high},"
        f" said by Muniment test authority, Muniment. {ONLY_A_TEST}"
    )
    assert found.state("timed") == NOT_CHECKED
    assert NOBODY_NAMED in judged(raw, otto).shown["timed"]
    assert (
        TIMED_AS_FAR
        in json.loads(zipfile.ZipFile(io.BytesIO(raw)).read("statement.json"))["predicate"]["limits"]
    )
    strangers = judged(raw, otto, new_authority(NOON).root_pem)
    assert (strangers.verified, strangers.state("timed")) == (False, FAILED)


def test_a_pack_before_any_later_token_says_so_plainly(
    clocks: Clocks, house: Any, ada: Any, otto: Any
) -> None:
    case = decide(ada, otto, [("evidence", house.policy.id)])
    assert judged(built(case, otto), otto).shown["timed"] == NO_TOKENS
    root = clocks.open().root_pem
    start = ports.now().replace(microsecond=0)
    ask(clocks, start)
    other = decide(ada, otto, [("evidence", house.policy.id)])
    moment = f"{start.replace(tzinfo=None).isoformat()}Z"
    # The evidence was there when the authority was asked; what was decided since is bounded by no token yet.
    assert (
        judged(built(other, otto), otto, root)
        .shown["timed"]
        .startswith(
            f"not before {moment} (the last 3 of 4; of the others nobody said);"
            f" not after {moment} (the first 1 of 4; of the others: not yet), said by"
        )
    )


def test_other_peoples_programs_take_the_tokens_of_a_pack(
    clocks: Clocks, house: Any, ada: Any, otto: Any, tmp_path: Path
) -> None:
    root = clocks.open().root
    clocks.open("two")
    start = ports.now().replace(microsecond=0)
    ask(clocks, start)
    case = decide(ada, otto, [("evidence", house.policy.id)])
    ask(clocks, start + HOUR)
    zipfile.ZipFile(io.BytesIO(built(case, otto))).extractall(tmp_path)
    verifier = VerifierBuilder(roots=[root]).build()
    for side in ("before", "after"):
        assert sorted(one.name for one in (tmp_path / "time").glob(f"{side}-*")) == [
            f"{side}-1.tsr",
            f"{side}-2.tsr",
        ]
        token, head = tmp_path / f"time/{side}-1.tsr", tmp_path / f"time/{side}.head"
        assert verifier.verify_message(decode_timestamp_response(token.read_bytes()), head.read_bytes())
        command = ["openssl", "ts", "-verify", "-in", str(token), "-data", str(head)]
        for number in (1, 2):
            command[4] = str(tmp_path / f"time/{side}-{number}.tsr")
            done = subprocess.run(
                [*command, "-CAfile", str(tmp_path / "trust/authorities.pem")],
                capture_output=True,
                timeout=60,
                check=False,
            )
            assert (done.returncode, b"Verification: OK" in done.stdout) == (0, True), done.stderr
