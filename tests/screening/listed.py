"""A small list of invented entries and a small book of invented counterparties, taken in through the front door."""

from __future__ import annotations

from typing import Any

from tests.screening.matching.small_list import ENTRIES

from muniment.counterparties import actions as counterparties
from muniment.sources import actions as sources
from muniment.spine.actor import Actor

BOOK = b"""reference,kind,name,birth_date,country,passport,lei,owned_by
P-1,person,Victor Morosenko,,,,,
P-2,person,Marta Olivar Quint,1970-02-03,es,,,
P-3,person,Aise Demirtas,,,U1234567,,
C-1,organisation,Borealis Mineral Trading Limited Liability Company,,ru,,,P-1: 60 %
C-2,organisation,Quillfeather Apiaries Ltd,,gb,,,
"""


def take_in_list(operator: Actor, version: str = "2026-01", **changed: dict[str, list[str]]) -> None:
    """Take in the invented list; ``changed`` replaces properties of single entries (``inv_1={...}``)."""
    entities: list[dict[str, Any]] = [
        {
            **entry,
            "properties": {**entry["properties"], **changed.get(str(entry["id"]).replace("-", "_"), {})},
        }
        for entry in ENTRIES
    ]
    sources.take_in_list(
        operator,
        [sources.File("invented.json", f"{version} {changed}".encode())],
        entities,
        sources.Origin("invented", version, "Nobody", "invented"),
        title="Invented list",
        extractor="invented/1",
        counts={"entities": len(entities)},
    )


def take_in_book(actor: Actor, book: bytes = BOOK) -> None:
    """Take in the invented counterparties."""
    counterparties.take_in(actor, book, name="book.csv")
