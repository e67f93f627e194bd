"""Country names as lists print them, to the codes that screening compares.

Rules it obeys: names come from rigour's table of territories, plus the spellings that OFAC and the UN use;
a text that is not exactly such a name gives nothing. Guessing is worse than silence here: a wrong country
lowers a true match.
"""

from __future__ import annotations

from functools import lru_cache

from rigour.territories import get_territories

_SPELLINGS = {
    "bahamas, the": "bs",
    "bosnia-herzegovina": "ba",
    "burma": "mm",
    "cabo verde": "cv",
    "china, hong kong special administrative region": "hk",
    "congo": "cg",
    "congo, democratic republic of the": "cd",
    "congo, republic of the": "cg",
    "cote d ivoire": "ci",
    "cote d'ivoire": "ci",
    "côte d'ivoire": "ci",
    "côte d’ivoire": "ci",
    "dprk": "kp",
    "drc": "cd",
    "former soviet union": "suhh",
    "gambia, the": "gm",
    "gaza": "ps",
    "gaza strip": "ps",
    "iran (islamic republic of)": "ir",
    "korea, north": "kp",
    "korea, south": "kr",
    "macau": "mo",
    "macedonia, the former yugoslav republic of": "mk",
    "man, isle of": "im",
    "north macedonia, the republic of": "mk",
    "palestinian": "ps",
    "palestinian territories": "ps",
    "region: crimea": "ua-cri",
    "region: gaza": "ps",
    "region: west bank": "ps",
    "st. kitts & nevis": "kn",
    "st. kitts and nevis": "kn",
    "st. vincent and the grenadines": "vc",
    "the philippines": "ph",
    "the russian federation": "ru",
    "turkey": "tr",
    "uk": "gb",
    "usa": "us",
    "ussr": "suhh",
    "viet nam": "vn",
    "virgin islands, british": "vg",
    "virgin islands, u.s.": "vi",
    "west bank": "ps",
}


@lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    codes: dict[str, str] = {}
    for territory in get_territories():
        code = territory.ftm_country
        if not territory.is_ftm or code is None:
            continue
        for name in (territory.name, territory.full_name, territory.in_sentence):
            if name:
                codes.setdefault(name.casefold(), code)
    codes.update(_SPELLINGS)
    return codes


def country_code(name: str) -> str | None:
    """Return the FollowTheMoney code of a country, or ``None`` if the text names none exactly."""
    return _codes().get(name.strip().casefold())
