"""The reference scorer, unchanged, with resident names and a fixed choice among equals.

nomenklatura's `logic-v2` memorises analysed names for 1,000 entities by id only, and picks among equally
good pieces of evidence by set order, which Python changes from process to process. Neither suits a record
that must be recomputed bit for bit. Rules obeyed here:

* the code that scores is the library's own compiled code: functions are re-bound to other globals
  (`types.FunctionType` over the same code object), nothing is rewritten, and the library in this process
  stays as it was;
* few lookups are answered differently: the two name memos and the two identifier memos (from the party
  itself), four pure functions (remembered by text, schema or name), and `set`, which iterates in order.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar

from nomenklatura.matching.compare.dates import _dates_precision as dates_precision
from nomenklatura.matching.compat import clean_name_light
from nomenklatura.matching.logic_v1.model import LogicV1
from nomenklatura.matching.logic_v2 import identifiers
from nomenklatura.matching.logic_v2.model import LogicV2
from nomenklatura.matching.logic_v2.names.magic import extra_match_weights
from nomenklatura.matching.types import Feature, MatchingResult, ScoringConfig
from nomenklatura.matching.util import props_pair
from prefixdate import Precision
from rigour.ids import StrictFormat
from rigour.names import Name
from rigour.names.symbol import pair_symbols

from muniment.screening.matching.needs import Plan, follow, plan, shares
from muniment.screening.matching.snapshot import Party, in_order

_OWN = "nomenklatura.matching"
_TEXTS = 65_536
"""Texts whose cleaned form is remembered; a list of 13,000 entries has fewer aliases and numbers."""


class SteadySet(set[Any]):
    """A set that is walked in sorted order, so that ties fall the same way in every process."""

    def __iter__(self) -> Iterator[Any]:
        if len(self) < 2:
            return super().__iter__()
        return iter(sorted(super().__iter__(), key=_key))

    def __repr__(self) -> str:
        return "{" + ", ".join(repr(item) for item in self) + "}" if self else "set()"

    def intersection(self, *others: Iterable[Any]) -> SteadySet:
        """Return what is common, still in order."""
        return SteadySet(super().intersection(*others))

    def difference(self, *others: Iterable[Any]) -> SteadySet:
        """Return what is only here, still in order."""
        return SteadySet(super().difference(*others))


def _key(item: Any) -> str:
    return item if isinstance(item, str) else repr(item)


def _names(entity: Party, prop: str | None = None, is_query: bool = False) -> tuple[Name, ...]:  # noqa: FBT001, FBT002  the library's signature
    return entity.analysed if prop is None else _names_of(entity, prop, is_query=is_query)


def _names_long(entity: Party, prop: str | None = None, is_query: bool = False) -> tuple[Name, ...]:  # noqa: FBT001, FBT002  the library's signature
    if prop is None:
        return entity.analysed_long
    return in_order(Name.consolidate_names(_names_of(entity, prop, is_query=is_query)))


def _names_of(entity: Party, prop: str, *, is_query: bool) -> tuple[Name, ...]:
    from followthemoney.names import entity_names  # noqa: PLC0415  used only when one property is configured

    return in_order(entity_names(entity, (prop,), infer_initials=is_query, consolidate=False))


def _identified(entity: Party) -> bool:
    return entity.identified


class _Strict:
    """The library's strict identifier form with a memory by text, which a changed party cannot upset."""

    normalize = staticmethod(functools.lru_cache(maxsize=_TEXTS)(StrictFormat.normalize))


class _Extras:
    """The library's weights of unmatched parts, remembered per analysed name.

    A name is the key by identity and is kept alive beside its weights, so that its place in memory cannot
    come to mean another name; nothing changes a name once it is analysed.
    """

    def __init__(self) -> None:
        self.kept: dict[int, tuple[Name, dict[Any, float]]] = {}

    def __call__(self, name: Name) -> dict[Any, float]:
        """Return the weights; full memory is emptied at once, which only costs time."""
        kept = self.kept
        found = kept.get(id(name))
        if found is None:
            if len(kept) >= _TEXTS:
                kept = self.kept = {}
            found = (name, extra_match_weights(name))
            kept[id(name)] = found
        return found[1]


_shares = functools.cache(shares)


def _has_schema(left: Party, right: Party, *schemata: str) -> bool:
    return _shares(left.schema.name, right.schema.name, schemata)


class _Values(SteadySet):
    """The values of one property, with their beginnings (years, days) remembered; nothing changes them."""

    __slots__ = ("begun",)

    def __init__(self, values: Iterable[str]) -> None:
        super().__init__(values)
        self.begun: dict[Precision, SteadySet] = {}


@functools.lru_cache(maxsize=_TEXTS)
def _values(values: tuple[str, ...]) -> _Values:
    return _Values(values)


