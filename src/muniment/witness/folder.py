"""The witness's folder: its name and address, its key, its certificate, and the logs that it knows.

Rules: made once and never written over; the key belongs to its owner alone; the logs stand in a file in the syntax of
C2SP tlog-policy, to which known logs are added and which anybody can read.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from muniment.proof.errors import Malformed
from muniment.proof.note import Key
from muniment.proof.policy import LOG_KINDS, parse_policy
from muniment.proof.signer import Signer, new_signer, signer_from_pem
from muniment.proof.succession import follow_keys
from muniment.spine.certificate import certify, write_new
from muniment.spine.errors import Absent, Clash, Invalid, Refused

SETTINGS, KEY, LOGS, TLS = "witness.toml", "key.pem", "logs.policy", "tls"
HEAD: Final = (
    "# The logs that this witness knows, in the syntax of C2SP tlog-policy: log VKEY\n"
    "# Add one with: muniment witness trust --state FOLDER FILE, and start the witness anew.\n"
    "quorum none\n"
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a witness was told when it was made; a person may change all but the name."""

    name: str
    url: str
    host: str
    port: int


def make(folder: Path, settings: Settings, now: datetime) -> Signer:
    """Make the folder of a new witness, with a new key and a certificate for its address.

    :raises Clash: when there is anything in the folder.
    :raises Invalid: when name or address cannot be used.
    """
    host = _host(settings.url)
    signer = new_signer(settings.name)
    try:
        parse_policy(
            "".join(f"witness {at} {key.encode()}\n" for at, key in _named(signer)).encode()
            + b"quorum none\n"
        )
    except Malformed:
        raise Invalid(
            "A witness's name has 1 to 255 signs without spaces and plus signs.",
            todo="Use an address that is yours, like witness.example/one.",
        ) from None
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise Clash("There is something in this folder already.", todo="Name a new one.")
    folder.chmod(0o700)
    certify(folder / TLS, [host], now)
    write_new(folder / LOGS, HEAD.encode(), mode=0o600)
    lines = [f"{name} = {_toml(getattr(settings, name))}\n" for name in Settings.__slots__]
    write_new(folder / SETTINGS, "".join(lines).encode(), mode=0o600)
    # Last, so that a folder with a key is whole.
    write_new(folder / KEY, signer.to_pem(), mode=0o600)
    return signer


def settings(folder: Path) -> Settings:
    """Read what the witness was told.

    :raises Absent: when there is no witness in the folder.
    :raises Invalid: when the file cannot be read.
    """
    if not (folder / KEY).is_file():
        raise Absent("There is no witness in this folder.", todo="Make one with: muniment witness init.")
    try:
        read = tomllib.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        found = Settings(**read)
        wrong = any(type(getattr(found, name)) is not kind for name, kind in _KINDS.items())
        if wrong or not 0 < found.port < 65536:
            raise ValueError  # told below with the others
    except (OSError, ValueError, TypeError):
        raise Invalid(f"The file {SETTINGS} cannot be read.", todo="Mend it.", where=SETTINGS) from None
    return found


_KINDS: Final = {"name": str, "url": str, "host": str, "port": int}


def signer(folder: Path) -> Signer:
    """Read the witness's keys.

    :raises Malformed: when they are damaged.
    """
    return signer_from_pem(settings(folder).name, (folder / KEY).read_bytes())


def known(folder: Path) -> dict[str, tuple[Key, ...]]:
    """Read the keys of the known logs by origin.

    :raises Malformed: when the file breaks the syntax.
    """
    found: dict[str, tuple[Key, ...]] = {}
    for key in parse_policy((folder / LOGS).read_bytes()).log_keys:
        found[key.name] = (*found.get(key.name, ()), key)
    return found


def trust(folder: Path, keys: Iterable[Key]) -> tuple[str, ...]:
    """Add the keys of logs that are not known yet, and return whose were added.

    :raises Malformed: when a key is none of a log.
    :raises Refused: when the log is known under other keys: new ones count only if those announced them.
    """
    settings(folder)
    raw = (folder / LOGS).read_bytes()
    held = set(parse_policy(raw).log_keys)
    fresh = [key for key in keys if key not in held]
    if {key.name for key in fresh} & {key.name for key in held}:
        raise Refused(
            "This log is known here under other keys.",
            todo="Ask its operator for the file of `muniment ledger checkpoint --succession`.",
        )
    return _add(folder, raw, fresh)


def follow(folder: Path, succession: bytes) -> tuple[str, ...]:
    """Take the keys of a log that follow those which are known, and let go of those that it let go of.

    :raises Malformed: when the known keys did not announce them.
    """
    raw = (folder / LOGS).read_bytes()
    line = follow_keys(succession, parse_policy(raw).log_keys)
    gone = {f"log {key.encode()}\n".encode() for key in set(line.keys) - set(line.newest)}
    left = b"".join(one for one in raw.splitlines(keepends=True) if one not in gone)
    held = set(parse_policy(left).log_keys)
    return _add(folder, left, [key for key in line.newest if key not in held])


def _add(folder: Path, raw: bytes, fresh: list[Key]) -> tuple[str, ...]:
    if any(key.kind not in LOG_KINDS for key in fresh):
        raise Malformed("A key is none of a log.")
    changed = raw + "".join(f"log {key.encode()}\n" for key in fresh).encode()
    parse_policy(changed)
    aside = folder / f"{LOGS}.new"
    with aside.open("wb") as file:
        file.write(changed)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(folder / LOGS)
    return tuple(dict.fromkeys(key.name for key in fresh))


def policy_lines(signer: Signer, url: str) -> str:
    """Write what an auditor puts into a policy to trust this witness: both keys, and a group that asks for both."""
    named = _named(signer)
    lines = [f"witness {at} {key.encode()} {url}\n" for at, key in named]
    return "".join(lines) + f"group {signer.name} all {' '.join(at for at, _ in named)}\n"


def _named(signer: Signer) -> list[tuple[str, Key]]:
    return [
        (f"{signer.name}#{kind}", key)
        for kind, key in zip(("ed25519", "mldsa44"), signer.cosigner_keys, strict=True)
    ]


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if (
        not host
        or parts.scheme != "https"
        or parts.query
        or parts.fragment
        or not url.isascii()
        or " " in url
    ):
        raise Invalid(
            "The address is none that begins with https://.", todo="Write it like https://host:port."
        )
    return host


def _toml(value: str | int) -> str:
    return (
        str(value) if isinstance(value, int) else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    )
