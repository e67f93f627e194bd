"""Every address of the site, room by room."""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern, URLResolver, include, path

from muniment.access.urls import account_urls
from muniment.ops.reference.acts import known_actions
from muniment.site import health, views
from muniment.site.api import api

#: Where each room's pages stand.
ROOMS: Final = (
    ("settings/", "muniment.access.urls"),
    ("sources/", "muniment.sources.urls"),
    ("scans/", "muniment.scans.urls"),
    ("counterparties/", "muniment.counterparties.urls"),
    ("screening/", "muniment.screening.urls"),
    ("cases/", "muniment.cases.urls"),
    ("evidence/", "muniment.vault.urls"),
    ("ledger/", "muniment.ledger.urls"),
    ("packs/", "muniment.packs.urls"),
    ("lifecycle/", "muniment.lifecycle.urls"),
)

# So that the ledger's pages have a sentence for what other processes put on record.
known_actions()

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("account/", include(account_urls)),
    path("api/v1/", api.urls),
    *(path(prefix, include(module)) for prefix, module in ROOMS),
]
