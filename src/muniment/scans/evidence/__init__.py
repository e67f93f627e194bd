"""What the firm's documents say about each duty, with both passages named; pure, no Django.

:func:`scan` is the way in. It proposes "evidence found", "conflict found", "no evidence found" or "cannot
tell"; nothing here ever says that a duty is met.
"""

from muniment.scans.evidence.assess import assess
from muniment.scans.evidence.conflicts import RuleState
from muniment.scans.evidence.index import Hit, Index
from muniment.scans.evidence.passages import Passage, passages
from muniment.scans.evidence.proposal import DocumentAnchor, LawAnchor, Proposal, Status, digest_of, place
from muniment.scans.evidence.scan import ActInput, DocumentInput, ScanResult, Stats, scan

__all__ = [
    "ActInput",
    "DocumentAnchor",
    "DocumentInput",
    "Hit",
    "Index",
    "LawAnchor",
    "Passage",
    "Proposal",
    "RuleState",
    "ScanResult",
    "Stats",
    "Status",
    "assess",
    "digest_of",
    "passages",
    "place",
    "scan",
]
