"""Pure readers of counterparties: tables and FollowTheMoney lines become a plan; nothing is stored."""

from muniment.counterparties.formats.cells import neutral, starts_formula
from muniment.counterparties.formats.columns import FIELDS, suggest_mapping
from muniment.counterparties.formats.csv import read_csv, read_header
from muniment.counterparties.formats.ftm import read_ftm
from muniment.counterparties.formats.party import (
    IdentifierInput,
    ImportPlan,
    OwnershipInput,
    PartyInput,
    Reject,
    to_ftm,
)

__all__ = [
    "FIELDS",
    "IdentifierInput",
    "ImportPlan",
    "OwnershipInput",
    "PartyInput",
    "Reject",
    "neutral",
    "read_csv",
    "read_ftm",
    "read_header",
    "starts_formula",
    "suggest_mapping",
    "to_ftm",
]
