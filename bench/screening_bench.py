"""Screening against stock nomenklatura logic-v2: same list, same queries, same 50 candidates, same run.

Stock means the library as installed with its own memo cache of 1,000 entities and ready-made proxies, so
that neither parsing nor candidate search is charged to it. How the ratio is taken, so that it is steady on a
busy machine and fair to both: seven rounds of eighty queries, no query twice, since a second time would find
our memories warm; in a round the sides take turns every ten queries, and the one that began the last turn
comes second in the next; the clock is the processor's time of this process, which waiting for others does not
move (both sides are one thread and touch no disk); the figure is the median of the rounds, the lowest and
highest stand beside it. Scores must be identical, or the run fails; of names that contain each other
the library keeps one by chance, and such pairs are proved against it with the choice taken away. Real lists
come from `MUNIMENT_SHARED`; without them a list of invented names is made and the table says so.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from followthemoney import model
from nomenklatura.matching.logic_v2.model import LogicV2

from bench import yardstick
from muniment.screening.matching import ListVersion, ScreeningIndex, snapshot, warm_up
from muniment.screening.matching.candidates import CandidateIndex, Found
from muniment.screening.matching.explain import compare
from muniment.screening.matching.snapshot import Party, without_doubles
from muniment.sources.formats import ofac, un

TARGET = 2.5
CANDIDATES = 50
QUERIES = 80
ROUNDS = 7
TURN = 10
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SYLLABLES = (
    "al",
    "bar",
    "bek",
    "dor",
    "el",
    "fa",
    "gar",
    "hal",
    "jo",
    "ka",
    "lem",
    "mir",
    "nor",
    "qua",
    "tor",
    "zar",
)
_GIVEN = (
    "Ahmad",
    "Ali",
    "Fatima",
    "Hassan",
    "Ivan",
    "John",
    "Jose",
    "Maria",
    "Mohammed",
    "Sergei",
    "Vladimir",
)
Entity = dict[str, Any]


def lists() -> tuple[list[ListVersion], str]:
    """Load the real OFAC and UN lists, or make an invented one, and say which."""
    root = yardstick.shared()
    folder = None if root is None else root / "screening"
    if folder is None or not folder.is_dir():
        return [ListVersion("invented", "bench", "0" * 64, tuple(_invented(6000)))], "invented names"
    read = {
        path.name: path.read_bytes() for path in sorted(folder.glob("*/*")) if path.parent.name != "ofac_2021"
    }
    parsed = {
        "ofac-sdn": ofac.parse(read["sdn_2023-11.csv"], read["alt_later.csv"], read["add_later.csv"]),
        "ofac-cons": ofac.parse(
            read["cons_prim.csv"], read["cons_alt.csv"], read["cons_add.csv"], series="cons"
        ),
        "un": un.parse(read["UN_consolidated_2026-02-27.xml"]),
    }
    return [
        ListVersion(name, "bench", "0" * 64, tuple(entity.as_ftm() for entity in one.entities))
        for name, one in parsed.items()
    ], "real OFAC and UN lists"


def _name(dice: random.Random) -> str:
    family = "".join(dice.choices(_SYLLABLES, k=dice.randint(2, 3))).title()
    return " ".join([*dice.sample(_GIVEN, dice.randint(1, 2)), family])


def _invented(count: int) -> list[Entity]:
    dice = random.Random(7)
    return [
        {
            "id": f"bench-{number}",
            "schema": "Person",
            "properties": {
                "name": [_name(dice)],
                "alias": [_name(dice) for _ in range(number % 6)],
                "birthDate": [str(1940 + number % 60)],
            },
        }
        for number in range(count)
    ]


def _perturbed(name: str, way: int, dice: random.Random) -> str:
    words = name.replace(",", " ").split() or [name]
    at = dice.randrange(max(1, len(name) - 1))
    if way == 1:
        return name[:at] + dice.choice(_LETTERS) + name[at + 1 :]
    if way == 2:
        return name[:at] + name[at + 1 :]
    if way == 3:
        return " ".join(reversed(words))
    if way == 4:
        return " ".join([words[0][:1], *words[1:]])
    return name


def queries(entities: list[Entity], count: int) -> list[Entity]:
    """Make the same queries each time: half drawn from the list and perturbed, half invented."""
    dice = random.Random(11)
    named = [
        e
        for e in entities
        if e["schema"] in {"Person", "Organization", "Company"} and e["properties"].get("name")
    ]
    made: list[Entity] = []
    for number, entity in enumerate(dice.sample(named, count // 2)):
        properties: dict[str, list[str]] = {
            "name": [_perturbed(entity["properties"]["name"][0], number % 5, dice)]
        }
        if number % 3 == 0 and entity["properties"].get("birthDate"):
            properties["birthDate"] = entity["properties"]["birthDate"][:1]
        made.append({"id": f"q{number}", "schema": entity["schema"], "properties": properties})
    made += [
        {"id": f"n{number}", "schema": "Person", "properties": {"name": [_name(dice)], "birthDate": ["1975"]}}
        for number in range(count - len(made))
    ]
    dice.shuffle(made)
    return made


def _fifty(found: list[Found]) -> list[int]:
    best = sorted(found, key=lambda one: (min(one.channels.values()), one.position))[:CANDIDATES]
    return [one.position for one in best]


def settled(query: Entity, entry: Entity) -> float:
    """Score a pair with the stock library after taking out the names it would drop by chance."""
    asked, listed = snapshot(query), snapshot(entry)
    left = without_doubles(asked, Party(asked, for_query=True))
    right = without_doubles(listed, Party(listed))
    return LogicV2.compare(model.get_proxy(left), model.get_proxy(right), LogicV2.default_config()).score


def resident_memory() -> int:
    """Return this process's resident memory in MB (Linux), 0 elsewhere."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) // 1024


