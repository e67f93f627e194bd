"""Whom an auditor trusts: logs, witnesses and a quorum of them, in one file (C2SP tlog-policy).

Rules: the file is bytes; names are opaque and compared byte by byte. Each name is defined before it is used and is a
member of one group at most, so that nobody counts twice. Stricter than the format: no key may speak both for a log and
for a witness. What this machine cannot check counts neither for nor against: then the quorum is *not known*.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from muniment.proof.checkpoint import Checkpoint, open_checkpoint
from muniment.proof.errors import Malformed
from muniment.proof.note import (
    COSIGNED_ED25519,
    COSIGNED_MLDSA44,
    ED25519,
    Key,
    Signature,
    parse_key,
    parse_note,
)

LARGEST_POLICY = 1024 * 1024
MOST_NAMES = 512
NONE = b"none"
LOG_KINDS = (ED25519, COSIGNED_MLDSA44)
WITNESS_KINDS = (COSIGNED_ED25519, COSIGNED_MLDSA44)
_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_SPACE = re.compile(rb"[ \t]+")
_COUNT = re.compile(rb"[1-9][0-9]{0,3}")


@dataclass(frozen=True)
class Party:
    """A log or a witness: its key, where it answers (or nothing), and the witness's name within the policy."""

    key: Key
    url: str = ""
    name: bytes = b""


@dataclass(frozen=True)
class Group:
    """Members (witnesses or groups) of which at least `least` must have witnessed."""

    name: bytes
    least: int
    members: tuple[bytes, ...]


@dataclass(frozen=True)
class Policy:
    """A policy file taken apart."""

    logs: tuple[Party, ...]
    witnesses: tuple[Party, ...]
    groups: tuple[Group, ...]
    quorum: bytes

    @property
    def log_keys(self) -> tuple[Key, ...]:
        """The keys of the logs."""
        return tuple(one.key for one in self.logs)

    @property
    def witness_keys(self) -> tuple[Key, ...]:
        """The keys of the witnesses."""
        return tuple(one.key for one in self.witnesses)

    def met(self, good: Iterable[Key], unchecked: Iterable[Key] = ()) -> bool | None:
        """Say whether these cosignatures reach the quorum.

        :param unchecked: keys whose cosignature is there and could not be checked on this machine.
        :returns: True or False, or None when it depends on what could not be checked.
        """
        sure = set(good)
        if self._reached(sure):
            return True
        return None if self._reached(sure | set(unchecked)) else False

    def _reached(self, keys: set[Key]) -> bool:
        reached = {NONE} | {one.name for one in self.witnesses if one.key in keys}
        for group in self.groups:
            if sum(member in reached for member in group.members) >= group.least:
                reached.add(group.name)
        return self.quorum in reached


@dataclass(frozen=True)
class Witnessed:
    """What a cosigned checkpoint says under a policy.

    :param quorum: True, False, or None when it depends on a signature that this machine cannot check.
    :param times: for each witness whose cosignature holds, its name in the policy and the second it signed, if it says.
    """

    checkpoint: Checkpoint
    quorum: bool | None
    good: tuple[Key, ...]
    unchecked: tuple[Key, ...]
    times: dict[bytes, int]


