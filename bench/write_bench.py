"""The write path: what a shared head row costs, and how many durable entries a second go through everything.

The shared head row is what designs without an outbox do: each commit updates the one row that holds the newest hash.
Both sides are driven by `pgbench` over the installation's own tables, with its row-level security and its guards,
as the application's role. "Everything" is: encrypted, committed to, placed, written as tiles, signed with both keys.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from uuid import UUID

from bench import yardstick

CONNECTIONS = 16
SECONDS = 8
#: Events in one commit: an action of Muniment records from one (a decision) to hundreds (a screening run).
TOGETHER = 10
ROOT = Path(__file__).resolve().parents[1]

#: The process that settles beside the one that records; Django's settings come with the environment.
SETTLING = "import django; django.setup(); from bench import recording; recording.settle_until_told()"

BEGIN = """BEGIN;
SELECT set_config('muniment.tenant', '{tenant}', true), set_config('muniment.action', 'ledger.hand', true);
"""
#: Columns and values as long as those of a real event.
OUTBOX = """{begin}
UPDATE ledger_lane SET next_number = next_number + {events} WHERE id =
 (SELECT id FROM ledger_lane WHERE tenant_id = '{tenant}' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED);
INSERT INTO ledger_outbox (id, tenant_id, cls, kind, actor, subject, at, stream, body, "order", commitments, voucher)
 SELECT gen_random_uuid(), '{tenant}', 'c', 'k', 'a', 's', now(), '{tenant}', decode(repeat('ab', 350), 'hex'),
 1, decode(repeat('ab', 32), 'hex'), decode(repeat('ab', 32), 'hex') FROM generate_series(1, {events});
COMMIT;
"""
HEAD_ROW = """{begin}
UPDATE ledger_log SET size = size + 1, frontier = decode(repeat('ab', 320), 'hex')
 WHERE tenant_id = '{tenant}' RETURNING size AS placed \\gset
INSERT INTO ledger_entry (id, tenant_id, cls, kind, actor, subject, at, stream, body, idx, sn, leaf)
 SELECT gen_random_uuid(), '{tenant}', 'c', 'k', 'a', 's', now(), '{tenant}', decode(repeat('ab', 350), 'hex'),
 :placed, :placed, decode(repeat('ab', 218), 'hex');
