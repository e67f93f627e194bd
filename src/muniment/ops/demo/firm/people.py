"""Who works at the invented firms."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Firm:
    """One invented firm: slug, name, country and a sentence about it."""

    slug: str
    name: str
    country: str
    about: str


@dataclass(frozen=True, slots=True)
class Member:
    """One invented person with a role in one firm; the login's domain is a reserved one (RFC 2606)."""

    login: str
    name: str
    role: str
    firm: str


EXAMPLE_PAY = Firm(
    "example-pay",
    "Example Pay",
    "IE",
    "A payment institution in the European Union with about 60 staff (invented).",
)
HARBOUR_LENDING = Firm(
    "harbour-lending", "Harbour Lending", "NL", "A small lender to firms at sea (invented)."
)
FIRMS = (EXAMPLE_PAY, HARBOUR_LENDING)

_MEMBERS = (
    Member("ada@example-pay.example", "Ada Analyst", "analyst", EXAMPLE_PAY.slug),
    Member("otto@example-pay.example", "Otto Officer", "officer", EXAMPLE_PAY.slug),
    Member("vera@example-pay.example", "Vera Auditor", "auditor", EXAMPLE_PAY.slug),
    Member("adam@example-pay.example", "Adam Administrator", "administrator", EXAMPLE_PAY.slug),
    Member("mallory@harbour-lending.example", "Mallory Officer", "officer", HARBOUR_LENDING.slug),
)


def people(firm: str | None = None) -> list[Member]:
    """Give the people of one firm, or of both, in a fixed order.

    :param firm: slug of a firm in `FIRMS`.
    """
    return [member for member in _MEMBERS if firm is None or member.firm == firm]
