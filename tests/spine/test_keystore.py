"""Wrapped keys are kept for good when asked to, and gone without a trace when asked to; on both databases."""

import os
import secrets
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from muniment.spine import keystore
from muniment.spine.errors import Busy
from muniment.spine.keys import KeyFault
from muniment.spine.keystore import KeyRow, KeyStore, SqlcipherKeyStore
from muniment.spine.keystore_postgres import PostgresKeyStore

TENANT = UUID(int=1)
OTHER = UUID(int=2)
RAW_KEY = b"r" * 32
#: In the run on PostgreSQL too, where there is a server for the second of the stores.
pytestmark = pytest.mark.database


def rows(count: int, tenant: UUID = TENANT) -> list[KeyRow]:
    return [KeyRow(tenant, "subject", uuid4(), secrets.token_bytes(61)) for _ in range(count)]


def test_what_is_put_is_found_by_tenant_and_name(store: KeyStore) -> None:
    kept = rows(1203)
    assert store.put_many(kept) == 1203
    assert store.put_many([]) == 0
    assert store.get(TENANT, kept[7].key_id) == kept[7].wrapped
    assert store.get(OTHER, kept[7].key_id) is None
    assert store.get(TENANT, uuid4()) is None
    wanted = [row.key_id for row in kept]
    assert store.get_many(TENANT, [*wanted, uuid4()]) == {row.key_id: row.wrapped for row in kept}
    assert store.get_many(TENANT, []) == {}


def test_the_first_key_under_a_name_stays(store: KeyStore) -> None:
    (one,) = rows(1)
    store.put_many([one])
    assert store.put_many([one._replace(wrapped=b"second"), *rows(2)]) == 2
    assert store.get(TENANT, one.key_id) == one.wrapped


def test_the_same_name_of_two_tenants_is_two_keys(store: KeyStore) -> None:
    name = uuid4()
    store.put_many([KeyRow(TENANT, "subject", name, b"one"), KeyRow(OTHER, "subject", name, b"two")])
    assert store.destroy(TENANT, name)
    assert (store.get(TENANT, name), store.get(OTHER, name)) == (None, b"two")


def test_all_rows_are_kept_or_none(store: KeyStore) -> None:
    good = rows(3)
    with pytest.raises(Exception, match=r"(?i)null"):
        store.put_many([*good, KeyRow(TENANT, "subject", uuid4(), None)])  # type: ignore[arg-type]  # the fault itself
    assert store.count() == 0
    assert store.put_many(good) == 3


def test_counting_leaves_the_destroyed_out(store: KeyStore) -> None:
    mine, theirs = rows(4), rows(3, OTHER)
    store.put_many(mine + theirs)
    store.destroy(TENANT, mine[0].key_id)
    assert (store.count(), store.count(TENANT), store.count(OTHER), store.count(uuid4())) == (6, 3, 3, 0)


def test_a_destroyed_key_is_gone_once_and_its_name_is_never_taken_again(store: KeyStore) -> None:
    kept = rows(1300)
    store.put_many(kept)
    names = [row.key_id for row in kept[:1100]]
    assert store.destroy_many(TENANT, names) == 1100
    assert store.destroy_many(TENANT, names) == 0
    assert not store.destroy(TENANT, uuid4())
    assert store.put_many(kept[:1]) == 0
    assert store.get(TENANT, kept[0].key_id) is None
    assert store.get(TENANT, kept[1200].key_id) == kept[1200].wrapped


def test_a_closed_store_opens_again_by_itself(store: KeyStore) -> None:
    kept = rows(1)
    store.put_many(kept)
    store.close()
    store.close()
    assert store.get(TENANT, kept[0].key_id) == kept[0].wrapped


