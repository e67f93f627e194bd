"""List versions and parties as the scorer sees them: canonical, hashed, with their analysed names resident.

Rules obeyed here:

* a snapshot is canonical JSON (`muniment.proof.canonical`), values sorted, in NFC: its SHA-256 is stable;
* whatever a cache below us keys by entity id is keyed by *content*, because the id handed to the scorer is
  the content's hash: a party that changed under its old id can never return stale names;
* value order never depends on the hash seed of the process. This matters for the score itself: of two names
  that contain each other ("Ana Sol", "SOL, Ana") the library keeps whichever comes first, and in its own
  proxies that changes from process to process; here it is always the same one.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from followthemoney import model
from followthemoney.names import entity_names as analyse
from followthemoney.proxy import EntityProxy
from followthemoney.types import registry
from followthemoney.types.common import PropertyType
from rigour.names import Name

from muniment.proof.canonical import canonical
from muniment.proof.errors import Malformed
from muniment.spine.errors import Invalid

MAX_VALUE = 10_000
MAX_VALUES = 5_000
"""Most values of one party, over all its properties; the largest real list entry has a few hundred."""

_SINGLE = {"birth": ("birthDate",), "gender": ("gender",), "weak": ("weakAlias", "abbreviation")}
_SAME: dict[Any, Any] = {}


def _kept(value: Any) -> Any:
    """Return the first of equal values, because 13,000 parties differ in this in a few hundred ways."""
    return _SAME.setdefault(value, value)


_UNSCORED_TYPES = frozenset({"text", "html", "url", "json", "entity", "topic", "mimetype", "checksum"})
"""FollowTheMoney types no feature of logic-v1 or logic-v2 reads; they stay in the hash, not in memory."""


def digest(value: Any) -> str:
    """Hash a value's canonical form with SHA-256, because a record names its inputs by content.

    :raises Invalid: for floats, None and lone surrogates, which have no single form.
    """
    try:
        return hashlib.sha256(canonical(value)).hexdigest()
    except Malformed as error:
        raise Invalid(error.what, todo="Mend the value at its source.") from None


def snapshot(entity: Mapping[str, Any]) -> dict[str, Any]:
    """Reduce a party to id, schema and sorted unique values, because only content may decide its hash.

    :param entity: `{"id": str, "schema": str, "properties": {name: [text, ...]}}`; other keys are dropped.
    :raises Invalid: for a missing id, an unknown schema, values that are not text or beyond the limits.
    """
    ident, schema, properties = entity.get("id"), entity.get("schema"), entity.get("properties")
    if not isinstance(ident, str) or not ident or len(ident) > MAX_VALUE:
        raise Invalid("A party has no identifier.", todo="Give every party an id.")
    if not isinstance(schema, str) or model.get(schema) is None:
        raise Invalid(
            "A party is of a kind nobody knows.", todo="Use a FollowTheMoney schema.", where="schema"
        )
    if not isinstance(properties, Mapping):
        raise Invalid("A party has no properties.", where="properties")
    kept: dict[str, list[str]] = {}
    count = 0
    for name, values in properties.items():
        listed = [values] if isinstance(values, str) else values
        if not isinstance(name, str) or not isinstance(listed, Sequence):
            raise Invalid("A property of a party is not a list of texts.", where="properties")
        for value in listed:
            if not isinstance(value, str) or len(value) > MAX_VALUE or "\x00" in value:
                raise Invalid("A value of a party is not a plain text of bearable length.", where=name)
        count += len(listed)
        if listed:
            kept[name] = sorted({unicodedata.normalize("NFC", value) for value in listed})
    if count > MAX_VALUES:
        raise Invalid("A party has too many values.", todo=f"At most {MAX_VALUES} are read.")
    return {"id": unicodedata.normalize("NFC", ident), "schema": schema, "properties": kept}


@dataclass(frozen=True)
class ListVersion:
    """One immutable state of one watchlist.

    :param list_id: the list's stable name, for example `ofac-sdn`.
    :param version: the publisher's version or date.
    :param digest: SHA-256 of the fetched bytes.
    :param entities: FollowTheMoney-shaped dicts.
    """

    list_id: str
    version: str
    digest: str
    entities: Sequence[Mapping[str, Any]]


class Party(EntityProxy):
    """A FollowTheMoney entity whose id is its content and whose analysed names stay with it.

    Reading from several threads is safe: what is filled in late is the same for everyone.
    """

    __slots__ = (
        "_typed",
        "analysed",
        "analysed_long",
        "given_id",
        "holds",
        "identified",
        "like",
        "list_key",
        "snapshot_hash",
    )

    def __init__(self, shot: Mapping[str, Any], *, list_key: str = "", for_query: bool = False) -> None:
        schema = model.get(shot["schema"])
        if schema is None:
            raise Invalid("A party is of an unknown kind.", where="schema")
        self.snapshot_hash: str = digest(shot)
        properties = {
            name: values
            for name, values in sorted(shot["properties"].items())
            if name in schema.properties and schema.properties[name].type.name not in _UNSCORED_TYPES
        }
        side = "query" if for_query else "list"
        super().__init__(schema, {"id": f"{side}:{self.snapshot_hash}", "properties": properties})
        self.given_id: str = shot["id"]
        self.list_key = list_key
        self._typed: dict[tuple[str, bool], list[str]] = {}
        self.identified = any(
            prop.type.name == "identifier" and prop.matchable and bool(self.get_prop(prop))
            for prop in schema.properties.values()
        )
        self.holds = _kept(frozenset(self._held()))
        self.like = _kept((schema.name, self.holds))
        names = analyse(self, infer_initials=for_query, consolidate=False)
        self.analysed: tuple[Name, ...] = in_order(names)
        self.analysed_long: tuple[Name, ...] = in_order(Name.consolidate_names(self.analysed))

    def _held(self) -> Iterator[str]:
        """Yield what the party has values of, in the words of `needs.py`."""
        if self.identified:
            yield "identifier"
        for name in ("address", "country"):
            if super().get_type_values(registry.get(name), matchable=True):
                yield name
        for name, props in _SINGLE.items():
            if any(self.get(prop, quiet=True) for prop in props):
                yield name

    def get_type_values(self, type_: PropertyType, matchable: bool = False) -> list[str]:  # noqa: FBT001, FBT002  the library's signature
        """Return all values of a type, sorted, because the library's own order changes with each process."""
        found = self._typed.get((type_.name, matchable))
        if found is None:
            found = sorted(super().get_type_values(type_, matchable=matchable))
            self._typed[(type_.name, matchable)] = found
        return found


def in_order(names: Iterable[Name]) -> tuple[Name, ...]:
    """Sort analysed names by their form, because the order of a set changes from process to process."""
    return tuple(sorted(names, key=lambda name: (name.form, name.original)))


def without_doubles(shot: Mapping[str, Any], party: Party) -> dict[str, Any]:
    """Return the snapshot with only those names the scorer compares, which leaves nothing to chance.

    Of names that contain each other the library keeps one, whichever a set yields first. With the others
    taken out beforehand its stock code must give exactly our score: so tests and bench prove it.
    """
    schema = party.schema
    kept = {
        name: list(values)
        for name, values in shot["properties"].items()
        if not (schema.properties[name].type.name == "name" and schema.properties[name].matchable)
    }
    kept["name"] = [name.original for name in party.analysed_long]
    return {"id": party.id, "schema": shot["schema"], "properties": kept}
