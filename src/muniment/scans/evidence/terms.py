"""Words as the search sees them: stems, stop words, and our own short list of words that mean the same.

Law says "competent authority" where a policy says "regulator"; without this list a lexical search would miss
the plainest evidence. The list is ours, small, and the same for law and documents; it learns from nothing.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

import tantivy

ANALYSIS = "terms/1"

_STOP_WORDS = """
a able about above accordance according account act add addition adequate after against alia all also an
and any applicable apply appropriate appropriately are article articles as aspect at aware away b based be
because become becoming been before being below between both but by c can carried carry case cases certain
chapter concern concerned concerning could d date day days delay did different directive do does doing
down due during e each effective either end ensure ensures ensuring entities entity etc euro european
event every extent f few first following for from further furthermore g general given h had has have
having he her here him his hour hours how however i if ii iii immediately in include included includes
including information inter into is it its itself iv just kind l laid last least less level lit make makes
making manner may me means measure measures member month months more moreover most must my nature
necessary new no nor not o of off on once one only or order other otherwise our out over own paragraph
paragraphs part particular per point points possible prior promptly pursuant put reasonable refer referred
regard regarding regulation relate related relating relation relevant respect respective respectively s
same second section set shall she should so some specific state states subject subparagraph such
sufficient t take taken takes taking than that the their them then there thereof these they third this
those through thus timely to together too type under undertake undue unduly union union's until up upon
use used using v various very via view was way we week weeks well were what whatever when where whether
which while who whom whose why will with within without would x year years you your
"""
_STOP = frozenset(_STOP_WORDS.split())
_PHRASES = tuple(
    (re.compile(pattern), token)
    for pattern, token in (
        (
            (
                r"\b(?:ict )?third[- ]party (?:ict )?(?:service )?providers?|\bservice providers?|"
                r"\bsub-?contract\w*|\boutsourc\w*|"
                r"\bvendors?|\bsuppliers?|\bict third[- ]party"
            ),
            " xsupplier ",
        ),
        (
            (
                r"\b(?:competent|supervisory|regulatory|market surveillance|data protection) authorit(?:y|"
                r"ies)|\bregulators?|\bdpa\b|"
                r"\bsupervisors?\b|\bauthorit(?:y|ies)"
            ),
            " xauthority ",
        ),
        (r"\bdata protection officers?|\bdpo\b|\bprivacy officers?", " xdpo "),
        (
            (
                r"\bmanagement bod(?:y|ies)|\bboards? of directors|\bthe board\b|\bsenior management|"
                r"\bboard of management"
            ),
            " xboard ",
        ),
        (r"\bback(?:ed|s|ing)?[- ]?ups?|\bbackups?", " backup "),
        (
            r"\b(?:data protection|privacy) impact assessments?|\bdpias?\b|\bassessments? of the impact",
            " xdpia assess ",
        ),
        (r"\bfundamental rights impact assessments?|\bfrias?\b", " xfria assess "),
        (
            r"\b(?:personal )?data breach\w*|\bprivacy incidents?|\bpersonal[- ]data incidents?",
            " xbreach incident ",
        ),
        (r"\bdata subjects?\b|\bsubject access|\bindividuals?\b", " xpeople "),
        (r"\bregisters? of information|\boutsourcing registers?", " xregister supplier "),
        (
            r"\brecords? of processing(?: activit\w+)?|\bprocessing registers?|\bropa\b",
            " xropa record process ",
        ),
        (r"\bthreat[- ]led penetration test\w*|\btlpt\b|\bred[- ]team\w*", " xtlpt test "),
        (r"\bpenetration tests?|\bpen ?tests?", " xpentest test "),
        (r"\bartificial intelligence|\bai\b", " xai "),
        (r"\bbusiness continuity|\bdisaster recovery|\bbcps?\b|\bdrps?\b", " continu "),
        (
            r"\bat least (?:yearly|annually)|\bonce a year|\bevery year|\bannual(?:ly)?\b|\byearly\b",
            " xyearly ",
        ),
        (r"\bmulti-?factor\b|\bmfa\b|\btwo-?factor|\b2fa\b|\bstrong authentication", " xmfa authent "),
        (
            (
                r"\bict[- ]related incidents?|\bict incidents?|\bsecurity incidents?|\bcyber incidents?|"
                r"\bit incidents?"
            ),
            " incident ict ",
        ),
        (r"\bround[- ]the[- ]clock", " continuous "),
        (
            (
                r"\b(?:ict (?:services?|systems?) )?(?:that )?(?:support(?:s|ing)? )?(?:a )?"
                r"critical (?:or|and) important functions?"
            ),
            " xcritical ",
        ),
        (r"\b(?:written|noted|put) down|\b(?:put|set out) in writing", " record "),
    )
)
_SAME = {
    "notifi": "report",
    "inform": "report",
    "communic": "report",
    "tell": "report",
    "disclos": "report",
    "escal": "report",
    "submit": "report",
    "transmit": "report",
    "alert": "report",
    "notif": "report",
    "employe": "staff",
    "personnel": "staff",
    "worker": "staff",
    "colleagu": "staff",
    "workforc": "staff",
    "train": "train",
    "educ": "train",
    "awar": "train",
    "literaci": "train",
    "cours": "train",
    "delet": "eras",
    "erasur": "eras",
    "destroy": "eras",
    "destruct": "eras",
    "purg": "eras",
    "remov": "eras",
    "retain": "keep",
    "retent": "keep",
    "store": "keep",
    "storag": "keep",
    "preserv": "keep",
    "archiv": "keep",
    "kept": "keep",
    "client": "xpeople",
    "custom": "xpeople",
    "exercis": "test",
    "drill": "test",
    "rehears": "test",
    "simul": "test",
    "agreement": "contract",
    "contractu": "contract",
    "evalu": "assess",
    "apprais": "assess",
    "restor": "recov",
    "recoveri": "recov",
    "resum": "recov",
    "log": "log",
    "logbook": "log",
    "journal": "log",
    "document": "record",
    "regist": "record",
    "inventori": "record",
    "registri": "record",
    "encrypt": "encrypt",
    "cryptograph": "encrypt",
    "cypher": "encrypt",
    "cipher": "encrypt",
    "secur": "secur",
    "safeguard": "secur",
    "protect": "protect",
    "firm": "firm",
    "compani": "firm",
    "organis": "firm",
    "vulner": "vulner",
    "weak": "vulner",
    "weakness": "vulner",
    "supervis": "oversight",
    "overse": "oversight",
    "oversight": "oversight",
    "monitor": "monitor",
    "surveil": "monitor",
    "anomal": "anomali",
    "anomali": "anomali",
    "continuiti": "continu",
    "crise": "crisi",
    "appoint": "design",
    "nomin": "design",
    "designat": "design",
    "rectif": "correct",
    "amend": "correct",
    "rectifi": "correct",
    "consent": "consent",
    "author": "xauthority",
    "lawful": "lawful",
    "legal": "lawful",
    "law": "lawful",
    "strategi": "strategi",
    "polici": "polici",
    "procedur": "procedur",
    "resili": "resili",
    "easili": "easi",
    "told": "report",
    "talk": "interact",
    "deal": "interact",
    "convers": "interact",
    "staff": "staff",
    "person": "person",
    "natur": "natur",
    "bodi": "bodi",
    "terminat": "exit",
    "exit": "exit",
    "withdraw": "withdraw",
    "revok": "withdraw",
}
_WORD = re.compile(r"[a-z0-9]+")
_stemmer = (
    tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.raw()).filter(tantivy.Filter.stemmer("english")).build()
)


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return the stem of one lower-case word, then its stand-in if it has one."""
    if word.startswith("x") and word in _OWN:
        return word
    found = _stemmer.analyze(word[:64])
    root = found[0] if found else word
    return _SAME.get(root, root)


