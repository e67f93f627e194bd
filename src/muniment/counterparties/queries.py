"""Reads of the counterparties; pages that show parties go through ``actions.read``, which records it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from muniment.counterparties import rules
from muniment.counterparties.formats import (
    ImportPlan,
    PartyInput,
    Reject,
    read_csv,
    read_ftm,
    read_header,
    suggest_mapping,
    to_ftm,
)
from muniment.counterparties.formats.party import Kind as KindName
from muniment.counterparties.models import BlindToken, Counterparty, Import, Kind, Ownership, Standing, Status
from muniment.spine.errors import Absent, Invalid
from muniment.spine.installation import keyring
from muniment.spine.scope import current_tenant
from muniment.vault import storage

PAGE = 50
DEEPEST = 6
"""Steps up the tree of owners that are drawn; rings are cut where they close."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list.

    :param following: identifier after which the next page begins; ``None`` on the last one.
    """

    ids: tuple[UUID, ...]
    following: UUID | None


def counterparty(counterparty_id: UUID) -> Counterparty:
    """Return a counterparty.

    :raises Absent: when there is none in this tenant.
    """
    found: Counterparty | None = Counterparty.objects.filter(id=counterparty_id).first()
    if found is None:
        raise Absent
    return found


def by_ids(ids: Iterable[UUID]) -> list[Counterparty]:
    """Return these counterparties by reference, with the persons' keys fetched in one look."""
    rows: list[Counterparty] = list(Counterparty.objects.filter(id__in=list(ids)).order_by("reference"))
    warm(rows)
    return rows


def warm(rows: Iterable[Counterparty]) -> None:
    """Fetch the keys of these persons in one look instead of one by one."""
    keyring().keys(current_tenant(), [row.id for row in rows if row.kind == Kind.PERSON])


def page(text: str = "", standing: str = "", after: UUID | None = None, limit: int = PAGE) -> Page:
    """Return which counterparties a page shows, by reference.

    :param text: words of a name, a number, or a reference; found by the blind index.
    :param standing: what the last screening said.
    """
    rows: Any = Counterparty.objects.order_by("reference")
    text = rules.typed(text)
    if text:
        key = keyring().blind_key(current_tenant())
        words, number = rules.asked(key, text)
        named = Counterparty.objects.all()
        for word in words:
            named = named.filter(id__in=BlindToken.objects.filter(index=word).values("counterparty_id"))
        wanted = Q(reference__iexact=text)
        if words:
            wanted |= Q(id__in=named.values("id"))
        if number is not None:
            wanted |= Q(id__in=BlindToken.objects.filter(index=number).values("counterparty_id"))
        rows = rows.filter(wanted)
    if standing:
        rows = rows.filter(standing=standing)
    if after is not None:
        rows = rows.filter(reference__gt=counterparty(after).reference)
    ids = list(rows.values_list("id", flat=True)[: limit + 1])
    return Page(tuple(ids[:limit]), ids[limit - 1] if len(ids) > limit else None)


def standings() -> dict[str, int]:
    """Return how many counterparties stand how, and all of them under an empty name."""
    counted = Counterparty.objects.values("standing").annotate(count=Count("id")).order_by("standing")
    found = {str(row["standing"]): int(row["count"]) for row in counted}
    return {"": sum(found.values()), **{standing: found.get(standing, 0) for standing in Standing.values}}


def known() -> dict[str, rules.Known]:
    """Return what an import must know of everybody who is here already, by reference."""
    rows = Counterparty.objects.values_list("reference", "id", "kind", "mark")
    return {reference: rules.Known(ident, kind, mark) for reference, ident, kind, mark in rows}


@dataclass(frozen=True, slots=True)
class ToScreen:
    """A counterparty as a screening takes it: who, and the query, opened in memory."""

    id: UUID
    kind: str
    reference: str
    mark: str
    query: Mapping[str, Any]


def ids_to_screen() -> list[UUID]:
    """Return everybody the firm deals with, by reference."""
    return list(
        Counterparty.objects.filter(status=Status.ACTIVE).order_by("reference").values_list("id", flat=True)
    )


def to_screen(ids: Sequence[UUID]) -> list[ToScreen]:
    """Return these counterparties as a screening takes them, by reference; who was erased is left out."""
    found = []
    for row in by_ids(ids):
        party = party_or_none(row)
        if party is not None:
            found.append(ToScreen(row.id, row.kind, row.reference, row.mark, to_ftm(party)))
    return found


