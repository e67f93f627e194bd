"""Every way a pack comes to be and leaves the house."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from muniment.cases import queries as cases
from muniment.ledger.action import Act, action
from muniment.ledger.refusals import constraint
from muniment.ledger.words import Sealed
from muniment.packs import queries, rules
from muniment.packs.models import Breakdown, Handover, Pack, PackState
from muniment.spine import queue
from muniment.spine.errors import Clash
from muniment.vault import storage
from muniment.vault.models import Blob

MEDIA_TYPE = "application/vnd.muniment.proofpack+zip"

constraint(
    "one_pack_being_built_per_case",
    Clash("The proof of this case is being built already.", todo="Wait a moment and open the list of packs."),
)


@action("packs.build", cls="export", says="{actor} asked for the proof of case {facts.number}")
def build(act: Act, *, case_id: UUID) -> Pack:
    """Ask for the proof of a decided case; the work is a job, since signing keys are not the web's business.

    :raises Refused: when the case is not decided.
    """
    whole = cases.whole(case_id)
    rules.require_decided(whole.case.state)
    pack: Pack = Pack.objects.create(
        case_id=case_id, case_number=whole.case.number, requested_by=act.actor.id, requested_at=act.now
    )
    act.record(pack, number=whole.case.number, case=case_id)
    queue.enqueue(queries.PERFORM, str(act.tenant), str(pack.id))
    return pack


@action("packs.finish", cls="export", says="the proof of case {facts.number} was built")
def finish(
    act: Act, *, pack_id: UUID, file: storage.Stored, contents: dict[str, Any], origin: str, size: int
) -> Pack:
    """Enter a built pack.

    :raises Refused: when it is built already.
    """
    pack: Pack = Pack.objects.select_for_update().get(id=pack_id)
    rules.require_queued(pack)
    Blob.objects.create(
        id=file.id, sha256=file.sha256, size=file.size, media_type=MEDIA_TYPE, stored_at=act.now
    )
    pack.state, pack.made_at, pack.blob_id = PackState.BUILT, act.now, file.id
    pack.sha256, pack.size, pack.origin, pack.log_size = file.sha256, file.size, origin, size
    pack.contents = contents
    pack.save()
    act.record(pack, number=pack.case_number, sha256=file.sha256, size=file.size, log_size=size)
    return pack


@action(
    "packs.fail", cls="export", says="the proof of case {facts.number} could not be built: {facts.reason}"
)
def fail(act: Act, *, pack_id: UUID, reason: str) -> Pack:
    """Enter that a pack was given up, and why, so that nobody waits for it.

    :raises Refused: when it is built, or was given up already.
    """
    pack: Pack = Pack.objects.select_for_update().get(id=pack_id)
    rules.require_queued(pack)
    Breakdown.objects.create(pack=pack, at=act.now, reason=reason)
    pack.state = PackState.FAILED
    pack.save(update_fields=["state"])
    act.record(pack, number=pack.case_number, reason=reason)
    return pack


@action("packs.retry", cls="export", says="{actor} had the proof of case {facts.number} tried again")
def retry(act: Act, *, pack_id: UUID) -> Pack:
    """Try again to build a pack that was given up.

    :raises Absent: when there is no such pack.
    :raises Refused: when it was not given up.
    :raises Clash: when another pack of the same case is being built.
    """
    queries.pack(pack_id)
    pack: Pack = Pack.objects.select_for_update().get(id=pack_id)
    rules.require_failed(pack)
    pack.state = PackState.QUEUED
    pack.save(update_fields=["state"])
    act.record(pack, number=pack.case_number)
    queue.enqueue(queries.PERFORM, str(act.tenant), str(pack.id))
    return pack


@action("packs.download", cls="export", says="{actor} took a copy of the proof of case {facts.number}")
def download(act: Act, *, pack_id: UUID, given_to: str) -> tuple[Pack, Iterator[bytes]]:
    """Hand out a pack piece by piece, and put on record whom it is for.

    :raises Refused: while it is being built.
    :raises Invalid: when nobody is named to whom it goes.
    """
    pack = queries.pack(pack_id)
    rules.require_built(pack)
    given_to = rules.require_receiver(given_to)
    Handover.objects.create(pack=pack, taken_by=act.actor.id, taken_at=act.now, given_to=given_to)
    act.record(pack, number=pack.case_number, sha256=pack.sha256, given_to=Sealed(given_to))
    return pack, storage.stream(pack.tenant_id, UUID(str(pack.blob_id)), pack.sha256, pack.size)


@action("packs.read", cls="export", says="{actor} looked at the proof of case {facts.number}", reads=True)
def read(act: Act, *, pack_id: UUID) -> queries.Whole:
    """Return a pack with all that is known of its copies, and put on record that it was looked at.

    :raises Absent: when there is none in this tenant.
    """
    found = queries.whole(pack_id)
    act.record(found.pack, number=found.pack.case_number)
    return found
