"""The time-stamp authorities that an installation names: whom it asks, and whose word it trusts.

Rules: trust comes from the files that the operator named and from nowhere else, never from a token; an authority that
is no longer asked keeps its line, with ``-`` for its address, so that its old tokens can still be verified.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from muniment.proof.errors import Malformed
from muniment.proof.timestamp import TEST_MARK
from muniment.proof.x509 import LARGEST_CHAIN, Certificate, parse_certificates
from muniment.spine import config
from muniment.spine.errors import Invalid

#: How many are asked.
MOST: Final = 2
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_POLICY: Final = re.compile(r"[0-2](\.(0|[1-9][0-9]{0,39})){1,40}")


@dataclass(frozen=True, slots=True)
class Authority:
    """A time-stamp authority as the settings name it.

    :param url: where it is asked; empty when it is not asked any more.
    :param roots: certificates that are trusted. :param others: further ones of its file, to be found on the way.
    :param policy: the policy that its tokens must state; empty when any will do.
    """

    name: str
    url: str
    roots: tuple[Certificate, ...]
    others: tuple[Certificate, ...]
    policy: str = ""

    @property
    def test(self) -> bool:
        """Whether its own certificates say that it is a test authority."""
        return any(TEST_MARK in one.called.casefold() for one in self.roots)


def named() -> tuple[Authority, ...]:
    """Return every authority of the settings, asked or not.

    :raises Invalid: when a line or a file of certificates cannot be read.
    """
    found = [_one(line) for line in config.current().timestamp_authorities]
    if len({one.name for one in found}) < len(found):
        raise _wrong("Two time-stamp authorities have one name.")
    if sum(bool(one.url) for one in found) > MOST:
        raise _wrong(f"More than {MOST} time-stamp authorities are named.")
    return tuple(found)


def _one(line: str) -> Authority:
    words = line.split()
    if not 3 <= len(words) <= 4 or not _NAME.fullmatch(words[0]):
        raise _wrong("A time-stamp authority is not named as it must be.")
    name, url, file, *policy = words
    if url != "-" and not url.startswith("https://"):
        raise _wrong("The address of a time-stamp authority does not begin with https://.")
    if policy and not _POLICY.fullmatch(policy[0]):
        raise _wrong("The policy of a time-stamp authority is not written as numbers with points.")
    try:
        with (config.current().home / Path(file)).open("rb") as opened:
            held = parse_certificates(opened.read(LARGEST_CHAIN + 1))
    except Malformed as why:
        raise _wrong(why.what) from None
    except OSError:
        raise _wrong("The certificates of a time-stamp authority cannot be read.") from None
    roots = tuple(one for one in held if one.issuer == one.subject) or held
    others = tuple(one for one in held if one not in roots)
    return Authority(name, "" if url == "-" else url, roots, others, policy[0] if policy else "")


def _wrong(what: str) -> Invalid:
    return Invalid(
        what,
        todo="Mend MUNIMENT_TIMESTAMP_AUTHORITIES: a name, an address, a file, with spaces between.",
        where="timestamp_authorities",
    )
