"""The pairs: each part, each fault, once so that nothing is persisted, once so that it is persisted all the same.

A cell says where the process comes to grief; or, in words, why the pair cannot be. `docs/faults.md` shows this table.
"""

from __future__ import annotations

from dataclasses import dataclass

PARTS = {
    "sequencer": "the sequencer, giving waiting events their places",
    "publisher": "the publisher, writing tiles and signing the head",
    "witness": "the call to a witness",
    "keys": "the destruction of keys",
    "stamping": "the call to a time-stamp authority",
    "erasure": "an erasure that was ordered",
    "pruning": "pruning",
    "rotation": "new keys of a log",
}
FAULTS = {
    "killed": "killed (`SIGKILL`)",
    "full": "the disk is full",
    "eio": "the disk fails (`EIO`)",
    "readonly": "the folder is read-only",
    "half": "a half-written file",
    "network": "the line is cut",
    "two": "two at once, one of them killed",
}


@dataclass(frozen=True)
class Cell:
    """One pair.

    :param where: the place, ``module:function``; ``commit`` is the commit of the database.
    :param when: whether the process passes the place before it comes to grief.
    :param half: the file, below the folder of the part, that is cut in half afterwards.
    :param stops: part of the reason that the next start gives, when somebody must act first; else it goes on by itself.
    :param on: the database on which it can be; both when it is empty.
    """

    where: str
    when: str = "before"
    half: str = ""
    stops: str = ""
    on: str = ""


WRITER = "muniment.proof.tiles:TileWriter"
DESTROY = "muniment.spine.keyring:Keyring.destroy_many"
NOTE_HEAD = "muniment.lifecycle.executing:note_head"
JOURNAL = "muniment.lifecycle.journal:Book.append"
PUT = "pathlib:Path.replace"
BOUND = "muniment.ledger.pruning.acts:prune"
ANNOUNCED = "muniment.ledger.trust.rotation:rotate_key"
STEPS = "muniment.ledger.trust.rotation:_write_steps"
TOKEN = "muniment.ledger.time.tokens:keep"
NEW_KEYS = "muniment.ledger.logs:keep"
BEGIN = "tests.faults.deeds:begun"

#: Reasons for which a pair cannot be.
OWN_FILES = "the part writes into the database alone"
WHOLE = "a commit that finds no room is taken back whole"
NO_LINE = "nothing goes over a line but to the database; see the commit of the sequencer"
SERVER = "a server of PostgreSQL says itself that its disk is full; to us it is a failed commit, as in the row of `EIO`"
STORE = "the key store's file is written by its library, which takes back what it cannot write whole"
LINE_FIRST = "the line of the journal comes first and is on the disk: see the row of erasure"