@dataclass
class _Reading:
    """The lines of a policy read so far."""

    logs: list[Party] = field(default_factory=list)
    witnesses: list[Party] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    quorum: bytes = b""
    names: set[bytes] = field(default_factory=set)
    members: set[bytes] = field(default_factory=set)
    publics: set[bytes] = field(default_factory=set)

    def log(self, words: list[bytes]) -> None:
        if len(words) not in (1, 2):
            raise Malformed("A log is written: log VKEY [URL].")
        self.logs.append(Party(self._key(words[0], "log", LOG_KINDS), _text(words[1:])))

    def witness(self, words: list[bytes]) -> None:
        if len(words) not in (2, 3):
            raise Malformed("A witness is written: witness NAME VKEY [URL].")
        key = self._key(words[1], "witness", WITNESS_KINDS)
        self.witnesses.append(Party(key, _text(words[2:]), self._defined(words[0])))

    def group(self, words: list[bytes]) -> None:
        if len(words) < 3:
            raise Malformed("A group is written: group NAME all|any|NUMBER MEMBER…")
        name, how, members = words[0], words[1], tuple(words[2:])
        for member in members:
            if member not in self.names:
                raise Malformed("A group has a member that is not defined on a line before it.")
            if member in self.members:
                raise Malformed("A name is a member of a group twice.")
            self.members.add(member)
        least = {b"all": len(members), b"any": 1}.get(how) or (int(how) if _COUNT.fullmatch(how) else 0)
        if not 1 <= least <= len(members):
            raise Malformed("The number of a group must lie between 1 and the number of its members.")
        self.groups.append(Group(self._defined(name), least, members))

    def rule(self, words: list[bytes]) -> None:
        if len(words) != 1 or self.quorum:
            raise Malformed("There must be one quorum line with one name.")
        if words[0] != NONE and words[0] not in self.names:
            raise Malformed("The quorum names nothing that is defined on a line before it.")
        self.quorum = words[0]

    def _defined(self, name: bytes) -> bytes:
        if name == NONE or name in self.names:
            raise Malformed("A name is defined twice, or is the word none.")
        if len(self.names) >= MOST_NAMES:
            raise Malformed(f"A policy names at most {MOST_NAMES} witnesses and groups.")
        self.names.add(name)
        return name

    def _key(self, raw: bytes, role: str, kinds: tuple[int, ...]) -> Key:
        key = parse_key(_text([raw]))
        if key.kind not in kinds:
            raise Malformed(f"The type of this key is none for a {role}.")
        if key.public in self.publics:
            raise Malformed("A key stands twice in the policy.")
        if len(self.logs) >= MOST_NAMES:
            raise Malformed(f"A policy names at most {MOST_NAMES} logs.")
        self.publics.add(key.public)
        return key


def parse_policy(raw: bytes) -> Policy:
    """Read a policy file.

    :raises Malformed: naming the line, when it breaks a rule of C2SP tlog-policy or one of ours.
    """
    if len(raw) > LARGEST_POLICY:
        raise Malformed("The policy is too long.")
    if not raw.endswith(b"\n"):
        raise Malformed("The policy is empty, or its last line has no end.", todo="End it with a line break.")
    read = _Reading()
    takes = {b"log": read.log, b"witness": read.witness, b"group": read.group, b"quorum": read.rule}
    for number, line in enumerate(raw[:-1].split(b"\n"), start=1):
        words = [word for word in _SPACE.split(line) if word]
        try:
            if _FORBIDDEN.search(line):
                raise Malformed("A control character stands in the policy.")
            if not words or words[0].startswith(b"#"):
                continue
            if words[0] not in takes:
                raise Malformed("A line of a policy begins with log, witness, group or quorum.")
            takes[words[0]](words[1:])
        except Malformed as error:
            raise Malformed(error.what, where=f"line {number}") from None
    if not read.quorum:
        raise Malformed("The policy has no quorum line.", todo="Add one; `quorum none` asks for no witness.")
    if {one.key.name for one in read.logs} & {one.key.name for one in read.witnesses}:
        raise Malformed("A log cannot be a witness of itself.")
    return Policy(tuple(read.logs), tuple(read.witnesses), tuple(read.groups), read.quorum)


def witnessed(raw: bytes, policy: Policy, log_keys: Collection[Key] = ()) -> Witnessed:
    """Verify a cosigned checkpoint under a policy: the log's signatures must hold, then the cosigners are counted.

    :param log_keys: the log's keys where they are known from elsewhere; else those of the policy.
    :raises Malformed: when the log's signature is missing, or a signature of any known key fails.
    """
    if {key.name for key in log_keys} & {key.name for key in policy.witness_keys}:
        raise Malformed("A log cannot be a witness of itself.")
    found, signed = open_checkpoint(raw, (*(log_keys or policy.log_keys), *policy.witness_keys))
    quorum = policy.met(signed.good, signed.unchecked)
    lines = {(one.name, one.key_id): one for one in parse_note(raw).signatures}
    times = {
        party.name: signed_at(lines[party.key.name, party.key.key_id])
        for party in policy.witnesses
        if party.key in signed.good
    }
    return Witnessed(found, quorum, signed.good, signed.unchecked, times)


def signed_at(one: Signature) -> int:
    """Return the second that stands in a cosignature; 0 when it makes no statement about time."""
    return int.from_bytes(one.raw[:8], "big")


def _text(words: list[bytes]) -> str:
    try:
        return b"".join(words).decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("A key or address of the policy is not UTF-8.") from None
