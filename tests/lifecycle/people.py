"""Somebody who is to be erased, and the two people who order it; for these tests and those of the attacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from muniment.spine.actor import Actor

BOOK = b"reference,kind,name\nP-77,person,Zebulon Canarius\nO-1,organisation,Example Supplies\n"
NAME = "Zebulon Canarius"
WHY = "The person asked for it in writing."


@dataclass
class Erasing:
    """What a test needs to have somebody erased."""

    adam: Actor
    otto: Actor
    person: UUID

    def ask(self, who: Actor | None = None, **given: Any) -> Any:
        from muniment.lifecycle import actions

        asked = {"target": self.person, "basis": "gdpr-17-1", "asked_for": "Z. C., by letter", "reason": WHY}
        return actions.ask_erasure(who or self.adam, **(asked | given))

    def order(self, **given: Any) -> Any:
        from muniment.lifecycle import actions

        return actions.answer_erasure(self.otto, erasure_id=self.ask(**given).id, approve=True, reason=WHY)

    def carry_out(self, **given: Any) -> Any:
        from muniment.lifecycle import executing

        return executing.carry_out(self.adam.tenant, self.order(**given).id)


def made(ada: Actor, adam: Actor, otto: Actor) -> Erasing:
    """Return a person who came in a file, ready to be erased."""
    from muniment.counterparties import actions
    from muniment.counterparties.models import Counterparty
    from muniment.spine.scope import tenant_scope

    actions.take_in(ada, BOOK, name="book.csv")
    with tenant_scope(ada.tenant):
        person = Counterparty.objects.get(reference="P-77").id
    return Erasing(adam, otto, person)


def forget_journal() -> None:
    """Take the journal away with the transaction that is rolled back."""
    from muniment.spine import config

    config.current().journal_file.unlink(missing_ok=True)
