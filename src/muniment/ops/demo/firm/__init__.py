"""The invented firm of the demo: two tenants, their people, policies and counterparties.

Rules: everything here is invented and says so; the same call gives the same bytes on every run and every
machine; nothing is read but the sources in this package and the list entries the caller passes in. What a
scan or a screening ought to find is written down in `truth`, apart from the material itself.
"""

from __future__ import annotations

from muniment.ops.demo.firm.documents import FirmDocument, documents
from muniment.ops.demo.firm.people import FIRMS, Firm, Member, people
from muniment.ops.demo.firm.portfolio import Portfolio, counterparties, portfolio
from muniment.ops.demo.firm.truth import CONTRADICTIONS, GAPS, Contradiction, Gap, Truth

__all__ = [
    "CONTRADICTIONS",
    "FIRMS",
    "GAPS",
    "Contradiction",
    "Firm",
    "FirmDocument",
    "Gap",
    "Member",
    "Portfolio",
    "Truth",
    "counterparties",
    "documents",
    "people",
    "portfolio",
]
