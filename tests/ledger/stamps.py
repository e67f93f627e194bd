"""Time-stamp authorities beside a test, and the settings of the installation that name them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from muniment.ledger import publish
from muniment.ledger.tables.time import Stamp
from muniment.ledger.time import stamping
from muniment.ledger.time.testing import TestAuthority, new_authority
from muniment.spine import config, ports
from muniment.spine.scope import DEPLOYMENT, tenant_scope

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
VARIABLE = "MUNIMENT_TIMESTAMP_AUTHORITIES"


class Clocks:
    """Test authorities by name; each answers as it is told."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.patch = folder, monkeypatch
        self.made: dict[str, TestAuthority] = {}
        self.says: dict[str, Callable[[bytes], bytes]] = {}
        self.lines: dict[str, str] = {}
        self.queries: list[bytes] = []

    def open(self, name: str = "one", *, policy: str = "") -> TestAuthority:
        """Make an authority and name it in the settings."""
        made = self.made[name] = new_authority(NOON)
        (self.folder / f"{name}.pem").write_bytes(made.root_pem)
        self.says[name] = made.answer
        url = f"https://{name}.example/stamp"
        self.lines[name] = f"{name} {url} {self.folder / name}.pem {policy}"
        self.name()
        return made

    def name(self) -> None:
        """Put the settings into force."""
        self.patch.setenv(VARIABLE, ",".join(self.lines.values()))
        config.current.cache_clear()

    def post(self, url: str, query: bytes) -> bytes:
        """Carry a request, as the one way out does."""
        self.queries.append(query)
        return self.says[url.removeprefix("https://").partition(".")[0]](query)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Hold the clock."""
    with ports.frozen(clock=moment):
        yield


def ask(clocks: Clocks, moment: datetime = NOON) -> list[stamping.Heard]:
    """Ask the authorities at a moment."""
    with at(moment):
        publish.settle()
        heard = stamping.ask(post=clocks.post)
        publish.settle()
    return heard


def stamps() -> list[Stamp]:
    """Return the time-stamps on record."""
    with tenant_scope(DEPLOYMENT):
        return list(Stamp.objects.order_by("size", "at"))
