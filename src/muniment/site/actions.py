"""What the site itself puts on record: that an address answered which left no entry of its own.

Rules: the edge acts in the name of whoever asked; what is recorded is the route and what it was about, never what was
typed; who is signed out leaves entries in the deployment's log.
"""

from __future__ import annotations

from collections.abc import Mapping

from muniment.ledger.action import Act, action
from muniment.ledger.words import Sealed


@action("site.read", cls="page.read", says="{actor} was answered on {facts.asked}", reads=True)
def read(act: Act, *, route: str, asked: str, target: Mapping[str, str]) -> None:
    """Put on record that somebody was answered.

    :param asked: method and name of the route. :param target: names of what it was about, as the address had them.
    """
    act.record(f"site.Route/{route}"[:120], stream="site", asked=asked, target=Sealed(dict(target)))
