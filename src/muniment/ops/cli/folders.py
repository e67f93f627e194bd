"""`muniment ledger verify --folder`: a copied log, verified by whoever has it, without its installation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from muniment.ops.cli.answers import answer
from muniment.proof.folder import Seen, verify_folder
from muniment.proof.note import LARGEST_NOTE, Key
from muniment.proof.policy import Policy
from muniment.spine.errors import Invalid


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_NOTE + 1)
    except OSError:
        raise Invalid("A checkpoint cannot be read.", where=path.name) from None


def verify_copy(  # one for each option
    folder: Path,
    keys: Sequence[Key] | None,
    kept: Sequence[Path],
    policy: Policy | None,
    *,
    hashes_only: bool,
    as_json: bool,
) -> int:
    """Verify a copied folder and say what was found; exit 1 when something does not hold, 2 when it is not known.

    :raises Invalid: without keys: those that would lie in the folder prove nothing about who holds them.
    """
    if not keys:
        raise Invalid(
            "A copied folder is verified by keys from elsewhere.",
            todo="Give them: --trust FILE (muniment ledger checkpoint --keys prints them on the installation).",
            where="trust",
        )
    notes = [(path.name, _read(path)) for path in kept]
    seen = verify_folder(folder, keys, kept=notes, policy=policy, hashes_only=hashes_only)
    open_question = policy is not None and seen.quorum is None
    holds = False if not seen.holds else None if open_question else True
    told: dict[str, Any] = {
        "holds": holds,
        "log": seen.origin,
        "size": seen.size,
        "root": seen.root.hex(),
        "entries": seen.entries,
        "pruned": seen.pruned,
        "checkpoints": seen.checkpoints,
        "witnessed": seen.quorum,
        "faults": seen.faults,
        "notes": seen.notes,
    }
    answer(told, as_json=as_json, words=_words(seen, holds=holds))
    return {True: 0, False: 1, None: 2}[holds]


def _words(seen: Seen, *, holds: bool | None) -> list[str]:
    ends = {
        True: "Everything holds.",
        None: "Not everything could be checked: see the lines above.",
        False: "Something does not hold: see the lines above.",
    }
    head = (
        [f"{seen.origin}: {seen.entries} of {seen.size} entries read, {seen.checkpoints} checkpoints held"]
        if seen.origin
        else []
    )
    return [*head, *(f"  {one}" for one in (*seen.faults, *seen.notes)), ends[holds]]
