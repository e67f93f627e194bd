"""A person the firm deals with, imported from a file, and orders to erase them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.lifecycle import people

from muniment.spine.actor import Actor


@pytest.fixture
def erasing(db: None, ada: Actor, adam: Actor, otto: Actor) -> Iterator[people.Erasing]:
    """Return a person who came in a file, ready to be erased."""
    yield people.made(ada, adam, otto)
    people.forget_journal()
