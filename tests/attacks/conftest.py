"""Witnesses beside the attacks."""

from __future__ import annotations

from tests.ledger.conftest import clocks as clocks  # noqa: PLC0414  # a fixture, found by its name
from tests.ledger.conftest import houses as houses  # noqa: PLC0414  # a fixture, found by its name