def party_or_none(row: Counterparty) -> PartyInput | None:
    """Return a row as its party, or ``None`` when the person's key was destroyed."""
    try:
        return rules.party_of(row)
    except json.JSONDecodeError:
        return None


def tree(row: Counterparty) -> dict[str, Any]:
    """Return who owns a party, and who owns those, in the shape in which the ownership picture takes it."""
    return _tree(row, frozenset(), 0)


def _tree(row: Counterparty, path: frozenset[UUID], depth: int) -> dict[str, Any]:
    above: list[dict[str, Any]] = []
    if depth < DEEPEST and row.id not in path:
        for link in owners(row):
            share = None if link.share is None else link.share / 100
            above.append(_tree(link.owner, path | {row.id}, depth + 1) | {"share": share, "role": link.role})
    return {"id": row.id, "name": row.name, "kind": row.kind, "owners": above, "ring": row.id in path}


def owners(row: Counterparty) -> list[Ownership]:
    """Return who holds a party, the largest share first."""
    return list(Ownership.objects.filter(owned=row).select_related("owner").order_by("-share", "id"))


def holdings(row: Counterparty) -> list[Ownership]:
    """Return what a party itself holds."""
    return list(Ownership.objects.filter(owner=row).select_related("owned").order_by("-share", "id"))


def import_of(import_id: UUID) -> Import:
    """Return an import.

    :raises Absent: when there is none in this tenant.
    """
    found: Import | None = Import.objects.filter(id=import_id).first()
    if found is None:
        raise Absent
    return found


def imports(most: int = 20) -> list[Import]:
    """Return the latest imports, newest first."""
    return list(Import.objects.order_by("-offered_at", "id")[:most])


def rejects_of(of: Import) -> list[Reject]:
    """Return what an import left out, and why."""
    return [Reject(*row) for row in json.loads(str(of.rejects))] if of.rejects else []


def file_of(of: Import) -> bytes:
    """Return the file as it came, after its digest was checked."""
    return storage.read(of.tenant_id, of.blob_id, of.sha256)


def would_do(
    raw: bytes, form: str, mapping: Mapping[str, str] | None = None, default_kind: KindName = "organisation"
) -> rules.Settled:
    """Return what a file would do to the register; nothing is written.

    :raises Invalid: when the file as a whole cannot be read, or the mapping does not fit it.
    """
    here = known()
    plan: ImportPlan
    if form == "csv":
        plan = read_csv(raw, mapping, default_kind=default_kind, known=here.keys())
    else:
        plan = read_ftm(raw, known=here.keys())
    key = keyring().blind_key(current_tenant())
    return rules.settle(plan, here, lambda party: rules.mark_of(key, party))


def require_readable(raw: bytes, form: str) -> None:
    """Refuse a file that nobody could read, before it is kept.

    :raises Invalid: saying where it breaks.
    """
    if form == "csv":
        read_header(raw)
    else:
        read_ftm(raw)


@dataclass(frozen=True, slots=True)
class Look:
    """An offered file as a person looks it over before confirming.

    :param header: the columns of a table, none for other forms.
    :param mapping: what each column is taken for.
    :param settled: what confirming would do; ``None`` when the mapping does not fit, as ``why`` says.
    """

    header: tuple[str, ...]
    mapping: Mapping[str, str]
    settled: rules.Settled | None
    why: Invalid | None


def look(
    of: Import, mapping: Mapping[str, str] | None = None, default_kind: KindName = "organisation"
) -> Look:
    """Return what an offered file would do under a mapping, or why that mapping does not fit.

    :param mapping: the person's own; what the columns' names suggest when not given.
    """
    raw = file_of(of)
    header = header_of(of)
    chosen = suggest_mapping(header) if mapping is None else dict(mapping)
    try:
        return Look(header, chosen, would_do(raw, of.form, chosen, default_kind), None)
    except Invalid as why:
        return Look(header, chosen, None, why)


def header_of(of: Import) -> tuple[str, ...]:
    """Return the named columns of an offered table; none for other forms."""
    return tuple(column for column in read_header(file_of(of)) if column) if of.form == "csv" else ()
