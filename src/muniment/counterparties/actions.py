"""Every way the register of counterparties can change, and every reading of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from muniment.counterparties import queries, rules
from muniment.counterparties.formats import OwnershipInput, PartyInput
from muniment.counterparties.formats.csv import MOST_BYTES as MOST_OF_TABLE
from muniment.counterparties.formats.ftm import MOST_BYTES
from muniment.counterparties.formats.party import Kind as KindName
from muniment.counterparties.models import (
    BlindToken,
    Counterparty,
    Import,
    ImportState,
    Ownership,
    Standing,
    Status,
)
from muniment.counterparties.models import Kind as KindOf
from muniment.ledger.action import Act, action
from muniment.ledger.refusals import constraint
from muniment.ledger.words import Sealed
from muniment.spine import ports
from muniment.spine.actor import Actor
from muniment.spine.errors import Absent, Clash, Invalid
from muniment.spine.installation import keyring
from muniment.spine.scope import tenant_scope
from muniment.vault import storage
from muniment.vault.models import Blob

BATCH: Final = 200
FORMS: Final = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".json": "ftm",
    ".jsonl": "ftm",
    ".ndjson": "ftm",
}
NO_FILE: Final = storage.Stored(UUID(int=0), "", 0)
TAKEN: Final = Clash(
    "Another counterparty has this reference.", todo="Choose another one, or change that one."
)

for _name in ("one_counterparty_per_reference", "counterparties_counterparty.reference"):
    constraint(_name, TAKEN)


# ---------------------------------------------------------------- one party


@action("counterparties.add", cls="party.change", says="{actor} added a counterparty")
def add(act: Act, *, party: PartyInput) -> Counterparty:
    """Enter one counterparty.

    :raises Clash: when its reference is taken.
    """
    if Counterparty.objects.filter(reference=party.reference).exists():
        raise Clash(TAKEN.what, todo=TAKEN.todo)
    key = keyring().blind_key(act.tenant)
    row = _row(act, ports.new_id(), party, key)
    row.save(force_insert=True)
    BlindToken.objects.bulk_create(_tokens(row.id, party, key))
    act.record(
        row,
        kind=party.kind,
        reference=_of_the_party(row, party.reference),
        mark=_of_the_party(row, row.mark),
    )
    return row


@action("counterparties.change", cls="party.change", says="{actor} changed {facts.fields} of a counterparty")
def change(
    act: Act, *, counterparty_id: UUID, party: PartyInput, status: str = "", seen: str = ""
) -> Counterparty:
    """Bring one counterparty up to date.

    Its reference and whether it is a person stay as they are: somebody else is another counterparty.

    :param status: ``active`` or ``ended``; as it was when empty.
    :param seen: the mark of the state that the person had before their eyes; not compared when empty.
    :raises Clash: when it changed meanwhile.
    """
    row: Counterparty | None = Counterparty.objects.select_for_update().filter(id=counterparty_id).first()
    if row is None:
        raise Absent
    if seen and seen != row.mark:
        raise Clash("Somebody else changed this counterparty.", todo="Look at it anew, then change it.")
    if (party.reference, party.kind) != (row.reference, row.kind):
        raise Invalid(
            "The reference and the kind of a counterparty cannot change.",
            todo="Add another counterparty.",
            where="reference",
        )
    before = rules.party_of(row)
    status = status or row.status
    if status not in Status.values:
        raise Invalid("There is no such status.", todo="Choose active or ended.", where="status")
    changed = rules.differing(before, rules.whole(party)) + (["status"] if status != row.status else [])
    if not changed:
        raise Clash("Nothing was changed.", todo="There is nothing to do.")
    row.status = status
    _bring_up_to_date(act, row, party, keyring().blind_key(act.tenant))
    act.record(row, fields=changed, mark=_of_the_party(row, row.mark), status=status)
    return row


@action(
    "counterparties.read",
    cls="party.read",
    says="{actor} read {facts.count} {facts.count:counterparty|counterparties}",
    reads=True,
)
def read(act: Act, *, ids: Sequence[UUID]) -> list[Counterparty]:
    """Return counterparties by reference, and put on record that they were read.

    :raises Absent: when one of them is not there.
    """
    rows = queries.by_ids(ids)
    if len(rows) != len(set(ids)):
        raise Absent
    act.record(rows[0] if len(rows) == 1 else "counterparties.Counterparty", count=len(rows))
    return rows


def _of_the_party(row: Counterparty, value: str) -> Sealed | str:
    """Return a fact as it is recorded: what leads to a person goes under that person's key, and with it."""
    return Sealed(value, subject=row.id) if row.kind == KindOf.PERSON else value


def _row(act: Act, ident: UUID, party: PartyInput, key: bytes) -> Counterparty:
    return Counterparty(
        id=ident,
        tenant_id=act.tenant,
        mark=rules.mark_of(key, party),
        created_at=act.now,
        created_by=act.actor.id,
        changed_at=act.now,
        **rules.columns_of(party),
    )


