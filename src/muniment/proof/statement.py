"""The signed statement of a pack: an in-toto Statement v1 with the predicate `proofpack/0` (draft).

Rules: the subjects are all members that the statement can name, sorted, with their SHA-256; the predicate
holds question, decision, rationale, actors, sources, quotes and limits. Objects that people describe (`case`,
`decision`, `actors`) may hold more keys than the ones that must be there; all else is closed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from muniment.proof.canonical import canonical, encode64, parse, shaped
from muniment.proof.checkpoint import Checkpoint
from muniment.proof.errors import Malformed

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://muniment.example/proofpack/0"
MOST_ROWS = 100_000
CASE_SUBJECT = "cases.Case/"
"""With the case's id behind it: the subject of the events that are about the case itself."""
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")
_STATEMENT: dict[str, type] = {"_type": str, "predicate": dict, "predicateType": str, "subject": list}
_PREDICATE: dict[str, type] = {
    "actors": list,
    "case": dict,
    "decision": dict,
    "draft": bool,
    "evidence": list,
    "limits": list,
    "log": dict,
    "made": str,
    "quotes": list,
    "rationale": str,
    "sources": list,
}
_FILE = {"media_type": str, "name": str, "sha256": str, "size": int}
_QUOTE = {"end": int, "exact": str, "sha256": str, "start": int}


def write_statement(subjects: Mapping[str, str], predicate: Mapping[str, Any]) -> bytes:
    """Write a statement about these members (name to SHA-256 in hex) as canonical JSON.

    :raises Malformed: when a part is missing or of the wrong type; the same rules as in reading.
    """
    raw = canonical(
        {
            "_type": STATEMENT_TYPE,
            "predicate": dict(predicate),
            "predicateType": PREDICATE_TYPE,
            "subject": [{"digest": {"sha256": subjects[name]}, "name": name} for name in sorted(subjects)],
        }
    )
    parse_statement(raw)
    return raw


def parse_statement(raw: bytes) -> tuple[dict[str, str], dict[str, Any]]:
    """Read a statement and return its subjects (name to SHA-256 in hex) and its predicate.

    :raises Malformed: naming the part that breaks a rule.
    """
    held = shaped(parse(raw), _STATEMENT, where="statement")
    if held["_type"] != STATEMENT_TYPE or held["predicateType"] != PREDICATE_TYPE:
        raise Malformed("The statement is of another type than a draft proofpack's.")
    subjects: dict[str, str] = {}
    last = ""
    for one in _rows(held["subject"], "subject"):
        shaped(one, {"digest": dict, "name": str}, where="subject")
        shaped(one["digest"], {"sha256": str}, where="subject")
        if one["name"] <= last:
            raise Malformed("The subjects of the statement are not sorted, or one stands twice.")
        last = one["name"]
        subjects[last] = _digest(one["digest"]["sha256"])
    _require_predicate(held["predicate"])
    return subjects, held["predicate"]


def log_of(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return a checkpoint as it stands in the predicate."""
    return {"origin": checkpoint.origin, "root": encode64(checkpoint.root), "size": checkpoint.size}


def _require_predicate(predicate: dict[str, Any]) -> None:
    shaped(predicate, _PREDICATE, where="predicate")
    _holds(predicate["case"], ("id", "question"), "case")
    _holds(predicate["decision"], ("outcome",), "decision")
    for actor in _rows(predicate["actors"], "actors"):
        _holds(actor, ("id", "kind"), "actors")
    for kind in ("evidence", "sources"):
        for one in _rows(predicate[kind], kind):
            shaped(one, _FILE, optional={"about": dict}, where=kind)
            _digest(one["sha256"])
    for quote in _rows(predicate["quotes"], "quotes"):
        shaped(quote, _QUOTE, optional={"of": str}, where="quotes")
        _digest(quote["sha256"])
        if not 0 <= quote["start"] < quote["end"]:
            raise Malformed("A quote must begin at or after 0 and end after it begins.", where="quotes")
    if not all(isinstance(one, str) for one in _rows(predicate["limits"], "limits")):
        raise Malformed("The limits of the statement must be sentences.", where="limits")
    shaped(predicate["log"], {"origin": str, "root": str, "size": int}, where="log")
    if not predicate["draft"] or not _TIME.fullmatch(predicate["made"]):
        raise Malformed("A version 0 statement says that it is a draft, and when it was made, in UTC.")


def _rows(rows: list[Any], where: str) -> list[Any]:
    if len(rows) > MOST_ROWS:
        raise Malformed(f"A list of the statement has more than {MOST_ROWS} rows.", where=where)
    return rows


def _holds(value: Any, keys: tuple[str, ...], where: str) -> None:
    if not isinstance(value, dict) or not all(isinstance(value.get(key), str) for key in keys):
        raise Malformed(f"There must be an object with the texts {', '.join(keys)}.", where=where)


def _digest(text: str) -> str:
    if not _SHA256.fullmatch(text):
        raise Malformed("A SHA-256 must be 64 lower-case hex digits.")
    return text
