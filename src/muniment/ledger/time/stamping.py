"""Asking time-stamp authorities about the deployment's log, keeping their tokens and putting them on record.

Rules: off the path of every entry, each hour and when somebody asks; what leaves the house is one digest and a number
drawn by chance. A token is kept only when two verifiers (the library and our own) take it under the certificates of the
settings, for this digest and this number. First the file, then the entry: what a crash left between the two is put on
record at the next round.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, VerifierBuilder, decode_timestamp_response
from rfc3161_client.errors import VerificationError

from muniment.ledger import logs
from muniment.ledger.models import Checkpoint, Log
from muniment.ledger.tables.time import Stamp
from muniment.ledger.time import authorities, tokens
from muniment.ledger.time.authorities import Authority
from muniment.ledger.time.onrecord import Fresh, put, tell_tenants
from muniment.proof.checkpoint import parse_checkpoint_text
from muniment.proof.errors import Malformed
from muniment.proof.note import parse_note
from muniment.proof.tiles import TileWriter
from muniment.proof.timestamp import LARGEST_TOKEN, Stamped, parse_response, verify_timestamp
from muniment.spine import ports
from muniment.spine.errors import Busy, MunimentError
from muniment.spine.installation import egress
from muniment.spine.scope import DEPLOYMENT, tenant_scope

#: Between two askings of one authority, and after one that failed.
EVERY: Final = timedelta(hours=1)
AGAIN: Final = timedelta(minutes=5)
#: By how much an authority's clock and ours may differ before somebody is told.
NEAR: Final = timedelta(minutes=5)
#: How long there may be no new token before somebody is told.
LATE: Final = timedelta(hours=3)
ASKED: Final = "stamped.json"
QUERY: Final = "application/timestamp-query"

Post = Callable[[str, bytes], bytes]


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of asking one authority last.

    :param at: when it was asked. :param fault: why there is no token; empty when there is one.
    :param off: seconds by which our clock was ahead of the authority's; 0 when there is no token.
    """

    name: str
    at: datetime
    fault: str = ""
    size: int = 0
    digest: str = ""
    off: int = 0
    test: bool = False

    @property
    def far(self) -> bool:
        """Whether its clock and ours differ by more than they may."""
        return abs(self.off) > NEAR.total_seconds()


def ask_due(now: datetime) -> list[Heard]:
    """Ask every authority whose hour is over; called by the worker.

    :raises Invalid: when the settings of an authority cannot be read.
    """
    asked = [one for one in authorities.named() if one.url]
    before = {one.name: one for one in last_heard()}
    due = [one for one in asked if _is_due(before.get(one.name), now)]
    return ask(due) if due else []


def _is_due(last: Heard | None, now: datetime) -> bool:
    # A clock that was set back must not keep anybody from being asked.
    return last is None or not timedelta() <= now - last.at < (AGAIN if last.fault else EVERY)


def ask(chosen: Sequence[Authority] | None = None, post: Post | None = None) -> list[Heard]:
    """Ask authorities for a token on the newest head of the deployment's log, now.

    :param chosen: whom; all that the settings name when it is not given.
    :param post: how a request is carried; through the one way out when it is not given.
    :raises Invalid: when the settings of an authority cannot be read.
    """
    asked = [one for one in authorities.named() if one.url] if chosen is None else chosen
    house = logs.of(DEPLOYMENT)
    made = recover(house)
    with tenant_scope(DEPLOYMENT):
        newest: Checkpoint | None = Checkpoint.objects.order_by("-size").first()
    if newest is None:
        return []
    text = parse_note(newest.note.encode("utf-8")).text.encode("utf-8")
    heard = []
    for one in asked:
        said, row = _ask_one(house, one, text, post or _post)
        heard.append(said)
        made += [] if row is None else [row]
    if made:
        tell_tenants(made)
    others = [one for one in last_heard() if one.name not in {said.name for said in heard}]
    _remember(house, [*others, *heard])
    return heard


def _post(url: str, query: bytes) -> bytes:
    answer = egress().post(url, query, LARGEST_TOKEN, kind=QUERY)
    if answer.status != 200:
        raise Busy(f"It answered {answer.status}.")
    return answer.body


