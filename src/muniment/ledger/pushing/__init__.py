"""Entries of the ledger pushed to a collector as OTLP/HTTP log records (``docs/formats/export.md``).

Rules: the ledger itself is the spool, and a small file beside each log says how far its entries were acknowledged; what
was not is sent again, so a receiver may get an entry twice and drops the second by its identifier; nothing is sent that
an export without facts about persons would not show.
"""

from __future__ import annotations
