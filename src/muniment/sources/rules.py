"""When a list may take the place of the one before. Pure: no database, no clock, no request."""

from __future__ import annotations

from muniment.spine.errors import Clash, Invalid


def require_not_shrunk(name: str, before: int, now: int, *, accepted: bool) -> None:
    """Stop at a list that is empty or lost more than a tenth of its entries, until a person says that this is right.

    :raises Invalid: when the list is empty; nobody can accept that.
    :raises Clash: when it shrank and nobody accepted it.
    """
    if now == 0:
        raise Invalid(f"The list {name} has no entries.", todo="Fetch it again; an empty list is never taken in.")
    if before and now * 10 < before * 9 and not accepted:
        raise Clash(
            f"The list {name} has {now} entries where there were {before}: more than a tenth is gone.",
            todo="Look at the publisher's notice; if this is right, add it again and accept that it shrank.",
        )