def _tokens(ident: UUID, party: PartyInput, key: bytes) -> list[BlindToken]:
    return [BlindToken(counterparty_id=ident, index=index) for index in sorted(rules.tokens_of(key, party))]


def _bring_up_to_date(act: Act, row: Counterparty, party: PartyInput, key: bytes) -> None:
    for column, value in rules.columns_of(rules.whole(party)).items():
        setattr(row, column, value)
    row.mark = rules.mark_of(key, party)
    row.changed_at = act.now
    if row.screened_at is not None and row.mark != row.screened_mark:
        row.standing = Standing.CHANGED
    row.save()
    BlindToken.objects.filter(counterparty=row).delete()
    BlindToken.objects.bulk_create(_tokens(row.id, party, key))


def screened(found: Mapping[UUID, tuple[str, str]], at: datetime) -> None:
    """Note what a screening said of these parties; to be called inside the action of the screening.

    Parties about which it says what the one before said are left alone.

    :param found: party to (standing, mark of the party as it was screened).
    """
    groups: dict[tuple[str, str], list[UUID]] = {}
    rows = Counterparty.objects.filter(id__in=list(found)).values_list(
        "id", "mark", "standing", "screened_mark"
    )
    for ident, mark, before, before_mark in rows:
        standing, screened_mark = found[ident]
        now = standing if mark == screened_mark else Standing.CHANGED
        if (now, screened_mark) != (before, before_mark):
            groups.setdefault((now, screened_mark), []).append(ident)
    for (standing, screened_mark), ids in groups.items():
        Counterparty.objects.filter(id__in=ids).update(
            standing=standing, screened_mark=screened_mark, screened_at=at
        )


# ---------------------------------------------------------------- many parties in a file


@action("counterparties.offer", cls="party.change", says="{actor} offered a file of counterparties")
def offer(act: Act, *, file: storage.Stored, name: str, form: str) -> Import:
    """Enter a file that is safely on the disk as an import that nobody has confirmed yet."""
    Blob.objects.create(
        id=file.id,
        sha256=file.sha256,
        size=file.size,
        media_type="text/csv" if form == "csv" else "application/json",
        stored_at=act.now,
    )
    made: Import = Import.objects.create(
        name=name,
        form=form,
        blob_id=file.id,
        sha256=file.sha256,
        size=file.size,
        offered_at=act.now,
        offered_by=act.actor.id,
    )
    act.record(made, sha256=file.sha256, size=file.size, name=Sealed(name))
    return made


def receive(actor: Actor, raw: bytes, *, name: str) -> Import:
    """Keep a file of counterparties as evidence of what came; the register does not change yet.

    :param name: the file's own name; its ending says what it is.
    :raises Invalid: when it cannot be read as a whole; nothing of it is kept then.
    :raises Refused: when the actor may not bring in counterparties.
    """
    if "counterparties.offer" not in actor.may:
        # The door refuses and records it, before bytes are kept for somebody who may not bring them.
        return offer(actor, file=NO_FILE, name="", form="")
    form = form_of(name)
    with tenant_scope(actor.tenant):
        queries.require_readable(raw, form)
        file = storage.store(actor.tenant, [raw], most=MOST_BYTES)
        try:
            return offer(actor, file=file, name=name[:200], form=form)
        except BaseException:
            storage.discard(actor.tenant, file.id)
            raise


def most_read(name: str) -> int:
    """Return how many bytes of a file are read at most: one more than its kind may have, so that too many show."""
    return (MOST_OF_TABLE if form_of(name) == "csv" else MOST_BYTES) + 1


def form_of(name: str) -> str:
    """Return how a file is read, by its name's ending.

    :raises Invalid: for a name with folders or of a kind that cannot be read here.
    """
    ending = name[name.rfind(".") :].lower() if "." in name else ""
    if ending not in FORMS or "/" in name or "\\" in name:
        raise Invalid(
            "Files of this kind cannot be read here.",
            todo=f"Use a plain file name with one of: {', '.join(FORMS)}.",
            where="file",
        )
    return FORMS[ending]


