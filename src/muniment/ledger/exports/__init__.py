"""Entries of the ledger in other programs' words: OCSF, CSV and CEF (``docs/formats/export.md``).

Rules: pure, without tables or clock; an entry becomes one line, to the byte the same each time; only what was
committed is said, nothing that is looked up beside it; what is withheld and what was erased are told apart.
"""

from __future__ import annotations
