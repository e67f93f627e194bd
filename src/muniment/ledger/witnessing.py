"""Asking witnesses for their cosignatures, and keeping them with the checkpoint.

Rules: off the path of every entry, so logging goes on whether a witness answers or not; asked through the one way out,
which is closed unless the settings open it; what leaves the house is the log's name, its size, its root, hashes and
signatures. The deployment's log is always asked for, a tenant's own if the policy names it; the others are witnessed
through the deployment's, which holds their heads. Nothing is called witnessed without the quorum of the policy.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from muniment.ledger import logs
from muniment.ledger.models import Checkpoint, Log
from muniment.ledger.trust import accepting
from muniment.proof.checkpoint import check_signature, parse_checkpoint
from muniment.proof.errors import Malformed
from muniment.proof.kept import COSIGNED, LARGEST_SMALL, WITNESSED, cosigned_sizes, read_file
from muniment.proof.mirror import LACKING, write_given
from muniment.proof.note import Key, Signature, parse_keys, parse_note, parse_signatures
from muniment.proof.policy import LARGEST_POLICY, Party, Policy, witnessed
from muniment.proof.tiles import Tiles, TileWriter, encode_bundle
from muniment.proof.witness import write_submission
from muniment.spine import config
from muniment.spine.errors import Invalid, MunimentError
from muniment.spine.installation import egress
from muniment.spine.scope import DEPLOYMENT, tenant_scope

#: What came of the last asking, beside the log's own files.
ASKED: Final = "asked.json"
#: So many cosigned heads are kept, the newest ones; what came before is covered by the oldest of them.
MOST_KEPT: Final = 500
NOT_KEPT: Final = "It signed, and the signature could not be written here."
LARGEST_ANSWER: Final = 256 * 1024
AT_ONCE: Final = 8
#: Entries that a mirror is given in one request; each is at most 4 KiB.
GIVEN_AT_ONCE: Final = 256

#: The size that a witness cosigned last, by log and address; only saves a request, so it may be forgotten.
_sizes: dict[tuple[str, str], int] = {}


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of asking one address.

    :param fault: why there is no cosignature; empty when there is.
    :param alarm: whether the witness holds a head that ours does not continue.
    """

    url: str
    fault: str = ""
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class Round:
    """One asking: for which size, when, and what each address said."""

    size: int
    at: datetime
    heard: tuple[Heard, ...]


def policy() -> Policy | None:
    """Return whom this installation asks, as two persons accepted it, or None when nobody was.

    :raises Invalid: when the settings name a file that is not there.
    """
    return accepting.in_force().policy


def read_policy(path: Path) -> Policy:
    """Read a policy file.

    :raises Invalid: when it cannot be read.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_POLICY + 1)
    except OSError:
        raise Invalid("The file of the witnesses cannot be read.", where="witness policy") from None
    return accepting.read(raw)


def chosen(found: Policy) -> list[Log]:
    """Return the logs that witnesses are asked about: the deployment's, and those that the policy names."""
    named = {key.name for key in found.log_keys}
    return [log for log in logs.every() if log.tenant_id == DEPLOYMENT or log.origin in named]


def ask_all(now: datetime) -> dict[str, Round]:
    """Ask every witness that has not cosigned the newest published head of a log.

    :returns: what came of it, by log; logs that have every cosignature are left out.
    :raises Invalid: when the policy cannot be read.
    """
    found = policy()
    if found is None or not any(one.url for one in found.witnesses):
        return {}
    done = {}
    for log in chosen(found):
        made = ask(log, found, now)
        if made is not None:
            done[log.origin] = made
    return done