TABLE: dict[tuple[str, str], tuple[Cell | str, Cell | str]] = {
    ("sequencer", "killed"): (Cell("commit"), Cell("commit", "after")),
    ("sequencer", "full"): (Cell(BEGIN, on="sqlcipher"), WHOLE),
    ("sequencer", "eio"): (Cell("commit"), Cell("commit", "after")),
    ("sequencer", "readonly"): (Cell(BEGIN, on="sqlcipher"), WHOLE),
    ("sequencer", "half"): (OWN_FILES, OWN_FILES),
    ("sequencer", "network"): (Cell("commit", on="postgresql"), Cell("commit", "after", on="postgresql")),
    ("sequencer", "two"): (Cell("commit"), Cell("commit", "after")),
    ("publisher", "killed"): (Cell("muniment.ledger.publish:sign_checkpoint"), Cell(f"{WRITER}.publish")),
    ("publisher", "full"): (Cell(f"{WRITER}._create"), Cell(f"{WRITER}.publish")),
    ("publisher", "eio"): (Cell(f"{WRITER}._sync_folder"), Cell(f"{WRITER}.publish")),
    ("publisher", "readonly"): (Cell(f"{WRITER}._create"), Cell(f"{WRITER}.publish")),
    ("publisher", "half"): (
        Cell(f"{WRITER}._create", "after", half="tile/entries/000.p/*", stops="the log would fork"),
        Cell(PUT, half=".checkpoint.new"),
    ),
    ("publisher", "network"): (NO_LINE, NO_LINE),
    ("publisher", "two"): (Cell("muniment.ledger.publish:sign_checkpoint"), Cell(f"{WRITER}.publish")),
    ("witness", "killed"): (Cell(f"{WRITER}.cosign"), Cell(f"{WRITER}.cosign", "after")),
    ("witness", "full"): (Cell(f"{WRITER}.cosign"), Cell(f"{WRITER}.cosign", "after")),
    ("witness", "eio"): (Cell(f"{WRITER}.cosign"), Cell(f"{WRITER}.cosign", "after")),
    ("witness", "readonly"): (Cell(f"{WRITER}.cosign"), Cell(f"{WRITER}.cosign", "after")),
    ("witness", "half"): (
        Cell(PUT, half=".checkpoint.new"),
        Cell(f"{WRITER}.keep", "after", half="witnessed"),
    ),
    ("witness", "network"): (Cell("line", "before"), Cell("line", "after")),
    ("witness", "two"): (Cell(f"{WRITER}.cosign"), Cell(f"{WRITER}.cosign", "after")),
    ("keys", "killed"): (Cell(DESTROY), Cell(DESTROY, "after")),
    ("keys", "full"): (Cell(DESTROY), Cell(DESTROY, "after", on="sqlcipher")),
    ("keys", "eio"): (Cell(DESTROY), Cell(DESTROY, "after")),
    ("keys", "readonly"): (STORE, STORE),
    ("keys", "half"): (STORE, STORE),
    ("keys", "network"): (NO_LINE, NO_LINE),
    ("keys", "two"): (Cell(DESTROY), Cell(DESTROY, "after")),
    ("stamping", "killed"): (Cell(TOKEN), Cell(TOKEN, "after")),
    ("stamping", "full"): (Cell(TOKEN), Cell(TOKEN, "after")),
    ("stamping", "eio"): (Cell(TOKEN), Cell(TOKEN, "after")),
    ("stamping", "readonly"): (Cell(TOKEN), Cell(TOKEN, "after")),
    ("stamping", "half"): (
        Cell(PUT, half="time/.*.new"),
        "a token is on the disk before it gets its name; one that is cut later is named by `ledger verify`",
    ),
    ("stamping", "network"): (Cell("line", "before"), "an answer that is cut is no token"),
    ("stamping", "two"): (Cell(TOKEN), Cell(TOKEN, "after")),
    ("erasure", "killed"): (Cell(JOURNAL), Cell(JOURNAL, "after")),
    ("erasure", "full"): (Cell(JOURNAL), Cell(JOURNAL, "after")),
    ("erasure", "eio"): (Cell("os:pwrite"), Cell(NOTE_HEAD)),
    ("erasure", "readonly"): (Cell(BEGIN), LINE_FIRST),
    ("erasure", "half"): (Cell(JOURNAL, "after", half="erasures"), LINE_FIRST),
    ("erasure", "network"): (NO_LINE, Cell("commit", on="postgresql")),
    ("erasure", "two"): (Cell(JOURNAL), Cell(JOURNAL, "after")),
    ("pruning", "killed"): (Cell(BOUND), Cell(BOUND, "after")),
    ("pruning", "full"): (Cell(BEGIN, on="sqlcipher"), Cell("muniment.ledger.pruning.shown:show")),
    ("pruning", "eio"): (Cell(BOUND), Cell("muniment.ledger.taking:_unlink")),
    ("pruning", "readonly"): (Cell(BEGIN, on="sqlcipher"), Cell("muniment.ledger.taking:_unlink")),
    ("pruning", "half"): (
        "nothing is written but the database before a bound is signed",
        Cell("muniment.ledger.pruning.shown:show", "after", half="pruned.json"),
    ),
    ("pruning", "network"): (Cell(BOUND, on="postgresql"), Cell(BOUND, "after", on="postgresql")),
    ("pruning", "two"): (Cell(BOUND), Cell(BOUND, "after")),
    ("rotation", "killed"): (Cell(ANNOUNCED), Cell(ANNOUNCED, "after")),
    ("rotation", "full"): (Cell(NEW_KEYS), Cell(STEPS)),
    ("rotation", "eio"): (Cell(NEW_KEYS), Cell(STEPS)),
    ("rotation", "readonly"): (Cell(NEW_KEYS), Cell(STEPS)),
    ("rotation", "half"): (
        Cell(ANNOUNCED, half="*.1.sealed", stops="cannot be opened"),
        "keys are on the disk before they are announced; without them a log grows and is not signed",
    ),
    ("rotation", "network"): (Cell(ANNOUNCED, on="postgresql"), Cell(ANNOUNCED, "after", on="postgresql")),
    ("rotation", "two"): (Cell(ANNOUNCED), Cell(ANNOUNCED, "after")),
}
OUTCOMES = ("not persisted", "persisted")


def page() -> str:
    """Return the table as `docs/faults.md` shows it."""
    lines = ["| what | fault | failed, not persisted | failed, but persisted |", "| --- | --- | --- | --- |"]
    for (part, fault), pair in TABLE.items():
        shown = " | ".join(_shown(cell) for cell in pair)
        lines.append(f"| {PARTS[part]} | {FAULTS[fault]} | {shown} |")
    return "\n".join(lines) + "\n"


def _shown(cell: Cell | str) -> str:
    if isinstance(cell, str):
        return f"(cannot be: {cell})"
    places = {"commit": "the commit", "line": "the other side hears it", BEGIN: "it begins"}
    place = places.get(cell.where, f"`{cell.where.rpartition('.')[2].replace(':', '.')}`")
    told = f"{cell.when} {place}"
    told += f", `{cell.half}` cut" if cell.half else ""
    told += "; somebody must act" if cell.stops else ""
    return told + (f" ({'SQLCipher' if cell.on == 'sqlcipher' else 'PostgreSQL'})" if cell.on else "")


def cells() -> list[tuple[str, str, str, Cell]]:
    """Return (part, fault, outcome, cell) of every pair that can be."""
    return [
        (part, fault, outcome, cell)
        for (part, fault), pair in TABLE.items()
        for outcome, cell in zip(OUTCOMES, pair, strict=True)
        if isinstance(cell, Cell)
    ]