def test_many_threads_put_and_get(store: KeyStore) -> None:
    batches = [rows(20) for _ in range(6)]
    found: list[bool] = []

    def work(batch: list[KeyRow]) -> None:
        store.put_many(batch)
        found.append(len(store.get_many(TENANT, [row.key_id for row in batch])) == 20)

    threads = [threading.Thread(target=work, args=(batch,)) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 6
    assert store.count() == 120


def test_a_store_does_not_show_where_it_is_or_its_key(store: KeyStore) -> None:
    assert repr(store) in {"SqlcipherKeyStore(…)", "PostgresKeyStore(…)"}


def opened_pages(folder: Path) -> bytes:
    """Decrypt every page in every file of the store by hand, as an attacker with the store's key would.

    SQLCipher 4: pages of 4,096 bytes, the last 80 of them are the vector (16) and the digest; AES-256-CBC.
    """
    plain = b""
    for path in folder.glob("keys.db*"):
        content = path.read_bytes()
        if path.name.endswith("-shm"):
            continue
        start, step = (32 + 24, 24 + 4096) if path.name.endswith("-wal") else (0, 4096)
        for at in range(start, len(content), step):
            page = content[at : at + 4096]
            for skip in (0, 16):  # the first page begins with the salt
                cipher = Cipher(algorithms.AES256(RAW_KEY), modes.CBC(page[-80:-64])).decryptor()
                plain += cipher.update(page[skip:-80]) + cipher.finalize()
    return plain


def test_no_page_of_the_file_or_its_log_holds_a_destroyed_key(tmp_path: Path) -> None:
    store = SqlcipherKeyStore(tmp_path / "keys.db", RAW_KEY)
    kept: list[KeyRow] = []
    for _ in range(40):
        batch = rows(17)
        kept += batch
        store.put_many(batch)
    before = opened_pages(tmp_path)
    assert all(row.wrapped in before for row in kept)
    gone, stay = kept[::3], [row for at, row in enumerate(kept) if at % 3]
    store.destroy_many(TENANT, [row.key_id for row in gone])
    after = opened_pages(tmp_path)
    assert not [row for row in gone if row.wrapped in after or row.wrapped[:16] in after]
    assert all(row.wrapped in after for row in stay)
    assert (tmp_path / "keys.db-wal").stat().st_size == 0
    store.close()


def test_no_file_holds_a_wrapped_key_in_the_clear(tmp_path: Path) -> None:
    store = SqlcipherKeyStore(tmp_path / "keys.db", RAW_KEY)
    kept = rows(5)
    store.put_many(kept)
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert not [row for row in kept if row.wrapped in content or row.key_id.bytes in content]
    assert RAW_KEY not in content
    modes_found = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes_found == {0o600}
    store.close()


def test_each_commit_reaches_the_disk_and_deleted_content_is_overwritten(tmp_path: Path) -> None:
    with SqlcipherKeyStore(tmp_path / "keys.db", RAW_KEY)._open() as connection:
        asked = ("synchronous", "journal_mode", "secure_delete", "temp_store")
        found = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in asked]
    assert found == [2, "wal", 1, 2]


def test_on_postgresql_each_commit_reaches_the_disk_whatever_the_database_says(dsn: str) -> None:
    store = PostgresKeyStore(dsn)
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off',"
            " current_database()); END $$"
        )
    with store._open() as connection:
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
    store.close()


def test_traces_in_use_are_told_and_go_with_the_next_call(tmp_path: Path) -> None:
    store = SqlcipherKeyStore(tmp_path / "keys.db", RAW_KEY, patience=0.05)
    reader = SqlcipherKeyStore(tmp_path / "keys.db", RAW_KEY)
    (row,) = rows(1)
    store.put_many([row])
    with reader._open() as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT * FROM wrapped_key").fetchall()
        with pytest.raises(Busy, match="traces"):
            store.destroy(TENANT, row.key_id)
        connection.execute("COMMIT")
    assert store.get(TENANT, row.key_id) is None
    assert store.destroy_many(TENANT, [row.key_id]) == 0
    assert row.wrapped not in opened_pages(tmp_path)


def test_another_writer_is_waited_for_and_then_told(tmp_path: Path) -> None:
    store = SqlcipherKeyStore(tmp_path / "keys.db", RAW_KEY, patience=0.05)
    other = SqlcipherKeyStore(tmp_path / "keys.db", RAW_KEY)
    with other._writing(), pytest.raises(Busy) as caught:
        store.put_many(rows(1))
    assert "keys.db" not in str(caught.value)
    assert store.put_many(rows(1)) == 1


def test_wrong_key_damaged_file_and_strange_file_are_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "keys.db"
    store = SqlcipherKeyStore(path, RAW_KEY)
    kept = rows(100)
    store.put_many(kept)
    store.close()
    with pytest.raises(KeyFault):
        SqlcipherKeyStore(path, b"s" * 32)
    content = path.read_bytes()
    flipped = bytearray(content)
    for at in range(4096 + 900, len(content), 4096):
        flipped[at] ^= 1
    path.write_bytes(flipped)
    with pytest.raises(KeyFault):
        SqlcipherKeyStore(path, RAW_KEY).get_many(TENANT, [row.key_id for row in kept])
    (tmp_path / "strange").write_bytes(b"x" * 8192)
    with pytest.raises(KeyFault):
        SqlcipherKeyStore(tmp_path / "strange", RAW_KEY)
    assert capfd.readouterr() == ("", "")


def test_a_folder_that_is_not_there_is_busy_without_its_name(tmp_path: Path) -> None:
    with pytest.raises(Busy) as caught:
        SqlcipherKeyStore(tmp_path / "absent" / "keys.db", RAW_KEY)
    assert "absent" not in str(caught.value)


def test_a_raw_key_of_another_length_is_our_own_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SqlcipherKeyStore(tmp_path / "keys.db", b"short")


PUT = """
import sys, uuid
from muniment.spine.keystore import KeyRow, SqlcipherKeyStore
store = SqlcipherKeyStore(sys.argv[1], b"r" * 32)
for n in range(20):
    name = uuid.uuid4()
    store.put_many([KeyRow(uuid.UUID(int=1), "subject", name, name.bytes * 4)])
    print(name, flush=True)
if sys.argv[2] == "die":
    import os
    os.kill(os.getpid(), 9)
"""


