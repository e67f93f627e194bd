"""Whom the acts speak to: one lexicon per act, one for all the rest.

A name stands for a family of wordings ("Financial entities, other than microenterprises" is a financial
entity). Each actor is regulated (its duties are the firm's), an authority (they are not), or a holder of
rights. An act may also put a whole range of articles on somebody without naming him in each sentence;
such :class:`Charge` names the provision that does so, and is used only when that provision is in the
loaded text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache

REGULATED = "regulated"
AUTHORITY = "authority"
HOLDER = "holder"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody the law names.

    :param words: regular expression for the noun phrase, without article.
    :param side: :data:`REGULATED`, :data:`AUTHORITY` or :data:`HOLDER`.
    :param special: a kind of firm, or a role, that most firms under the act do not have; what is asked of it alone
        binds a firm only if it is one, which its documents seldom say.
    """

    name: str
    words: str
    side: str = REGULATED
    special: bool = False


@dataclass(frozen=True, slots=True)
class Charge:
    """A range of articles that one provision puts on somebody.

    :param articles: regular expression over the identifier of the statement's provision.
    :param basis: identifier of the provision that says so.
    """

    articles: str
    name: str
    basis: str


@dataclass(frozen=True)
class AddresseeLexicon:
    """The actors of one act, longest wording first, and its charges."""

    actors: tuple[Actor, ...]
    charges: tuple[Charge, ...] = ()
    pattern: re.Pattern[str] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        groups = "|".join(f"(?P<a{at}>{one.words})" for at, one in enumerate(self.actors))
        object.__setattr__(
            self, "pattern", re.compile(rf"{_DETERMINERS}(?:{groups})(?![\w'-])", re.IGNORECASE)
        )

    def at(self, text: str, position: int) -> tuple[Actor, int, int] | None:
        """Return the actor whose name stands at a position, with the range of the name itself."""
        match = self.pattern.match(text, position)
        if match is None or match.lastgroup is None:
            return None
        return self.actors[int(match.lastgroup[1:])], match.start(match.lastgroup), match.end()

    def charge(self, eid: str, known: frozenset[str]) -> Charge | None:
        """Return who an unnamed duty at this place falls on, if the act itself says so."""
        for one in self.charges:
            if re.match(one.articles, eid) and one.basis in known:
                return one
        return None


_DETERMINERS = (
    r"(?:(?:the|a|an|each|every|any|all|such|those|these|that|both|other|no|relevant|concerned|new|prospective|"
    r"potential|individual|their|its)\s+)*"
)

