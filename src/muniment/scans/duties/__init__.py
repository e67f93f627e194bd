"""What the law asks for, taken out of a parsed act by rule; pure, no Django.

Structure comes first (paragraph, point, lead-in joined to each of its points), words second. Every duty is a
span of the act's own text: nothing is rewritten, and a reader can put a finger on each part. The same text
and the same :data:`RULES` give the same duties, byte for byte.
"""

from muniment.scans.duties.duty import (
    RULES,
    Deadline,
    Duty,
    Modality,
    Part,
    PartKind,
    Party,
    Reference,
    Span,
)
from muniment.scans.duties.extract import extract

__all__ = [
    "RULES",
    "Deadline",
    "Duty",
    "Modality",
    "Part",
    "PartKind",
    "Party",
    "Reference",
    "Span",
    "extract",
]
