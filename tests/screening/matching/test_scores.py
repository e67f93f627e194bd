"""The scorer is the library's own: same scores, same words, and a drift between releases is seen."""

from __future__ import annotations

import hashlib
import itertools
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from followthemoney import model
from nomenklatura.matching.logic_v2.model import LogicV2
from nomenklatura.matching.logic_v2.names import analysis, match
from tests.screening.matching.small_list import ENTRIES, LIST, QUERIES

from muniment.screening.matching import ScreeningIndex, snapshot
from muniment.screening.matching.explain import compare
from muniment.screening.matching.snapshot import Party, without_doubles

GOLDEN = {
    "same name and birth date": "1.0",
    "one letter wrong": "0.8181818181818181",
    "an initial": "0.45454545454545453",
    "other birth date": "0.6",
    "weak alias only": "0.8",
    "turned round": "0.9661835748792271",
    "legal form spelled out": "1.0",
    "number only": "0.95",
    "and sign": "1.0",
    "accents dropped": "0.8",
    "passport": "0.85",
    "Latin for Han": "1.0",
}


@pytest.fixture(scope="module")
def index() -> ScreeningIndex:
    return ScreeningIndex.build((LIST,))


@pytest.mark.parametrize(("words", "entry", "query"), QUERIES, ids=[words for words, _, _ in QUERIES])
def test_the_score_of_a_fixed_pair_is_what_it_was_in_the_pinned_release(
    index: ScreeningIndex, words: str, entry: str, query: dict[str, Any]
) -> None:
    found = {match.entity_id: match for match in index.screen(query, cutoff=0.01).matches}
    assert found[entry].total == GOLDEN[words]


FRESH = itertools.count()


def stock(query: dict[str, Any], entry: dict[str, Any]) -> Any:
    # The library's memo goes by id alone; with a used id it would answer for an earlier pair.
    left = model.get_proxy({**query, "id": f"fresh-{next(FRESH)}"})
    right = model.get_proxy({**entry, "id": f"fresh-{next(FRESH)}"})
    return LogicV2.compare(left, right, LogicV2.default_config())


def words_of(result: Any) -> dict[str, tuple[Any, ...]]:
    return {
        name: (row.score, row.detail, row.query, row.candidate) for name, row in result.explanations.items()
    }


def noisy(name: str, dice: random.Random) -> str:
    at = dice.randrange(len(name))
    return dice.choice(
        [name, name[:at] + name[at + 1 :], name[:at] + "e" + name[at:], " ".join(name.split()[::-1])]
    )


def pairs(entries: list[dict[str, Any]], count: int) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    dice = random.Random(3)
    made = []
    for number in range(count):
        entry = dice.choice(entries)
        other = entry if number % 2 else dice.choice(entries)
        names = other["properties"]["name"] + other["properties"].get("alias", [])
        kept = {key: values for key, values in other["properties"].items() if dice.random() < 0.7}
        query = {**other, "properties": {**kept, "name": [noisy(dice.choice(names), dice)]}}
        made.append((query, entry))
    return made


def assert_same(made: list[tuple[dict[str, Any], dict[str, Any]]]) -> int:
    chance = above = 0
    for query, entry in made:
        asked, listed = snapshot(query), snapshot(entry)
        left, right = Party(asked, for_query=True), Party(listed)
        ours = compare(left, right)
        theirs = stock(query, entry)
        if ours.score != theirs.score:
            # Of names that contain each other the library keeps one by chance; without them it has no choice.
            chance += 1
            theirs = stock(without_doubles(asked, left), without_doubles(listed, right))
        assert ours.score == theirs.score
        assert {name: row.score for name, row in ours.explanations.items()} == {
            name: row.score for name, row in theirs.explanations.items()
        }
        given = (*query["properties"].values(), *entry["properties"].values())
        if all(len(values) == 1 for values in given) and len(right.analysed) == len(left.analysed) == 1:
            assert words_of(ours) == words_of(theirs)
        above += ours.score >= 0.7
    assert chance < len(made) / 50
    return above


def test_scores_and_explanations_equal_the_stock_library_on_2000_pairs() -> None:
    single = [
        {**e, "properties": {key: values[:1] for key, values in e["properties"].items() if key != "alias"}}
        for e in ENTRIES
    ]
    assert assert_same(pairs(single, 1200)) > 200
    assert assert_same(pairs(list(ENTRIES), 800)) > 200


def test_scores_equal_the_stock_library_on_2000_pairs_of_the_real_list(shared: Path) -> None:
    from muniment.sources.formats import un

    raw = (shared / "screening" / "un" / "UN_consolidated_2026-02-27.xml").read_bytes()
    assert assert_same(pairs([entity.as_ftm() for entity in un.parse(raw).entities], 2000)) > 300


def test_the_library_in_this_process_is_left_as_it_was() -> None:
    assert vars(match)["entity_names"] is analysis.entity_names
    assert "set" not in vars(match)


SCRIPT = """
import hashlib
from muniment.screening.matching import ScreeningIndex
from tests.screening.matching.small_list import LIST, QUERIES
index = ScreeningIndex.build((LIST,))
print(hashlib.sha256(b"".join(index.screen(q, cutoff=0.05).to_bytes() for _, _, q in QUERIES)).hexdigest())
"""


def test_another_process_with_another_hash_seed_writes_the_same_bytes(index: ScreeningIndex) -> None:
    root = Path(__file__).resolve().parents[3]
    path = os.pathsep.join([str(root / "src"), str(root)])
    there = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, "PYTHONHASHSEED": "77", "PYTHONPATH": path},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    here = b"".join(index.screen(query, cutoff=0.05).to_bytes() for _, _, query in QUERIES)
    assert hashlib.sha256(here).hexdigest() == there
