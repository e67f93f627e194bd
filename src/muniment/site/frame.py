"""What the frame of every page shows: whose house, who is here, how the ledger stands, where one can go."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from muniment.access.forms import ROLE_NAMES
from muniment.access.models import Person
from muniment.cases import queries as cases
from muniment.ledger.models import Checkpoint, Log, Outbox
from muniment.spine import ports
from muniment.spine.actor import Actor, ActorKind
from muniment.tenants import queries as tenants
from muniment.ui.words.numbers import counted

#: An event that waits longer than this for its place in the log is worth a second look.
SLOW_SECONDS: Final = 60

#: Label, route, the permission without which the entry is left out.
NAV: Final = (
    (gettext_lazy("Home"), "home", ""),
    (gettext_lazy("Law"), "sources:index", ""),
    (gettext_lazy("Scans"), "scans:index", "scans.read"),
    (gettext_lazy("Counterparties"), "counterparties:index", "counterparties.read"),
    (gettext_lazy("Cases"), "cases:index", "cases.read"),
    (gettext_lazy("Evidence"), "vault:index", "vault.read"),
    (gettext_lazy("Ledger"), "ledger:index", "ledger.read"),
    (gettext_lazy("Packs"), "packs:index", "packs.download"),
    (gettext_lazy("Erasure"), "lifecycle:index", "lifecycle.read"),
    (gettext_lazy("Settings"), "access:account", ""),
)


def _address(route: str) -> str:
    try:
        return reverse(route)
    except NoReverseMatch:
        return ""


def _nav(request: HttpRequest, actor: Actor) -> list[dict[str, Any]]:
    matched = request.resolver_match
    here = matched.view_name.split(":")[0] if matched and matched.view_name else ""
    # A counterparty's own page belongs to the screening, and people look for it under its first name.
    here = {"screening": "counterparties"}.get(here, here)
    counts = {"cases:index": cases.waiting_count() or None} if "cases.read" in actor.may else {}
    return [
        {"label": label, "url": url, "count": counts.get(route), "current": route.split(":")[0] == here}
        for label, route, needs in NAV
        if (url := _address(route)) and (not needs or needs in actor.may)
    ]


def ledger_head() -> dict[str, Any]:
    """Return how the tenant's log stands: its size, its last checkpoint, and whether anything waits."""
    held: Log | None = Log.objects.first()
    newest: Checkpoint | None = Checkpoint.objects.order_by("-size").first()
    oldest: Outbox | None = Outbox.objects.order_by("order").first()
    size = held.size if held else 0
    now = ports.now()
    waits = oldest is not None and (now - oldest.at).total_seconds() > SLOW_SECONDS
    behind = newest is None or newest.size < size
    # The publisher needs a second; only a head that stays behind is worth a second look.
    late = behind and (newest is None or (now - newest.at).total_seconds() > SLOW_SECONDS)
    if held is None or (newest is not None and newest.size > held.size):
        state, sentence = "fault", _("The log is shorter than its last checkpoint. Tell the operator now.")
    elif waits:
        state, sentence = "attention", _("Events have waited for more than a minute to be put into the log.")
    elif late:
        state, sentence = "attention", _("The newest entries are not yet covered by a signed checkpoint.")
    else:
        state = "proven"
        covered = newest.size if newest is not None else 0
        sentence = _("The last signed checkpoint covers %(covered)s of %(size)s entries.") % {
            "covered": counted(covered),
            "size": counted(size),
        }
    return {
        "size": size,
        "checkpoint_at": newest.at if newest else None,
        "state": state,
        "sentence": sentence,
        "url": _address("ledger:index"),
        "poll_url": _address("ledger:head"),
    }


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the frame for whoever is signed in; pages of nobody have none."""
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None or actor.kind is not ActorKind.PERSON:
        return {"frame": {"now": ports.now()}}
    person: Person = request.user  # type: ignore[assignment]  # an actor that is a person comes from a session
    return {
        "frame": {
            "tenant_name": tenants.own(actor.tenant).name,
            "person_name": person.name,
            "role": str(ROLE_NAMES.get(actor.role, actor.role)),
            "now": ports.now(),
            "home_url": reverse("home"),
            "ledger": ledger_head(),
            "nav": _nav(request, actor),
            "person_menu": [
                {"label": _("Your account"), "url": reverse("access:account"), "post": False},
                {"label": _("Sign out"), "url": reverse("account_logout"), "post": True},
            ],
        }
    }
