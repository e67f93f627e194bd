"""Pure matching: candidates, the unchanged reference scorer, explanations and replay; no Django here."""

from muniment.screening.matching.index import ScreeningIndex, give_back_memory, warm_up
from muniment.screening.matching.record import (
    AliasHit,
    FeatureRecord,
    ListRecord,
    MatchRecord,
    ScreenResult,
    SecondOpinion,
)
from muniment.screening.matching.replay import Replay, replay
from muniment.screening.matching.snapshot import ListVersion, snapshot
from muniment.screening.matching.snapshot import digest as snapshot_digest

__all__ = [
    "AliasHit",
    "FeatureRecord",
    "ListRecord",
    "ListVersion",
    "MatchRecord",
    "Replay",
    "ScreenResult",
    "ScreeningIndex",
    "SecondOpinion",
    "give_back_memory",
    "replay",
    "snapshot",
    "snapshot_digest",
    "warm_up",
]
