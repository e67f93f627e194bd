"""Witnesses beside a test of the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from muniment.spine import config
from muniment.spine.egress import Egress

if TYPE_CHECKING:
    from tests.ledger.houses import Houses
    from tests.ledger.stamps import Clocks


@pytest.fixture
def houses(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Houses]:
    # Django's models load after the plugin has made an installation.
    from tests.ledger.houses import Houses

    from muniment.ledger import witnessing

    with ExitStack() as stack:
        made = Houses(
            stack,
            tmp_path,
            lambda urls: monkeypatch.setattr(
                witnessing, "egress", lambda: Egress(private=urls, context=made.trust, seconds=5)
            ),
        )
        witnessing._sizes.clear()
        yield made
        config.current().witnesses.unlink(missing_ok=True)


@pytest.fixture
def clocks(db: None, tmp_path: Path) -> Iterator[Clocks]:
    from tests.ledger.stamps import Clocks

    with pytest.MonkeyPatch.context() as patch:
        yield Clocks(tmp_path, patch)
    config.current.cache_clear()