def test_several_processes_make_and_fill_one_file_and_one_killed_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "keys.db"
    children = [
        subprocess.Popen([sys.executable, "-c", PUT, str(path), fate], stdout=subprocess.PIPE, text=True)
        for fate in ("live", "die", "live")
    ]
    names = [UUID(line) for child in children for line in child.communicate(timeout=60)[0].split()]
    assert [child.returncode for child in children] == [0, -9, 0]
    assert len(names) == 60
    found = SqlcipherKeyStore(path, RAW_KEY).get_many(TENANT, names)
    assert found == {name: name.bytes * 4 for name in names}


def test_a_forked_child_opens_its_own_connection(tmp_path: Path) -> None:
    store = SqlcipherKeyStore(tmp_path / "keys.db", RAW_KEY)
    (row,) = rows(1)
    child = os.fork()
    if not child:
        try:
            store.put_many([row])
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert store.get(TENANT, row.key_id) == row.wrapped


def test_after_a_fork_the_parents_connection_is_neither_used_nor_closed(tmp_path: Path) -> None:
    store = SqlcipherKeyStore(tmp_path / "keys.db", RAW_KEY)
    before = store._connection
    keystore._after_fork()
    assert store.put_many(rows(1)) == 1
    assert store._connection is not before
    assert before.execute("SELECT 1").fetchone() == (1,)
    store.close()


def bytes_of_the_table(dsn: str) -> bytes:
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute("CHECKPOINT")
        found = admin.execute("SELECT pg_read_binary_file(pg_relation_filepath('wrapped_key'))").fetchone()
        assert found
        return bytes(found[0])


@contextmanager
def older_reading(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """A transaction that sees the database as it is now, and has not touched the table of the keys."""
    with psycopg.connect(dsn, autocommit=True) as reader:
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT count(*) FROM pg_class")
        yield reader


def test_on_postgresql_no_byte_of_the_table_holds_a_destroyed_key(dsn: str) -> None:
    kept = rows(50)
    with closing(PostgresKeyStore(dsn)) as store:
        store.create()
        store.put_many(kept)
        assert all(row.wrapped in bytes_of_the_table(dsn) for row in kept)
        assert store.destroy_many(TENANT, [row.key_id for row in kept[:20]]) == 20
        after = bytes_of_the_table(dsn)
        assert not [row for row in kept[:20] if row.wrapped in after]
        assert all(row.wrapped in after for row in kept[20:])


def test_on_postgresql_bytes_that_an_older_reading_keeps_alive_are_not_called_gone(dsn: str) -> None:
    kept = rows(5)
    with closing(PostgresKeyStore(dsn, patience=0.2)) as store:
        store.create()
        store.put_many(kept)
        with older_reading(dsn), pytest.raises(Busy, match="a long reading"):
            store.destroy(TENANT, kept[0].key_id)
        assert store.get(TENANT, kept[0].key_id) is None
        assert kept[0].wrapped in bytes_of_the_table(dsn)
    # The reader has gone, and so will be whatever the server still does behind it.
    with closing(PostgresKeyStore(dsn, patience=120)) as store:
        store.destroy(TENANT, kept[0].key_id)
        after = bytes_of_the_table(dsn)
    assert [row.wrapped in after for row in kept] == [False, True, True, True, True]


def test_on_postgresql_the_end_of_an_older_reading_is_waited_for(dsn: str) -> None:
    kept = rows(5)
    with closing(PostgresKeyStore(dsn, patience=60)) as store:
        store.create()
        store.put_many(kept)
        with older_reading(dsn) as reader:
            destroying = threading.Thread(target=store.destroy, args=(TENANT, kept[0].key_id))
            destroying.start()
            # Once the table has another file, it was rewritten, and that in vain.
            with psycopg.connect(dsn, autocommit=True) as admin:
                first = admin.execute("SELECT pg_relation_filenode('wrapped_key')").fetchone()
                while admin.execute("SELECT pg_relation_filenode('wrapped_key')").fetchone() == first:
                    pass
            reader.execute("COMMIT")
            destroying.join()
        assert kept[0].wrapped not in bytes_of_the_table(dsn)


def test_on_postgresql_a_broken_connection_is_told_and_the_next_call_works(dsn: str) -> None:
    store = PostgresKeyStore(dsn)
    store.create()
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    with pytest.raises(Busy) as caught:
        store.put_many(rows(1))
    assert "host" not in str(caught.value)
    assert store.put_many(rows(1)) == 1
    store.close()


def test_a_postgresql_that_is_not_there_is_busy(tmp_path: Path) -> None:
    store = PostgresKeyStore(f"host={tmp_path} dbname=keys password=hush")
    with pytest.raises(Busy) as caught:
        store.count()
    assert "hush" not in str(caught.value)
    store.close()