def _ask_one(house: Log, one: Authority, text: bytes, post: Post) -> tuple[Heard, Stamp | None]:
    """Ask one authority, keep what it answers and put it on record."""
    query = TimestampRequestBuilder().data(text).hash_algorithm(HashAlgorithm.SHA256).build()
    try:
        raw = post(one.url, query.as_bytes())
        at = ports.now()
        found = _verified(one, raw, text, query.nonce)
        off = int((at - found.at).total_seconds())
        row = put(_fresh(one, tokens.keep(house, text, raw), text, found, off))
    except (MunimentError, Malformed) as why:
        return Heard(one.name, ports.now(), why.what), None
    except OSError:
        return Heard(one.name, ports.now(), "The token cannot be written to the disk."), None
    return Heard(one.name, at, "", row.size, row.digest, off, row.test), row


def _fresh(one: Authority, digest: str, text: bytes, found: Stamped, off: int) -> Fresh:
    head = parse_checkpoint_text(text.decode("utf-8"))
    return Fresh(one.name, digest, head.size, head.root.hex(), found.at, off, found.test)


def _verified(one: Authority, raw: bytes, text: bytes, nonce: int | None) -> Stamped:
    """Verify a token twice, by the library and by ourselves.

    :raises Malformed: when one of them does not take it, or it answers another request.
    """
    token = parse_response(raw)
    if nonce is None or token.nonce != nonce:
        raise Malformed("The token answers another request.")
    if one.policy and token.policy != one.policy:
        raise Malformed("The token was given under another policy than the settings ask for.")
    builder = VerifierBuilder(
        nonce=nonce,
        roots=[x509.load_der_x509_certificate(root.raw) for root in one.roots],
        intermediates=[x509.load_der_x509_certificate(other.raw) for other in one.others],
    )
    try:
        builder.build().verify_message(decode_timestamp_response(raw), text)
    except (VerificationError, ValueError):
        raise Malformed("The token does not hold under the certificates of the settings.") from None
    return verify_timestamp(raw, hashlib.sha256(text).digest(), one.roots, one.others)


def recover(house: Log) -> list[Stamp]:
    """Put tokens on record that were kept and not recorded, because something ended in between.

    What does not hold under the settings stays lying, and is no time-stamp.

    :returns: the new rows.
    """
    with tenant_scope(DEPLOYMENT):
        known = set(Stamp.objects.values_list("digest", flat=True))
    made = []
    for digest, text in tokens.kept(house):
        if digest in known:
            continue
        for one in authorities.named():
            try:
                raw = tokens.read(house, digest)
                found = verify_timestamp(raw, hashlib.sha256(text).digest(), one.roots, one.others)
                if not ours(house, text) or hashlib.sha256(raw).hexdigest() != digest:
                    break
                made.append(put(_fresh(one, digest, text, found, 0)))
                break
            except (Malformed, OSError):
                continue
    return made


def ours(house: Log, text: bytes) -> bool:
    """Say whether this is the text of a head that the log published."""
    try:
        head = parse_checkpoint_text(text.decode("utf-8"))
    except (Malformed, UnicodeDecodeError):
        return False
    with tenant_scope(DEPLOYMENT):
        rows = Checkpoint.objects.filter(size=head.size).values_list("root", flat=True)
        return head.origin == house.origin and head.root in [bytes(root) for root in rows]


def _remember(house: Log, heard: Sequence[Heard]) -> None:
    told = [{**asdict(one), "at": one.at.isoformat()} for one in heard]
    TileWriter(logs.folder(house)).keep(ASKED, json.dumps(told, indent=1).encode("utf-8"))


def last_heard() -> list[Heard]:
    """Return what came of the last asking of each authority; nothing where it cannot be read."""
    try:
        told = json.loads((logs.folder(logs.of(DEPLOYMENT)) / ASKED).read_bytes())
        return [Heard(**{**one, "at": datetime.fromisoformat(one["at"])}) for one in told]
    except (OSError, ValueError, KeyError, TypeError):
        return []
