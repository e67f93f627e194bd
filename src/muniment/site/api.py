"""The API: each room's operations under ``/api/v1``, described by one OpenAPI document.

Who may speak is decided at the gate for every address alike; here stands only what is mounted where. There is
no page of documentation: its scripts would come from somebody else's server.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser

from muniment.site import problems
from muniment.sources.formats.jsontext import read_json

#: Where each room's operations stand.
ROOMS: Final = (
    ("/settings", "muniment.access.api"),
    ("/sources", "muniment.sources.api"),
    ("/scans", "muniment.scans.api"),
    ("/counterparties", "muniment.counterparties.api"),
    ("/screening", "muniment.screening.api"),
    ("/cases", "muniment.cases.api"),
    ("/evidence", "muniment.vault.api"),
    ("/ledger", "muniment.ledger.api"),
    ("/packs", "muniment.packs.api"),
    ("/lifecycle", "muniment.lifecycle.api"),
)

#: Most bytes of a JSON body; documents come as files, not as JSON.
LONGEST_BODY: Final = 4 * 1024 * 1024


class Strict(Parser):
    """Reads a JSON body as two readers would both understand it: a key twice, NaN or half a character is refused."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return what the body says."""
        return read_json(request.body, limit=LONGEST_BODY, where="body")


api = NinjaAPI(
    parser=Strict(),
    title="Muniment",
    version="1",
    description="A write honours Idempotency-Key. It answers with X-Ledger-Entry, the identifiers of what it put on "
    "record, and with X-Ledger-Receipt: for the first three of them a signed receipt each, in base64, which promises "
    "that the entry stands in the log within a minute; that of any entry is at "
    "/api/v1/ledger/entries/{entry_id}/receipt. Errors follow RFC 9457.",
    docs_url=None,
    openapi_url="/openapi.json",
    urls_namespace="api",
)


@api.exception_handler(Exception)
def refused(request: HttpRequest, error: Exception) -> HttpResponse:
    """Put whatever an operation raised into words; a fault of ours goes on to Django, which logs it."""
    found = problems.of_exception(error)
    if found is None:
        raise error
    return problems.answer(request, found)


for kind in (Http404, HttpError, ValidationError):
    # ninja brings handlers of its own for these, with other words.
    api.exception_handler(kind)(refused)

for prefix, module in ROOMS:
    api.add_router(prefix, import_module(module).router)