COMMIT;
"""


def main() -> None:
    """Measure on PostgreSQL with each commit synced to the disk, then on SQLCipher from one process."""
    if len(sys.argv) > 1:
        yardstick.say(sqlcipher())
        return
    sys.path.insert(0, str(ROOT))
    from tests.support import postgres

    with postgres.server() as boss:
        app, owner = postgres.new_database(boss, "bench")
        os.environ |= {"MUNIMENT_DATABASE": app, "MUNIMENT_DATABASE_OWNER": owner}
        figures = on_postgresql(app, owner)
    for name in ("MUNIMENT_DATABASE", "MUNIMENT_DATABASE_OWNER", "MUNIMENT_HOME"):
        del os.environ[name]
    code = "import sys; sys.argv.append('sqlcipher'); from bench import write_bench; write_bench.main()"
    yardstick.say({**figures, **yardstick.child(code)})


def on_postgresql(app: str, owner: str) -> dict[str, Any]:
    """Measure both designs by `pgbench`, then the whole path with a sequencer in a process of its own."""
    home = yardstick.installation()
    tenant = founded()
    from bench import recording

    recording.measure(recording.system("bench", may=frozenset({"tenants.measure"}), tenant=tenant), events=1)
    # Once before: the outbox takes the room that it needs at this rate, and from then on uses the same again.
    sustained(tenant, lambda: database_bytes(owner), home)
    whole = sustained(tenant, lambda: database_bytes(owner), home)
    ours = hammered(app, OUTBOX, tenant, events=1)
    batched = hammered(app, OUTBOX, tenant, events=TOGETHER)
    naive = hammered(app, HEAD_ROW, tenant, events=1)
    shutil.rmtree(home, ignore_errors=True)
    return {
        **{f"postgresql_{name}": value for name, value in whole.items()},
        "head_row": naive,
        "outbox_single": ours,
        "outbox_batched": batched,
        "outbox_to_head_row": batched["events_per_second"] / naive["events_per_second"],
        "outbox_to_head_row_single": ours["events_per_second"] / naive["events_per_second"],
        "outbox_p99_to_head_row": naive["p99_milliseconds"] / batched["p99_milliseconds"],
        "outbox_p99_to_head_row_single": naive["p99_milliseconds"] / ours["p99_milliseconds"],
    }


def sqlcipher() -> dict[str, Any]:
    """Record and settle in turn, in one process."""
    home = yardstick.installation()
    tenant = founded()
    from bench import recording
    from muniment.ledger import publish

    actor = recording.system("bench", may=frozenset({"tenants.measure"}), tenant=tenant)

    def one_round() -> int:
        for _ in range(10):
            recording.measure(actor, events=recording.BATCH)
        publish.settle()
        return 10 * recording.BATCH

    # Once before: the outbox takes the room that a round needs, and from then on uses the same again.
    one_round()
    before = database_written(home)
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        done += one_round()
    seconds = time.perf_counter() - start
    grown = database_written(home) - before
    shutil.rmtree(home, ignore_errors=True)
    return {"sqlcipher_entries_per_second": done / seconds, "sqlcipher_bytes_per_entry": grown / done}


def founded() -> UUID:
    """Make a tenant."""
    from muniment.access.rules import OPERATOR
    from muniment.spine.actor import system
    from muniment.tenants import actions

    operator = system("operator", may=OPERATOR, via="cli")
    tenant: UUID = actions.found(operator, name="Bench", slug="bench").id
    return tenant


def sustained(tenant: UUID, database: Any, home: Path) -> dict[str, Any]:
    """Record here while another process settles; the lag is how old the oldest unsigned event was at each look."""
    from bench import recording
    from muniment.ledger import publish

    publish.settle()
    before = database() + folder_bytes(home)
    lags: list[float] = []
    over = threading.Event()
    watching = threading.Thread(target=watch, args=(tenant, over, lags))
    settling = subprocess.Popen([sys.executable, "-c", SETTLING], cwd=ROOT, stdin=subprocess.PIPE)
    time.sleep(2)
    watching.start()
    start = time.perf_counter()
    done = recording.record(tenant, SECONDS)
    assert settling.stdin
    settling.stdin.write(b"\n")
    settling.stdin.close()
    if settling.wait():
        raise RuntimeError("settling failed")
    seconds = time.perf_counter() - start
    over.set()
    watching.join()
    grown = database() + folder_bytes(home) - before
    return {
        "entries_per_second": done / seconds,
        "lag_seconds": max(lags),
        "bytes_per_entry": grown / done,
    }


def watch(tenant: UUID, over: threading.Event, lags: list[float]) -> None:
    """Note, ten times a second, how long the oldest event without a signed checkpoint has waited."""
    from django.db import connection

    from muniment.ledger.models import Entry, Log, Outbox
    from muniment.spine import ports
    from muniment.spine.scope import tenant_scope

    with tenant_scope(tenant):
        while not over.wait(0.1):
            now = ports.now()
            entries = Entry.objects.filter(idx=Log.objects.get().published).values_list("at", flat=True)
            oldest = [*entries, *Outbox.objects.order_by("order").values_list("at", flat=True)[:1]]
            lags.append(max([(now - at).total_seconds() for at in oldest], default=0.0))
    connection.close()


def hammered(app: str, script: str, tenant: UUID, *, events: int) -> dict[str, float]:
    """Let `pgbench` run a script over 16 connections; returns events a second and the 99th percentile of a commit."""
    from tests.support.postgres import programs

    folder = Path(tempfile.mkdtemp(prefix="muniment-pgbench-"))
    (folder / "script.sql").write_text(
        script.format(begin=BEGIN.format(tenant=tenant), tenant=tenant, events=events), encoding="utf-8"
    )
    command = [str(programs() / "pgbench"), "-n", "-c", str(CONNECTIONS), "-j", "2", "-T", str(SECONDS)]
    name = f"log-{secrets.token_hex(4)}"
    command += ["-M", "prepared", "-f", "script.sql", "-l", f"--log-prefix={name}", app]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    micros = sorted(
        int(line.split()[2])
        for log in folder.glob(f"{name}*")
        for line in log.read_text(encoding="ascii").splitlines()
    )
    shutil.rmtree(folder)
    return {
        "events_per_second": len(micros) * events / SECONDS,
        "p50_milliseconds": micros[len(micros) // 2] / 1000,
        "p99_milliseconds": micros[len(micros) * 99 // 100] / 1000,
    }


def folder_bytes(folder: Path) -> int:
    """Return the bytes of all files of a folder."""
    return sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())


def database_written(home: Path) -> int:
    """Return the bytes of all files, once all that is written ahead stands in the database: nothing counts twice."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder_bytes(home)


def database_bytes(owner: str) -> int:
    """Return the size of the database, cleaned up behind the outbox as the server does by itself in time."""
    import psycopg

    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("VACUUM")
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    assert row
    return int(row[0])


if __name__ == "__main__":
    main()
