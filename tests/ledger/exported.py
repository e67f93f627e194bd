"""What the tests of exports share: entries of every kind to export, and the published schema to hold lines against."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from muniment.ledger import exporting, publish
from muniment.ledger.action import REGISTRY, action
from muniment.ledger.exports.asked import Asked
from muniment.ledger.words import Sealed

NASTY = "=cmd|'/c calc'!A1 \"quoted\", a|pipe\\ a=b\nand a second line\u2028third"


@lru_cache
def _schemas() -> OcsfJsonSchemaEmbedded:
    return OcsfJsonSchemaEmbedded(get_ocsf_schema(version="1.8.0"))


@lru_cache
def schema_of(class_uid: int) -> Draft202012Validator:
    """Return the published schema of an OCSF class, as a validator."""
    held = _schemas()
    return Draft202012Validator(held.get_class_schema(held.lookup_class_name_from_uid(class_uid), []))


def faults(line: bytes) -> list[str]:
    """Say what the published schema finds wrong with a line."""
    event = json.loads(line)
    return [one.message for one in schema_of(event["class_uid"]).iter_errors(event)]


def write_down(actor: Any, person: UUID | None = None) -> UUID:
    """Put an entry on record that is about a person and as nasty as a text can be."""
    person = person or uuid4()

    def say(act: Any) -> None:
        act.record("somebody/1", name=Sealed("Marta Olivar", subject=person), note=Sealed(NASTY), number=7)

    try:
        door = action("try.person", cls="party.change", says="{actor} wrote down {facts.name}")(say)
        door(
            type(actor)(
                id=actor.id,
                kind=actor.kind,
                tenant=actor.tenant,
                may=frozenset({"try.person"}),
                via="page",
                address="2001:db8::7",
                role=actor.role,
                factors=actor.factors,
            )
        )
    finally:
        REGISTRY.pop("try.person", None)
    publish.settle()
    return person


def made(who: Any, form: str = "ocsf", **asked: Any) -> tuple[exporting.Export, bytes]:
    """Make an export and take a copy of it."""
    export = exporting.make(who, Asked(form, **asked))
    return exporting.copy(who, export_id=export.id)
