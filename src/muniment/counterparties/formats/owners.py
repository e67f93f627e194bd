"""Checks who owns whom before any of it is stored.

Rules obeyed here: both sides of a link must be known; nobody owns himself; the shares stated in one party may
not exceed 100 %, and since nobody can say which one is wrong, all of that party's are refused; rings of
owners are lawful (cross-holdings) and kept, but reported. No recursion: a chain may be as long as the file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from muniment.counterparties.formats.party import OwnershipInput, Reject

_WHOLE = 10_000
MISSING = (
    "names a party that is neither in this file nor in the register; "
    "write its reference, and its share after that if you know it, such as C-002 25.5%"
)


def settle_owners(
    claims: Iterable[OwnershipInput], known: Collection[str]
) -> tuple[list[OwnershipInput], list[Reject], list[Reject]]:
    """Sort ownership claims into accepted ones, rejects and notices.

    :param known: references of every party that will exist after the import.
    :returns: accepted links in file order, rejects (one per refused claim), notices.
    """
    kept: dict[tuple[str, str, str], OwnershipInput] = {}
    rejects: list[Reject] = []
    for claim in claims:
        key = (claim.owner, claim.owned, claim.role)
        if claim.owner not in known or claim.owned not in known:
            rejects.append(Reject(claim.line, "owner", MISSING))
        elif claim.owner == claim.owned:
            rejects.append(Reject(claim.line, "owner", "names the party itself"))
        elif key not in kept:
            kept[key] = claim
        elif kept[key].share == claim.share:
            rejects.append(Reject(claim.line, "owner", "repeats an earlier link"))
        else:
            rejects.append(Reject(claim.line, "owner", "states another share than an earlier line"))
    totals: dict[str, int] = {}
    for claim in kept.values():
        if claim.role == "owner":
            totals[claim.owned] = totals.get(claim.owned, 0) + (claim.share or 0)
    accepted: list[OwnershipInput] = []
    for claim in kept.values():
        if claim.role == "owner" and totals[claim.owned] > _WHOLE:
            total = f"{totals[claim.owned] / 100:g}"
            why = f"belongs to shares of one party that add up to {total} %, which is more than 100 %"
            rejects.append(Reject(claim.line, "owner", why))
        else:
            accepted.append(claim)
    notices = [
        Reject(claim.line, "owner", "is part of a ring of owners")
        for claim in _in_rings([claim for claim in accepted if claim.role == "owner"])
    ]
    return accepted, rejects, notices


def _in_rings(links: list[OwnershipInput]) -> list[OwnershipInput]:
    group = _groups(links)
    return [link for link in links if group[link.owner] == group[link.owned]]


def _groups(links: list[OwnershipInput]) -> dict[str, int]:
    """Number the strongly connected groups of the owner graph (Kosaraju, without recursion)."""
    onward: dict[str, list[str]] = {}
    back: dict[str, list[str]] = {}
    for link in links:
        onward.setdefault(link.owner, []).append(link.owned)
        onward.setdefault(link.owned, [])
        back.setdefault(link.owned, []).append(link.owner)
        back.setdefault(link.owner, [])
    order: list[str] = []
    seen: set[str] = set()
    for start, first in onward.items():
        if start in seen:
            continue
        seen.add(start)
        trail = [(start, iter(first))]
        while trail:
            here, ways = trail[-1]
            following = next((way for way in ways if way not in seen), None)
            if following is None:
                order.append(here)
                trail.pop()
            else:
                seen.add(following)
                trail.append((following, iter(onward[following])))
    group: dict[str, int] = {}
    for count, start in enumerate(reversed(order)):
        waiting = [start] if start not in group else []
        while waiting:
            here = waiting.pop()
            if here not in group:
                group[here] = count
                waiting.extend(way for way in back[here] if way not in group)
    return group
