"""Time limits of the law that a firm's document can break, as a small table read by people.

Each row names its provision and quotes words that must stand there; if the loaded text does not hold them,
the row does not fire and says so. A row judges a sentence only when the sentence is about its subject
(``topic``), does the thing (``verb``) and, in the clause of the time itself, names the other party
(``near``) and none of ``unless``. The table is data: a new row needs a quote, a provision and a test, no
code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from muniment.scans.duties.periods import Kind

TABLE = "limits/1"


@dataclass(frozen=True, slots=True)
class Limit:
    """One time limit of the law.

    :param quote: words of the law, white space folded.
    :param kind: ``AT_MOST`` (a deadline), ``AT_LEAST`` (a retention), ``EVERY`` (a frequency).
    :param says: what must be done, to finish the sentence "The law asks to …".
    :param near: empty when the sentence needs no other party.
    """

    id: str
    celex: str
    eid: str
    quote: str
    kind: Kind
    iso: str
    says: str
    topic: str
    verb: str
    near: str = ""
    unless: str = ""

    def about(self, sentence: str, surroundings: str) -> bool:
        """Return whether a sentence deals with this limit; its heading may name the topic for it."""
        return bool(
            re.search(self.verb, sentence, re.IGNORECASE)
            and (
                re.search(self.topic, sentence, re.IGNORECASE)
                or re.search(self.topic, surroundings, re.IGNORECASE)
            )
        )


_TELL = r"\b(?:notif|report|inform|tell|alert|submi|communicat|escalat)\w*"
_AUTHORITY = r"\bauthorit|\bregulator|\bsupervisor|\bDPA\b|\bcommissioner\b|\bcentral bank\b|\bICO\b|\bCNIL\b"
_PEOPLE = (
    r"\b(?:data subject|customer|client|individual|persons? affected|affected (?:person|people)|processor|"
    r"supplier|vendor)s?\b"
)
_KEEP = r"\b(?:keep|kept|retain|retention|stor(?:e|ed|age)|preserv|delet|eras|purg|overwrit|rotat|archiv)\w*"
_TEST = r"\b(?:test|exercis|rehears|drill|simulat)\w*"

LIMITS = (
    Limit(
        "gdpr-33-1",
        "32016R0679",
        "art_33.par_1",
        "not later than 72 hours after having become aware of it",
        Kind.AT_MOST,
        "PT72H",
        "notify the supervisory authority of a personal data breach",
        r"\b(?:personal[- ]data|data|privacy)[- ](?:breach|incident)|\bbreach(?:es)? of personal data",
        _TELL,
        _AUTHORITY,
        _PEOPLE,
    ),
    Limit(
        "gdpr-12-3",
        "32016R0679",
        "art_12.par_3",
        "within one month of receipt of the request",
        Kind.AT_MOST,
        "P1M",
        "answer a data subject's request",
        r"\bdata[- ]subject|\bsubject access|\b(?:access|erasure|rectification|objection|"
        r"portability) request|"
        r"\brequests? (?:for|to) (?:access|erasure|rectif)",
        r"\b(?:respond|repl(?:y|ies)|answer|complet|fulfil|provide|handl|act(?:s|ed)? on|deal(?:s|"
        r"t)? with|process)\w*",
        "",
        r"\bextend|\bextension|\bfurther\b|\backnowledg",
    ),
    Limit(
        "gdpr-14-3",
        "32016R0679",
        "art_14.par_3.pnt_a",
        "at the latest within one month",
        Kind.AT_MOST,
        "P1M",
        "inform people whose data came from somebody else",
        r"\b(?:not (?:been )?obtained|not collected|obtained|received|"
        r"collected) (?:directly )?from (?:the data subject|other|third|"
        r"another|somebody|someone)|\bother sources?\b|\bindirect(?:ly)? collect",
        _TELL + r"|\bprovid\w*",
    ),
    Limit(
        "dora-11-6",
        "32022R2554",
        "art_11.par_6.pnt_a",
        "at least yearly",
        Kind.EVERY,
        "P1Y",
        "test ICT business continuity, response and recovery plans",
        r"\bcontinuity|\bdisaster recovery|\b(?:response and )?recovery plans?|\bBCP\b|\bDRP?\b|\bfail-?over",
        _TEST,
        "",
        r"\bpenetration|\bthreat-led|\bred[- ]team|\bbackups?\b|\brestor",
    ),
    Limit(
        "dora-24-6",
        "32022R2554",
        "art_24.par_6",
        "at least yearly",
        Kind.EVERY,
        "P1Y",
        "test ICT systems that support critical or important functions",
        r"\b(?:critical|important)\b[^.]{0,60}\b(?:systems?|applications?|functions?|services?)|"
        r"\bresilience test",
        r"\b(?:test|scan)\w*",
        "",
        r"\bcontinuity|\bthreat-led|\bTLPT|\bred[- ]team|\brecovery plan",
    ),
    Limit(
        "dora-26-1",
        "32022R2554",
        "art_26.par_1",
        "at least every 3 years",
        Kind.EVERY,
        "P3Y",
        "carry out threat-led penetration testing",
        r"\bthreat[- ]led|\bTLPT\b|\bred[- ]team",
        r"\b(?:test|carr|perform|conduct|run|exercis)\w*",
    ),
    Limit(
        "dora-6-5",
        "32022R2554",
        "art_6.par_5",
        "reviewed at least once a year",
        Kind.EVERY,
        "P1Y",
        "review the ICT risk management framework",
        r"\bICT[- ]risk(?: management)?(?: framework)?|\bIT risk (?:management )?framework",
        r"\breview\w*",
    ),
    Limit(
        "dora-8-1",
        "32022R2554",
        "art_8.par_1",
        "at least yearly, the adequacy of this classification",
        Kind.EVERY,
        "P1Y",
        "review the classification of ICT assets and functions",
        r"\b(?:asset|function)s?\b[^.]{0,60}\b(?:inventor|classif|register)|\b(?:inventor|classif)\w*[^.]{0,60}\bassets?",
        r"\b(?:review|check|updat|verif)\w*",
    ),
    Limit(
        "dora-28-3",
        "32022R2554",
        "art_28.par_3",
        "shall report at least yearly to the competent authorities",
        Kind.EVERY,
        "P1Y",
        "report new ICT outsourcing arrangements to the authority",
        r"\bregister of information|\boutsourc|\bICT (?:third|service|contract)",
        r"\b(?:report|submi|send|sent|file)\w*",
        _AUTHORITY,
    ),
    Limit(
        "rts-301-5-1-a",
        "32025R0301",
        "art_5.par_1.pnt_a",
        "within four hours from the classification",
        Kind.AT_MOST,
        "PT4H",
        "send the initial notification once an incident is classified as major",
        r"\bmajor\b[^.]{0,40}\bincident|\bincident\b[^.]{0,60}\bmajor|\binitial (?:notification|report)",
        _TELL,
        r"\bclassif",
    ),
    Limit(
        "rts-301-5-1-a-aware",
        "32025R0301",
        "art_5.par_1.pnt_a",
        "no later than 24 hours from the moment",
        Kind.AT_MOST,
        "PT24H",
        "send the initial notification of a major incident after becoming aware of it",
        r"\bmajor\b[^.]{0,40}\bincident|\bincident\b[^.]{0,60}\bmajor|\binitial (?:notification|report)",
        _TELL,
        r"\baware|\bdetect|\bdiscover|\boccur",
        r"\bpersonal data|\bclassif|\bintermediate|\bfinal report",
    ),
    Limit(
        "rts-301-5-1-b",
        "32025R0301",
        "art_5.par_1.pnt_b",
        "at the latest within 72 hours from the submission",
        Kind.AT_MOST,
        "PT72H",
        "send the intermediate report",
        r"\bintermediate report",
        r"\bintermediate report",
        r"\bintermediate",
    ),
    Limit(
        "rts-301-5-1-c",
        "32025R0301",
        "art_5.par_1.pnt_c",
        "no later than one month after",
        Kind.AT_MOST,
        "P1M",
        "send the final report",
        r"\bfinal report",
        r"\bfinal report",
        r"\bfinal",
    ),
    Limit(
        "aia-73-2",
        "32024R1689",
        "art_73.par_2",
        "not later than 15 days after the provider",
        Kind.AT_MOST,
        "P15D",
        "report a serious incident of a high-risk AI system",
        r"\bserious incidents?\b[^.]{0,80}\bAI\b|\bAI\b[^.]{0,80}\bserious incidents?|\bAI incidents?",
        _TELL,
        _AUTHORITY,
        r"\bdeath|\bwidespread",
    ),
    Limit(
        "aia-73-4",
        "32024R1689",
        "art_73.par_4",
        "not later than 10 days after the date",
        Kind.AT_MOST,
        "P10D",
        "report a serious incident that caused a death",
        r"\bAI\b",
        _TELL,
        r"\bdeath|\bfatal",
    ),
    Limit(
        "aia-26-6",
        "32024R1689",
        "art_26.par_6",
        "of at least six months",
        Kind.AT_LEAST,
        "P6M",
        "keep the logs of a high-risk AI system",
        r"\b(?:AI|model|machine[- ]learning|algorithm)\w*\b[^.]{0,80}\blogs?\b|"
        r"\blogs?\b[^.]{0,80}\b(?:AI|model|algorithm)\w*",
        _KEEP,
        r"\blogs?\b|\blog files?\b|\bthey\b|\bthem\b|" + _KEEP,
    ),
    Limit(
        "aia-19-1",
        "32024R1689",
        "art_19.par_1",
        "of at least six months",
        Kind.AT_LEAST,
        "P6M",
        "keep the logs of a high-risk AI system one provides",
        r"\b(?:AI|model|machine[- ]learning|algorithm)\w*\b[^.]{0,80}\blogs?\b|"
        r"\blogs?\b[^.]{0,80}\b(?:AI|model|algorithm)\w*",
        _KEEP,
        r"\blogs?\b|\blog files?\b|\bthey\b|\bthem\b|" + _KEEP,
    ),
    Limit(
        "aia-18-1",
        "32024R1689",
        "art_18.par_1",
        "for a period ending 10 years after",
        Kind.AT_LEAST,
        "P10Y",
        "keep the technical documentation of a high-risk AI system",
        r"\btechnical documentation|\bdeclaration of conformity",
        _KEEP,
        r"\btechnical documentation|\bdeclaration|" + _KEEP,
    ),
)