_OWN = frozenset(word for _, token in _PHRASES for word in token.split() if word.startswith("x"))


def terms(text: str) -> list[str]:
    """Return the content words of a text in order, stemmed; numbers and stop words are left out."""
    low = (
        text.lower()
        .replace("\u2019", "'")
        .replace("\u2010", "-")
        .replace("\u2011", "-")
        .replace("\u00a0", " ")
    )
    low = low.replace("'s ", " ")
    for pattern, token in _PHRASES:
        low = pattern.sub(token, low)
    return [
        stem(word)
        for word in _WORD.findall(low)
        if len(word) > 1 and word not in _STOP and not word.isdigit()
    ]


def pairs(words: list[str]) -> list[str]:
    """Return neighbouring words joined, the second channel of the index."""
    return [f"{first}_{second}" for first, second in pairwise(words)]


# Words that name who is spoken to or what everything is about; they tell little about one duty.
PARTIES = frozenset(
    terms(
        "controller processor provider deployer importer distributor operator manufacturer representative "
        "financial institution data system systems right obligation responsible personal market person"
    )
)
# What a word tells that the law never uses: less than a rare word of the law, so that plain speech is not
# punished.
UNSEEN = 3500


class Weights:
    """How much each word tells: rare words much, common ones little; whole numbers, so that sums are exact.

    :param bags: the words of each unit (duty or passage) of the collection.
    """

    def __init__(self, bags: Iterable[Iterable[str]]) -> None:
        seen: Counter[str] = Counter()
        units = 0
        for bag in bags:
            units += 1
            seen.update(set(bag))
        self._weights = {
            word: round(1000 * math.log(1 + (units - count + 0.5) / (count + 0.5)))
            // (4 if word in PARTIES else 1)
            for word, count in seen.items()
        }

    def __getitem__(self, word: str) -> int:
        """Return the weight in thousandths (inverse document frequency as BM25 has it)."""
        return self._weights.get(word, UNSEEN)

    def sum(self, words: Iterable[str]) -> int:
        """Return what several words tell together."""
        weights = self._weights
        return sum([weights.get(word, UNSEEN) for word in words])