def _props_pair(left: Party, right: Party, props: list[str]) -> tuple[set[Any], set[Any]]:
    if len(props) != 1:
        return props_pair(left, right, props)
    prop = props[0]
    return _values(tuple(left.get(prop, quiet=True))), _values(tuple(right.get(prop, quiet=True)))


def _dates_precision(values: set[Any], precision: Precision) -> set[Any]:
    if not isinstance(values, _Values):
        return SteadySet(dates_precision(values, precision))
    found = values.begun.get(precision)
    if found is None:
        found = values.begun[precision] = SteadySet(dates_precision(values, precision))
    return found


class _Symbols:
    """The symbols of an analysed name as small numbers, remembered per name as the weights above are."""

    def __init__(self) -> None:
        self.kept: dict[int, tuple[Name, frozenset[int]]] = {}
        self.numbers: dict[Any, int] = {}

    def __call__(self, name: Name) -> frozenset[int]:
        """Return them; two symbols that came to share a number would only cost time."""
        kept = self.kept
        found = kept.get(id(name))
        if found is None:
            if len(kept) >= _TEXTS:
                kept = self.kept = {}
            numbers = self.numbers
            found = (name, frozenset(numbers.setdefault(one, len(numbers)) for one in name.symbols))
            kept[id(name)] = found
        return found[1]


_SYMBOLS = _Symbols()
_UNPAIRED: list[tuple[Any, ...]] = [()]


def _pair_symbols(query: Name, result: Name) -> list[tuple[Any, ...]]:
    """Pair two names by the symbols they share; without a shared one there is nothing to pair."""
    return _UNPAIRED if _SYMBOLS(query).isdisjoint(_SYMBOLS(result)) else pair_symbols(query, result)


_EXTRAS = _Extras()


def forget_names() -> None:
    """Let go of names of indexes that are gone, so that a swapped-out list does not stay in memory."""
    _EXTRAS.kept = {}
    _SYMBOLS.kept = {}


_ANSWERS: dict[str, Any] = {
    "extra_match_weights": _EXTRAS,
    "pair_symbols": _pair_symbols,
    "props_pair": _props_pair,
    "_dates_precision": _dates_precision,
    "has_schema": _has_schema,
    "StrictFormat": _Strict,
    "clean_name_light": functools.lru_cache(maxsize=_TEXTS)(clean_name_light),
    "entity_names": _names,
    "entity_names_consolidated": _names_long,
    "has_identifiers": _identified,
    "set": SteadySet,
}


class _Rebinding:
    """Copies of library functions over their own code, sharing one table so that calls stay inside it."""

    def __init__(self) -> None:
        self.done: dict[Callable[..., Any], Callable[..., Any]] = {}

    def of(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function bound to our answers, with every library function it calls bound likewise."""
        if function in self.done:
            return self.done[function]
        if not isinstance(function, types.FunctionType) or not function.__module__.startswith(_OWN):
            return function
        world = dict(function.__globals__)
        bound = types.FunctionType(
            function.__code__, world, function.__name__, function.__defaults__, function.__closure__
        )
        bound.__doc__ = function.__doc__
        bound.__kwdefaults__ = function.__kwdefaults__
        bound.__module__ = function.__module__
        self.done[function] = bound
        for name in _called(function.__code__):
            if name in _ANSWERS:
                world[name] = _ANSWERS[name]
            elif name == "unformatted_values":
                world[name] = self.of(identifiers.unformatted_values.__wrapped__)
            elif isinstance(world.get(name), types.FunctionType):
                world[name] = self.of(world[name])
        return bound

    def features(self, features: list[Feature]) -> list[Feature]:
        """Return the same features, weights and order over bound functions."""
        return [
            Feature(func=self.of(feature.func), weight=feature.weight, qualifier=feature.qualifier)
            for feature in features
        ]


def _called(code: types.CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _called(constant)
    return names


class ResidentLogicV2(LogicV2):
    """logic-v2 over parties with resident names; the same scores, features and words."""

    features: ClassVar[list[Feature]] = _Rebinding().features(LogicV2.features)
    _plans: ClassVar[dict[tuple[Any, Any], Plan]] = {}

    @classmethod
    def compare(cls, query: Any, result: Any, config: ScoringConfig) -> MatchingResult:
        """Score a pair as the library does, without asking what cannot answer (`needs.py`).

        With weights or settings of somebody's own the library's loop does it.
        """
        if config is not STANDARD:
            return super().compare(query, result, config)
        like = (query.like, result.like)
        found = cls._plans.get(like)
        if found is None:
            found = cls._plans[like] = plan(cls.features, query, result, config)
        return follow(found, query, result, config)


STANDARD = ResidentLogicV2.default_config()
"""The settings of the reference, never changed; plans hold for these alone."""


class SteadyLogicV1(LogicV1):
    """logic-v1 with ties settled in alphabetical order, since its score could differ between processes."""

    features: ClassVar[list[Feature]] = _Rebinding().features(LogicV1.features)