def ask(log: Log, found: Policy, now: datetime) -> Round | None:
    """Ask the witnesses about one log's newest head, and keep the cosignatures with its checkpoint.

    :returns: None when there is nothing to ask for.
    """
    with tenant_scope(log.tenant_id):
        newest: Checkpoint | None = Checkpoint.objects.order_by("-size").first()
    if newest is None:
        return None
    own = newest.note.encode("utf-8")
    writer = TileWriter(logs.folder(log))
    # Only lines that hold are counted as gathered: a damaged file must not keep a witness from being asked again.
    there = [*parse_note(dressed(log, own)).signatures, *_signatures(own, kept_at(log, newest.size))]
    held = _good(own, there, set(found.witness_keys))
    raw = own + b"".join(line.encode().encode("utf-8") for line in held)
    lacking = _lacking(raw, found)
    if not lacking:
        _kept(log, own, raw, found, writer)
        return None
    urls = list(dict.fromkeys(one.url for one in lacking))
    keys = {one.key for one in lacking}
    heard: dict[str, Heard] = {}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        # Each answer is kept as it comes: the quorum does not wait for a slow one, which still adds to it.
        for answer in as_completed([pool.submit(_ask_one, log, own, url) for url in urls]):
            one, said = answer.result()
            lines = _good(own, said, keys)
            raw += "".join(line.encode() for line in lines).encode("utf-8")
            heard[one.url] = _judged(one, lacking, {(line.name, line.key_id) for line in lines})
            if lines and not _kept(log, own, raw, found, writer):
                heard[one.url] = Heard(one.url, NOT_KEPT)
    made = Round(newest.size, now, tuple(heard[url] for url in urls))
    told = {"size": made.size, "at": now.isoformat(), "heard": [asdict(one) for one in made.heard]}
    with suppress(OSError):
        writer.keep(ASKED, json.dumps(told, indent=1).encode("utf-8"))
    return made


def _kept(log: Log, own: bytes, raw: bytes, found: Policy, writer: TileWriter) -> bool:
    """Put cosignatures on the disk; when that fails they are asked for again, and the witness gives them again."""
    try:
        if dressed(log, own) != raw:
            writer.cosign(own, raw)
        _keep_witnessed(log, found, raw, writer)
        _keep_cosigned(log, own, raw, writer)
    except OSError:
        return False
    return True


def _keep_cosigned(log: Log, own: bytes, raw: bytes, writer: TileWriter) -> None:
    """Keep who signed this head beside those before it, and let the oldest go."""
    size = parse_checkpoint(own).size
    if raw == own or kept_at(log, size) == raw:
        return
    writer.keep(f"{COSIGNED}/{size}", raw)
    for old in cosigned_sizes(logs.folder(log))[:-MOST_KEPT]:
        (logs.folder(log) / COSIGNED / str(old)).unlink(missing_ok=True)


def kept_at(log: Log, size: int) -> bytes:
    """Return the head of a log at a size with the cosignatures that are kept, unverified; nothing when none are."""
    try:
        return read_file(logs.folder(log) / COSIGNED / str(size), LARGEST_SMALL) or b""
    except Malformed:
        return b""


def _signatures(own: bytes, raw: bytes) -> tuple[Signature, ...]:
    """Return the lines below a kept head; nothing when it is another one than this."""
    with suppress(Malformed):
        if raw.startswith(own):
            return parse_note(raw).signatures
    return ()


def _judged(one: Heard, lacking: Iterable[Party], got: set[tuple[str, bytes]]) -> Heard:
    """Note an address that answered without a good signature of every key that is expected there."""
    wanted = {(party.key.name, party.key.key_id) for party in lacking if party.url == one.url}
    if one.fault or wanted <= got:
        return one
    return Heard(one.url, "It answered, but not with the signatures of its keys in the policy.")


def _lacking(raw: bytes, found: Policy) -> list[Party]:
    held = {(one.name, one.key_id) for one in parse_note(raw).signatures}
    return [one for one in found.witnesses if one.url and (one.key.name, one.key.key_id) not in held]


def _good(own: bytes, said: Iterable[Signature], keys: set[Key]) -> list[Signature]:
    """Keep the lines of keys that were asked for and that hold, each key once."""
    text = parse_note(own).text
    known = {(key.name, key.key_id): key for key in keys}
    kept = []
    for line in said:
        key = known.get((line.name, line.key_id))
        if key is not None and check_signature(key, text, line.raw):
            kept.append(line)
            del known[line.name, line.key_id]
    return kept