@dataclass(frozen=True)
class _Bench:
    """Both sides over the same list, loaded."""

    index: ScreeningIndex
    entities: list[Entity]
    stock: list[Any]
    finder: CandidateIndex

    def fifty(self, query: Entity) -> list[int]:
        """Return the candidates of a query, found before any clock runs."""
        return _fifty(self.finder.find(Party(snapshot(query), for_query=True), ratio=0.0))


@dataclass
class Round:
    """One round: other queries than any other round's, both sides in turns."""

    stock: float = 0.0
    resident: float = 0.0
    screen: float = 0.0
    pairs: int = 0
    shaken: int = 0

    @property
    def ratio(self) -> float:
        """How many times longer the stock library took."""
        return self.stock / self.resident


def _round(bench: _Bench, asked: list[Entity], turned: int) -> Round:
    """Measure one round; raises AssertionError when a score differs.

    :param turned: 0 or 1; which side begins the first turn, the other one begins the next.
    """
    done = Round()
    chosen = [bench.fifty(query) for query in asked]
    config = LogicV2.default_config()
    parties = bench.index.parties

    def theirs(numbers: range) -> list[list[float]]:
        scores = []
        for number in numbers:
            proxy = model.get_proxy(asked[number])
            scores.append([LogicV2.compare(proxy, bench.stock[at], config).score for at in chosen[number]])
        return scores

    def ours(numbers: range) -> list[list[float]]:
        scores = []
        for number in numbers:
            party = Party(snapshot(asked[number]), for_query=True)
            scores.append([compare(party, parties[at]).score for at in chosen[number]])
        return scores

    for place, start in enumerate(range(0, len(asked), TURN)):
        numbers = range(start, min(start + TURN, len(asked)))
        if (place + turned) % 2:
            seconds, mine = _taken(ours, numbers)
            done.resident += seconds
            seconds, stock = _taken(theirs, numbers)
            done.stock += seconds
        else:
            seconds, stock = _taken(theirs, numbers)
            done.stock += seconds
            seconds, mine = _taken(ours, numbers)
            done.resident += seconds
        done.screen += _taken(lambda some: [bench.index.screen(asked[one]) for one in some], numbers)[0]
        for number, left, right in zip(numbers, stock, mine, strict=True):
            done.pairs += len(left)
            for at, score, other in zip(chosen[number], left, right, strict=True):
                if score != other:
                    done.shaken += 1
                    assert settled(asked[number], bench.entities[at]) == other, "a score differs"
    return done


def _taken(work: Callable[[range], Any], numbers: range) -> tuple[float, Any]:
    """Return the processor's seconds that some work took, and what it gave: waiting for others is not counted."""
    clock = time.process_time()
    given = work(numbers)
    return time.process_time() - clock, given


def run(count: int = QUERIES, rounds: int = ROUNDS) -> dict[str, Any]:
    """Measure both sides and return the figures; raises AssertionError when a score differs."""
    warm_up()
    versions, what = lists()
    keyed = sorted(
        ((version.list_id, dict(entity)) for version in versions for entity in version.entities),
        key=lambda row: (row[0], row[1]["id"]),
    )
    entities = [entity for _, entity in keyed]
    started = time.perf_counter()
    index = ScreeningIndex.build(versions)
    built = time.perf_counter() - started
    memory = resident_memory()
    bench = _Bench(index, entities, [model.get_proxy(one) for one in entities], CandidateIndex(index.parties))
    asked = queries(entities, count * rounds)
    found = [_round(bench, asked[at * count : (at + 1) * count], at % 2) for at in range(rounds)]
    middle = sorted(found, key=lambda one: one.ratio)[rounds // 2]
    return {
        "list": what,
        "entities": len(entities),
        "queries": count * rounds,
        "pairs": sum(one.pairs for one in found),
        "rounds": rounds,
        "ratio": round(middle.ratio, 2),
        "ratio_lowest_round": round(min(one.ratio for one in found), 2),
        "ratio_highest_round": round(max(one.ratio for one in found), 2),
        "stock_queries_per_second": round(count / middle.stock, 1),
        "resident_queries_per_second": round(count / middle.resident, 1),
        "screen_queries_per_second": round(count / middle.screen, 1),
        "screen_ratio": round(middle.stock / middle.screen, 2),
        "target": TARGET,
        "identical_scores": True,
        "pairs_stock_scores_by_chance": sum(one.shaken for one in found),
        "build_seconds": round(built, 1),
        "memory_mb": memory,
    }


if __name__ == "__main__":
    for name, value in run().items():
        print(f"{name:32} {value}")