@action(
    "counterparties.bring_in",
    cls="party.change",
    says="{actor} brought in {facts.new} counterparties and changed {facts.changed}",
)
def bring_in(act: Act, *, import_id: UUID, settled: rules.Settled, ids: Mapping[str, UUID]) -> Import:
    """Do what an import was shown to do: all of it, or nothing.

    :param ids: reference to identifier, of the new parties; the keys of the persons among them are durable.
    :raises Clash: when it was taken in already, or a party appeared meanwhile.
    """
    held: Import | None = Import.objects.select_for_update().filter(id=import_id).first()
    if held is None:
        raise Absent
    rules.require_offered(held)
    key = keyring().blind_key(act.tenant)
    rows = [_row(act, ids[party.reference], party, key) for party in settled.new]
    Counterparty.objects.bulk_create(rows, batch_size=BATCH)
    fresh = [token for party in settled.new for token in _tokens(ids[party.reference], party, key)]
    BlindToken.objects.bulk_create(fresh, batch_size=BATCH)
    changed = {party.reference: party for party in settled.changed}
    for row in Counterparty.objects.select_for_update().filter(reference__in=list(changed)):
        _bring_up_to_date(act, row, changed[row.reference], key)
    _link(settled.owners)
    held.state, held.taken_at, held.taken_by = ImportState.TAKEN, act.now, act.actor.id
    held.counts = dict(settled.counts)
    held.rejects = json.dumps([[one.line, one.field, one.why] for one in settled.rejects], ensure_ascii=False)
    held.save()
    act.record(
        held,
        sha256=held.sha256,
        new=len(settled.new),
        changed=len(settled.changed),
        unchanged=settled.unchanged,
        links=len(settled.owners),
        rejects=len(settled.rejects),
        shown=Sealed(settled.shown),
    )
    return held


@action("counterparties.discard", cls="party.change", says="{actor} discarded an import that waited")
def discard(act: Act, *, import_id: UUID) -> Import:
    """Put an offered file aside, so that nobody takes it in by mistake; the file stays as evidence of what came.

    :raises Clash: when it was taken in or discarded already.
    """
    held: Import | None = Import.objects.select_for_update().filter(id=import_id).first()
    if held is None:
        raise Absent
    rules.require_offered(held)
    held.state, held.taken_at, held.taken_by = ImportState.DISCARDED, act.now, act.actor.id
    held.save()
    act.record(held, sha256=held.sha256)
    return held


def _link(claims: Sequence[OwnershipInput]) -> None:
    """Enter who owns whom; a link that is here already takes the share that was said last."""
    wanted = {reference for claim in claims for reference in (claim.owner, claim.owned)}
    ids = dict(Counterparty.objects.filter(reference__in=sorted(wanted)).values_list("reference", "id"))
    here = {
        (link.owner_id, link.owned_id, link.role): link
        for link in Ownership.objects.filter(owned_id__in={ids[claim.owned] for claim in claims})
    }
    fresh = []
    for claim in claims:
        link = here.get((ids[claim.owner], ids[claim.owned], claim.role))
        if link is None:
            fresh.append(
                Ownership(
                    owner_id=ids[claim.owner], owned_id=ids[claim.owned], role=claim.role, share=claim.share
                )
            )
        elif link.share != claim.share:
            link.share = claim.share
            link.save(update_fields=["share"])
    Ownership.objects.bulk_create(fresh, batch_size=BATCH)


def confirm(
    actor: Actor,
    *,
    import_id: UUID,
    mapping: Mapping[str, str] | None = None,
    default_kind: KindName = "organisation",
    shown: str = "",
) -> Import:
    """Take in an offered file: read it, make the persons' keys in one step, then write all of it.

    :param shown: digest of what the person was shown; not compared when empty.
    :raises Clash: when the register changed since it was shown.
    :raises Invalid: when there is nothing in it that can be taken in.
    """
    if "counterparties.bring_in" not in actor.may:
        # The door refuses and records it, before keys are made for somebody who may not use them.
        return bring_in(actor, import_id=import_id, settled=rules.NOTHING, ids={})
    with tenant_scope(actor.tenant):
        held = queries.import_of(import_id)
        settled = queries.would_do(queries.file_of(held), held.form, mapping, default_kind)
        if shown and shown != settled.shown:
            raise Clash("The register changed since this was shown.", todo="Look at the import anew.")
        if not (settled.new or settled.changed or settled.owners or settled.unchanged):
            raise Invalid("Nothing in this file can be taken in.", todo="See why below, and mend the file.")
        ids = {party.reference: ports.new_id() for party in settled.new}
        persons = [ids[party.reference] for party in settled.new if party.kind == "person"]
        keyring().ensure_keys(actor.tenant, persons)
        return bring_in(actor, import_id=import_id, settled=settled, ids=ids)


def take_in(
    actor: Actor,
    raw: bytes,
    *,
    name: str,
    mapping: Mapping[str, str] | None = None,
    default_kind: KindName = "organisation",
) -> Import:
    """Keep a file and take it in at once, for programs that have nobody to show it to.

    :raises Invalid: when the file as a whole cannot be read; the register does not change then.
    """
    if "counterparties.offer" in actor.may:
        with tenant_scope(actor.tenant):
            queries.would_do(raw, form_of(name), mapping, default_kind)
    held = receive(actor, raw, name=name)
    return confirm(actor, import_id=held.id, mapping=mapping, default_kind=default_kind)