def _ask_one(log: Log, own: bytes, url: str) -> tuple[Heard, tuple[Signature, ...]]:
    """Ask one address, and once more if it says that it stands at another size."""
    head = parse_checkpoint(own)
    tiles = Tiles(logs.folder(log), head.size)
    old = _sizes.get((log.origin, url), 0)
    if old > head.size:  # a log that was set back: the witness is to say so itself
        old = 0
    try:
        for _attempt in range(3):
            proof = tiles.consistency(old) if old else []
            answer = egress().post(
                f"{url.rstrip('/')}/add-checkpoint", write_submission(old, proof, own), LARGEST_ANSWER
            )
            if answer.status == 200:
                _sizes[log.origin, url] = head.size
                return Heard(url), parse_signatures(answer.body)
            told = answer.body.decode("ascii", "replace").strip()
            if answer.status == LACKING and url in config.current().witness_mirrors:
                _give(log, tiles, url, told)
                continue
            if answer.status != 409 or not told.isdecimal() or len(told) > 19:
                break
            _sizes.pop((log.origin, url), None)
            if int(told) > head.size:
                return Heard(url, f"It has cosigned a larger log, of {told} entries.", alarm=True), ()
            if int(told) == old:
                return Heard(url, "It has cosigned another root at this size.", alarm=True), ()
            old = int(told)
    except (MunimentError, Malformed) as why:
        return Heard(url, why.what), ()
    meaning = {
        403: "It does not accept the log's signature.",
        404: "It does not know this log.",
        422: "It says that this head does not continue the one that it cosigned.",
        LACKING: "It keeps a copy, and has not been given the entries of this head.",
    }
    return Heard(
        url, meaning.get(answer.status, f"It answered {answer.status}."), alarm=answer.status == 422
    ), ()


def _give(log: Log, tiles: Tiles, url: str, told: str) -> None:
    """Give a mirror the entries that it lacks, some at a time; what it makes of them its next answer says.

    :raises MunimentError, Malformed: when they cannot be read or sent.
    """
    first = int(told) if told.isdecimal() and len(told) < 20 else tiles.size
    while first < tiles.size:
        last = min(tiles.size, first + GIVEN_AT_ONCE)
        body = write_given(log.origin, first, encode_bundle(tiles.entries(first, last)))
        answer = egress().post(f"{url.rstrip('/')}/add-entries", body, LARGEST_ANSWER)
        if answer.status != 200:
            return
        first = last


def dressed(log: Log, own: bytes) -> bytes:
    """Return a checkpoint with the cosignatures that were gathered for it, or as it is."""
    with suppress(OSError, Malformed):
        shown = (logs.folder(log) / "checkpoint").read_bytes()
        if shown.startswith(own) and parse_note(shown).text == parse_note(own).text:
            return shown
    return own


def _keep_witnessed(log: Log, found: Policy, raw: bytes, writer: TileWriter) -> None:
    with suppress(Malformed):
        if kept_witnessed(log) != raw and witnessed(raw, found, parse_keys(log.vkeys.encode())).quorum:
            writer.keep(WITNESSED, raw)


def kept_witnessed(log: Log) -> bytes:
    """Return the cosigned checkpoint that last had the quorum; nothing when there is none."""
    try:
        return (logs.folder(log) / WITNESSED).read_bytes()
    except OSError:
        return b""


def last_round(log: Log) -> Round | None:
    """Return what came of the last asking, or None when there was none or it cannot be read."""
    try:
        told = json.loads((logs.folder(log) / ASKED).read_bytes())
        heard = tuple(Heard(**one) for one in told["heard"])
        return Round(int(told["size"]), datetime.fromisoformat(told["at"]), heard)
    except (OSError, ValueError, KeyError, TypeError):
        return None
