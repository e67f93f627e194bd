"""The address of a PostgreSQL server is taken whole: what it asks for is asked for; a broken one stops the start."""

from __future__ import annotations

import pytest
from psycopg.conninfo import conninfo_to_dict

from muniment.spine import config
from muniment.spine.errors import Invalid


def test_what_stands_behind_the_question_mark_counts_too():
    address = (
        "postgresql://app:p%40ss@one:5432,two:5433/db?sslmode=verify-full&target_session_attrs=read-write"
    )
    assert config.postgres_parts(address) == {
        "user": "app",
        "password": "p@ss",
        "host": "one,two",
        "port": "5432,5433",
        "dbname": "db",
        "sslmode": "verify-full",
        "target_session_attrs": "read-write",
    }
    shown = config.masked(config.load({"MUNIMENT_DATABASE": address}))["database"]
    assert shown == (
        "postgresql://…@one,two:5432,5433/db, sslmode=verify-full, target_session_attrs=read-write"
    )


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://app:very-secret@host:port/db",
        "postgresql://app:very-secret@host/",
        "postgresql://app:very-secret@host/db?sslmod=verify-full",
        "postgresql://app:very-secret@[::1/db",
        "postgresql://app:very-secret@[::1]x/db",
        "postgresql://app:very-secret@host:54321234/db",
        "postgresql://app:very-secret@host/db?sslmode",
        "postgresql://app:very-secret@host/db#part",
        "postgresql://app:very-secret@one two/db",
        "mysql://app:very-secret@host/db",
    ],
)
def test_an_address_that_cannot_be_read_stops_the_start_and_is_not_repeated(address):
    with pytest.raises(Invalid) as refused:
        config.load({"MUNIMENT_DATABASE": address})
    assert refused.value.where == "database"
    assert "very-secret" not in f"{refused.value} {refused.value.todo}"


def test_a_socket_of_this_machine_is_an_address_too():
    settings = config.load({"MUNIMENT_DATABASE": "postgresql://app@/db?host=/run/postgresql"})
    assert settings.on_postgres
    assert config.masked(settings)["database"] == "postgresql://…@/run/postgresql:5432/db"


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://app:p%40ss%2F@[2001:db8::1]:5433/db?sslmode=verify-full",
        "postgres://app@one,two:5433,three/d%C3%A9b?connect_timeout=3&host=",
        "postgresql://app@/db?host=%2Frun%2Fpostgresql",
        "postgresql:///db",
        "postgresql://one:/db",
    ],
)
def test_it_is_read_as_the_servers_own_library_reads_it(address):
    theirs = {name: str(value) for name, value in conninfo_to_dict(address).items() if value}
    assert {name: value for name, value in config.postgres_parts(address).items() if value} == theirs