_AUTHORITIES = (
    Actor("Member State", r"Member States?", AUTHORITY),
    Actor("Commission", r"(?:European )?Commission", AUTHORITY),
    Actor("Council", r"European Parliament(?: and the Council)?|Council", AUTHORITY),
    Actor(
        "European Supervisory Authority",
        r"ESAs|EBA|ESMA|EIOPA|(?:the )?European Supervisory Authorities|Joint Committee|AMLA",
        AUTHORITY,
    ),
    Actor(
        "Lead Overseer",
        r"Lead Overseer|Oversight Forum|Joint Oversight Network|joint examination teams?",
        AUTHORITY,
    ),
    Actor("ENISA", r"ENISA|ECB|ESRB|CSIRTs?|EU-CyCLONe|Cooperation Group", AUTHORITY),
    Actor("AI Office", r"AI Office|AI Board|scientific panel|advisory forum", AUTHORITY),
    Actor("Board", r"(?:European Data Protection )?Board|Chair|secretariat", AUTHORITY),
    Actor(
        "supervisory authority",
        r"(?:lead |competent |independent |requested |requesting |host |"
        r"seconding )?supervisory (?:authority|authorities)(?: concerned)?",
        AUTHORITY,
    ),
    Actor(
        "market surveillance authority",
        r"(?:national )?market surveillance (?:authority|authorities)",
        AUTHORITY,
    ),
    Actor("notifying authority", r"notifying (?:authority|authorities)", AUTHORITY),
    Actor("resolution authority", r"resolution (?:authority|authorities)|TLPT authorit(?:y|ies)", AUTHORITY),
    Actor(
        "competent authority",
        r"(?:national |designated )?(?:competent |public )?(?:authority|authorities)|"
        r"single points? of contact|FIUs?",
        AUTHORITY,
    ),
    Actor("notified body", r"notified bod(?:y|ies)|conformity assessment bod(?:y|ies)", AUTHORITY),
)
_HOLDERS = (
    Actor("data subject", r"data subjects?", HOLDER),
    Actor("affected person", r"(?:affected|natural) persons?", HOLDER),
)
_FINANCIAL = (
    Actor(
        "critical ICT third-party service provider",
        r"critical ICT third[\u2010-]party service providers?",
        special=True,
    ),
    Actor(
        "ICT third-party service provider",
        r"ICT third[\u2010-]party service providers?|ICT intra-group service providers?",
        special=True,
    ),
    # The kinds of Article 2(1) of DORA, and the smallest firms.
    Actor("microenterprise", r"microenterprises?", special=True),
    Actor("credit institution", r"credit institutions?", special=True),
    Actor("trading venue", r"trading venues?", special=True),
    Actor("central counterparty", r"central counterpart(?:y|ies)", special=True),
    Actor("central securities depository", r"central securities depositor(?:y|ies)", special=True),
    Actor("trade repository", r"trade repositor(?:y|ies)", special=True),
    Actor("credit rating agency", r"credit rating agenc(?:y|ies)", special=True),
    Actor("payment institution", r"payment institutions?", special=True),
    Actor("electronic money institution", r"electronic money institutions?", special=True),
    Actor("investment firm", r"investment firms?", special=True),
    Actor("insurance undertaking", r"insurance (?:and reinsurance )?undertakings?", special=True),
    Actor(
        "management body of the financial entity", r"members? of the management body|management bod(?:y|ies)"
    ),
    Actor(
        "financial entity",
        r"financial entit(?:y|ies)|(?:institutions|entities) (?:referred to|listed) in",
    ),
)
_PRIVACY = (
    Actor("joint controllers", r"joint controllers?"),
    Actor("controller", r"(?:data )?controllers?"),
    Actor("processor", r"(?:data )?processors?", special=True),
    Actor("data protection officer", r"data protection officers?"),
    Actor("representative", r"representatives?", special=True),
    Actor("certification body", r"(?:certification|monitoring|accredited) bod(?:y|ies)", AUTHORITY),
)
_ARTIFICIAL = (
    Actor(
        "provider of general-purpose AI model",
        r"(?:authorised representatives of )?providers? of (?:a )?general[\u2010-]purpose AI (?:models?|"
        r"systems?)(?: with systemic risk)?",
        special=True,
    ),
    Actor(
        "provider of high-risk AI system",
        r"providers? (?:or prospective providers? )?of (?:an? )?high[\u2010-]risk AI systems?",
        special=True,
    ),
    Actor("deployer of high-risk AI system", r"deployers? of (?:an? )?high[\u2010-]risk AI systems?"),
    Actor("authorised representative", r"authorised representatives?", special=True),
    Actor("product manufacturer", r"product manufacturers?|manufacturers?", special=True),
    Actor("provider", r"(?:downstream )?providers?", special=True),
    Actor("deployer", r"deployers?"),
    Actor("importer", r"importers?", special=True),
    Actor("distributor", r"distributors?", special=True),
    Actor("operator", r"(?:economic )?operators?|third part(?:y|ies)"),
)
_OTHERS = (
    Actor(
        "essential or important entity", r"(?:essential|important)(?: (?:and|or) important)? entit(?:y|ies)"
    ),
    Actor("obliged entity", r"(?:obliged|supervised) entit(?:y|ies)"),
    Actor("crypto-asset service provider", r"crypto-asset service providers?"),
    Actor(
        "issuer",
        r"issuers?(?: of (?:asset-referenced tokens|e-money tokens))?|offerors?|persons? seeking admission",
    ),
    Actor(
        "entity",
        r"(?:legal )?entit(?:y|ies)(?: concerned)?|undertakings?|(?:legal|responsible) persons?|"
        r"compan(?:y|ies)|"
        r"organisations?",
    ),
)
_LEXICONS = {
    "32022R2554": AddresseeLexicon(
        (*_FINANCIAL, *_AUTHORITIES), (Charge(r"art_30\b", "financial entity", "art_28.par_1.pnt_a"),)
    ),
    "32025R0301": AddresseeLexicon((*_FINANCIAL, *_AUTHORITIES)),
    "32024R1772": AddresseeLexicon((*_FINANCIAL, *_AUTHORITIES)),
    "32024R1774": AddresseeLexicon((*_FINANCIAL, *_AUTHORITIES)),
    "32016R0679": AddresseeLexicon(
        (*_PRIVACY, *_HOLDERS, *_AUTHORITIES),
        (
            Charge(r"art_5\.par_1\b", "controller", "art_5.par_2"),
            Charge(r"art_(?:6|7|8|9|10|11)\b", "controller", "art_5.par_2"),
            Charge(r"art_(?:1[5-9]|2[0-2])\b", "controller", "art_12.par_2"),
            Charge(r"art_44\b", "controller", "art_44"),
            Charge(r"art_28\.par_3\b", "controller", "art_28.par_1"),
        ),
    ),
    "32024R1689": AddresseeLexicon(
        (
            *_ARTIFICIAL,
            *_HOLDERS,
            *_AUTHORITIES,
            Actor("downstream entity", r"(?:legal )?persons?|entit(?:y|ies)"),
        ),
        (
            Charge(r"art_(?:8|9|1[0-5])\b", "provider of high-risk AI system", "art_16.pnt_a"),
            Charge(r"art_5\.par_1\b", "operator", "art_5.par_1"),
        ),
    ),
}


_BODY = Actor(
    "management body",
    r"members? of the management body|"
    r"management bod(?:y|ies)(?: of (?:essential and important|obliged|such) entit(?:y|ies))?",
)


@cache
def _generic() -> AddresseeLexicon:
    return AddresseeLexicon(
        (
            _BODY,
            *_FINANCIAL,
            *_ARTIFICIAL[:4],
            *_PRIVACY,
            *_ARTIFICIAL[4:],
            *_AUTHORITIES,
            *_HOLDERS,
            *_OTHERS,
        )
    )


def lexicon(celex: str) -> AddresseeLexicon:
    """Return the act's own lexicon, or the general one for an act nobody has described yet."""
    return _LEXICONS.get(celex) or _generic()


#: Names that stand for one kind of firm or one role, whichever act they come from.
SPECIAL = frozenset(one.name for one in _generic().actors if one.special)
