"""Bodies that the API takes, and where texts stand in them according to its own description."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.faults import papers


def leaves(described: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield (method, path, place) of each free text; a place is ``query:name``, ``path:name`` or ``json:.a.b[]``."""
    known = described["components"]["schemas"]
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            for one in operation.get("parameters", []):
                for _place in _texts(one["schema"], known, ""):
                    yield method.upper(), path, f"{one['in']}:{one['name']}"
                    break
            for kind, body in operation.get("requestBody", {}).get("content", {}).items():
                form = "json" if kind == "application/json" else "form"
                for place in dict.fromkeys(_texts(body["schema"], known, "")):
                    yield method.upper(), path, f"{form}:{place}"


def _texts(schema: dict[str, Any], known: dict[str, Any], place: str) -> Iterator[str]:
    if "$ref" in schema:
        schema = known[schema["$ref"].rsplit("/", 1)[1]]
    for joined in ("anyOf", "allOf", "oneOf"):
        for one in schema.get(joined, []):
            yield from _texts(one, known, place)
    kind = schema.get("type")
    closed = "enum" in schema or "const" in schema or schema.get("format") in {"uuid", "date", "date-time"}
    if kind == "string" and not closed:
        yield place
    elif kind == "array":
        yield from _texts(schema["items"], known, place + "[]")
    elif kind == "object":
        for name, one in schema.get("properties", {}).items():
            yield from _texts(one, known, f"{place}.{name}")


def put(body: Any, place: str, word: str) -> Any:
    """Put a word into a place of a body; lists get one member."""
    if place == "":
        return word
    if place.startswith("[]"):
        first = body[0] if body else {}
        return [put(first, place[2:], word)]
    name, rest = place[1:], ""
    for at, letter in enumerate(name):
        if letter in ".[":
            name, rest = name[:at], name[at:]
            break
    return {**body, name: put(body.get(name, [] if rest.startswith("[]") else {}), rest, word)}


def bodies(stay: Any) -> dict[tuple[str, str], Callable[[], dict[str, Any]]]:
    """Return how to make a body for each operation that takes texts; ``_ids`` are the identifiers for its address."""
    told = stay.house.told
    number = iter(range(1000, 2000))

    def party() -> dict[str, Any]:
        return {
            "reference": f"A-{next(number)}",
            "kind": "person",
            "name": "Marta Olivar",
            "identifiers": [{"kind": "passport", "value": "U1234567"}],
        }

    def reason(**more: Any) -> Callable[[], dict[str, Any]]:
        return lambda: {"reason": "For a reason that is long enough.", **more}

    def decision() -> dict[str, Any]:
        # Somebody else proposes first, so that there is something to send back.
        case, shown = stay.proposed_case()
        return {
            "reason": "For a reason that is long enough.",
            "approve": False,
            "shown": shown,
            "_ids": {"case_id": case},
        }

    def erasure() -> dict[str, Any]:
        asked_for = {"basis": "gdpr-17-1", "asked_for": "An office."}
        return {"target": stay.new_person(), "reason": "For a reason that is long enough.", **asked_for}

    return {
        ("POST", "/api/v1/lifecycle/erasures"): erasure,
        ("POST", "/api/v1/lifecycle/erasures/{erasure_id}/answer"): lambda: {
            "approve": False,
            "_ids": {"erasure_id": stay.asked_erasure()},
        },
        ("POST", "/api/v1/lifecycle/holds"): reason(on="subject", target=told["person"]),
        ("POST", "/api/v1/lifecycle/holds/{hold_id}/ask"): lambda: {"_ids": {"hold_id": stay.placed_hold()}},
        ("POST", "/api/v1/scans/findings/{finding_id}/assessment"): reason(assessment="disagreed"),
        ("POST", "/api/v1/counterparties"): party,
        ("PATCH", "/api/v1/counterparties/{counterparty_id}"): dict,
        ("POST", "/api/v1/counterparties/imports"): lambda: {
            "file": ("csv", papers.book(stay.canaries.sing, "Ada"))
        },
        ("POST", "/api/v1/cases/"): lambda: {
            "title": "x",
            "items": [{"kind": "evidence", "item_id": told["document_version"]}],
        },
        ("POST", "/api/v1/cases/{case_id}/proposal"): lambda: {
            "outcome": "cleared",
            "_ids": {"case_id": told["open_case"]},
        },
        ("POST", "/api/v1/cases/{case_id}/decision"): decision,
        ("POST", "/api/v1/cases/{case_id}/withdrawal"): reason(_ids={"case_id": told["open_case"]}),
        ("POST", "/api/v1/evidence"): lambda: {"file": ("txt", b"A line.\n"), "title": "x", "owner": "y"},
        ("POST", "/api/v1/evidence/{document_id}/versions"): lambda: {"file": ("md", b"# A\n\nline\n")},
        ("POST", "/api/v1/packs/{pack_id}/copies"): lambda: {"given_to": "x"},
        ("POST", "/api/v1/ledger/exports"): lambda: {"format": "ocsf"},
    }
