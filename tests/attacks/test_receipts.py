"""A cheating operator and receipts: he owns the machine, the database, the log's key and the key of receipts.

Who notices is whoever was given a receipt: with `muniment ledger verify --receipt FILE --trust KEYS` or with
`verify.py FILE --log FOLDER --trust KEYS` and nothing but the log's public keys; a forger is noticed by who reads.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.ledger.tamper import key, owner, update

from muniment.cases import actions as cases
from muniment.ledger import logs, publish, receipts, sequence, verify, vouch
from muniment.ledger.action import receipts as collected
from muniment.ledger.models import Outbox
from muniment.proof import honoured
from muniment.proof.checkpoint import Checkpoint, open_checkpoint
from muniment.proof.errors import Malformed
from muniment.proof.receipt import open_receipt, parse_receipt, write_announcement, write_receipt
from muniment.proof.signer import new_signer, sign_checkpoint
from muniment.proof.standalone import verifier_source
from muniment.proof.tiles import TileWriter
from muniment.spine import ports
from muniment.spine.actor import Actor
from muniment.spine.scope import tenant_scope

NOON = datetime(2031, 5, 6, 12, tzinfo=UTC)


@dataclass
class Stage:
    """The client who holds a receipt, and the clock."""

    ada: Actor
    hands: Path
    moment: datetime = NOON

    def __call__(self) -> datetime:
        return self.moment

    def write(self, title: str = "Who is late?") -> bytes:
        """Let the client write; returns the receipt as it was answered."""
        with collected() as events:
            cases.open_case(self.ada, title=title)
        [made] = receipts.of_events(self.ada.tenant, events)
        return made

    def settle(self) -> None:
        publish.settle()

    @property
    def log(self) -> Any:
        return logs.of(self.ada.tenant)

    def copy(self) -> Path:
        """Return the log's folder as a stranger has copied it."""
        place = self.hands / f"copy-{len(list(self.hands.iterdir()))}"
        shutil.copytree(logs.folder(self.log), place)
        return place

    def judge(self, raw: bytes) -> honoured.Verdict:
        """Ask the installation itself: `muniment ledger verify --receipt`."""
        return receipts.judge(raw, self.moment)[1]

    def stranger(self, raw: bytes) -> tuple[int, str]:
        """Ask `verify.py` about a copy of the folder, with the log's public keys alone."""
        (self.hands / "verify.py").write_text(verifier_source(), "utf-8")
        (self.hands / "receipt").write_bytes(raw)
        (self.hands / "keys").write_text(self.log.vkeys, "ascii")
        words = ["verify.py", "receipt", "--log", str(self.copy()), "--trust", "keys"]
        done = subprocess.run(
            [sys.executable, "-I", *words],
            cwd=self.hands,
            env={"PATH": os.environ.get("PATH", "")},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def stage(db, ada, tmp_path):
    made = Stage(ada, tmp_path)
    with ports.frozen(clock=made):
        yield made


def drop_what_waits(ada: Actor, event: UUID, *, and_its_count: bool) -> None:
    """Take a waiting event away with its row list and the rows that it changed, as who owns the database can."""
    for table, column, value in (
        ("ledger_outbox", "id", event),
        ("ledger_rowlist", "id", event),
        ("cases_case", "tenant_id", ada.tenant),
    ):
        with owner(ada.tenant, table) as cursor:
            cursor.execute(f"DELETE FROM {table} WHERE {column} = %s", [key(value)])  # noqa: S608  # own words
    if and_its_count:
        with owner(ada.tenant, "ledger_lane") as cursor:
            update(cursor, "ledger_lane", "next_number = next_number - 1", "tenant_id", key(ada.tenant))


def test_what_nothing_else_sees_the_holder_of_its_receipt_proves(stage, ada):
    """Drop an outbox row with its count, its row list and its rows: the limit that log.md names, closed."""
    sequence.sequence_all()
    raw = stage.write()
    drop_what_waits(ada, UUID(parse_receipt(raw).entry), and_its_count=True)
    assert verify.verify_log(ada.tenant, deep=True).faults == [], "the ledger itself sees nothing"
    assert stage.judge(raw).state == honoured.NOT_DUE
    stage.moment += timedelta(seconds=61)
    verdict = stage.judge(raw)
    assert verdict.state == honoured.BROKEN
    assert verdict.said == "It is not in the log, and it was due at 2031-05-06 12:01:00 UTC."
    # Whoever has nothing but a copy of the folder: from the first head on that is newer than the deadline.
    stage.write("Life goes on")
    stage.settle()
    ended, said = stage.stranger(raw)
    assert ended == 1
    assert (
        "DISHONOURED. It is not in the log: it was due at 2031-05-06 12:01:00 UTC, and a head signed" in said
    )


def test_an_outbox_row_that_is_dropped_alone_is_proved_by_its_receipt_too(stage, ada):
    raw = stage.write()
    drop_what_waits(ada, UUID(parse_receipt(raw).entry), and_its_count=False)
    stage.moment += timedelta(seconds=61)
    stage.write("Life goes on")
    stage.settle()
    assert stage.judge(raw).state == honoured.BROKEN
    assert stage.stranger(raw)[0] == 1


def test_a_receipt_that_is_honoured_late_says_so(stage):
    """The operator holds an event back, and lets it in when somebody asks."""
    raw = stage.write()
    stage.moment += timedelta(minutes=10)
    stage.settle()
    verdict = stage.judge(raw)
    assert (verdict.state, verdict.said[-24:]) == (honoured.BROKEN, "and came 540 s too late.")


def test_an_event_that_is_exchanged_before_it_is_placed_is_not_what_was_promised(stage, ada):
    """He has the keys, and puts another event, vouched for, in the place of the one that waits."""
    stage.settle()
    raw = stage.write()
    with tenant_scope(ada.tenant):
        row = Outbox.objects.get(id=UUID(parse_receipt(raw).entry))
    row.commitments = bytes(reversed(bytes(row.commitments)))
    row.voucher = vouch.voucher(vouch.key_of(ada.tenant), row)
    with owner(ada.tenant, "ledger_outbox") as cursor:
        cursor.execute(
            "UPDATE ledger_outbox SET commitments = %s, voucher = %s WHERE id = %s",
            [row.commitments, row.voucher, key(row.id)],
        )
    stage.settle()
    verdict = stage.judge(raw)
    assert verdict.state == honoured.BROKEN
    assert "is not what the receipt promised" in verdict.said
    assert stage.stranger(raw)[0] == 1


def test_a_log_that_is_made_anew_without_the_event_has_another_past(stage):
    """He signs another history with the log's own keys; the receipt names the head that he showed then."""
    stage.write("Before")
    stage.settle()
    raw = stage.write()
    log = stage.log
    signer = logs.signers(log, log.size)[0]
    folder = logs.folder(log)
    entries = list(honoured.copied_entries(folder, log.size))
    shutil.rmtree(folder / "tile")
    grown = TileWriter(folder, sync=False).extend(0, [*entries[1:], entries[0]])
    head = sign_checkpoint(
        signer, Checkpoint(log.origin, grown.size, grown.root()), NOON + timedelta(hours=1)
    )
    TileWriter(folder, sync=False).publish(head)
    ended, said = stage.stranger(raw)
    assert ended == 1
    assert "DISHONOURED. The log is another one than when the receipt was given" in said


def test_a_log_that_is_rolled_back_is_noticed_by_the_head_in_the_receipt(stage):
    stage.write("Before")
    stage.settle()
    old = stage.copy()
    stage.write("More")
    stage.settle()
    raw = stage.write()
    stage.moment += timedelta(hours=1)
    log = stage.log
    signer = logs.signers(log, log.size)[0]
    found = open_checkpoint((old / "checkpoint").read_bytes(), signer.keys)[0]
    shutil.rmtree(logs.folder(log))
    shutil.copytree(old, logs.folder(log))
    TileWriter(logs.folder(log), sync=False).publish(sign_checkpoint(signer, found, stage()))
    ended, said = stage.stranger(raw)
    assert ended == 1
    assert "DISHONOURED. The log was put back" in said


def test_a_client_who_forges_a_receipt_is_refused(stage):
    """Somebody without the key claims that a thing was promised which never was."""
    told = parse_receipt(stage.write())
    stage.settle()
    forger = Ed25519PrivateKey.generate()
    raw = write_receipt(told, receipts.public_key(stage.log), forger.sign)
    verdict = stage.judge(raw)
    assert verdict.state == honoured.FORGED
    assert verdict.said.startswith("This receipt is not of this log's making.")
    assert stage.stranger(raw)[0] == 1
    bent = stage.write().replace(b"\ndue ", b"\ndue 1", 1)
    with pytest.raises(Malformed, match="out of range"):
        stage.judge(bent)


def test_an_operator_who_denies_the_key_is_held_by_what_the_log_signed(stage):
    """He announces another receipt key: the old announcement, signed by the log, stays with who has it."""
    raw = stage.write()
    stage.settle()
    log = stage.log
    before = stage.copy()
    signer = logs.signers(log, log.size)[0]
    other = new_signer(f"{log.origin}/receipts").keys[0]
    said = write_announcement(other, [(signer.keys[0], signer.sign_raw)])
    (logs.folder(log) / receipts.ANNOUNCED).write_bytes(said)
    assert stage.stranger(raw)[0] == 1, "today's folder disowns the receipt"
    faults = verify.verify_log(stage.ada.tenant).faults
    assert (
        f"{log.origin}: the file receipt-key announces another key than the one that signs receipts" in faults
    )
    verdict = honoured.judge_copy(raw, before, signer.keys)[1]
    assert verdict.state == honoured.KEPT, "and with the one that was kept he is held to it"
    assert open_receipt(raw, [receipts.public_key(log)])


def test_the_receipts_of_one_tenant_say_nothing_about_anothers_log(stage, mallory):
    raw = stage.write()
    stage.settle()
    theirs = logs.of(mallory.tenant)
    bent = raw.replace(stage.log.origin.encode(), theirs.origin.encode())
    assert receipts.judge(bent, stage())[1].state == honoured.FORGED
