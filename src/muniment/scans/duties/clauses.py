"""Finds the parts of one statement by its words: who, must or must not, what, when, unless, to whom.

Every function takes the statement's plain string and answers with ranges of it. The order of the tests is
the rule; the words are those that EU acts use (Joint Practical Guide of the institutions, guideline 2.3:
"shall").
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from muniment.scans.duties.actors import AUTHORITY, HOLDER, Actor, AddresseeLexicon
from muniment.scans.duties.duty import Modality

_MODAL = re.compile(
    r"\b(?:shall not|shall|must not|must|may not|(?:is|are) (?:hereby )?prohibited|(?:is|are) required to|"
    r"(?:is|are) obliged to|(?:has|have) the right to|(?:is|are) entitled to)(?![\w-])",
    re.IGNORECASE,
)
_RELATIVE = re.compile(r"(?:\b(?:which|who|whose \w+)(?:\s+(?:in turn|also|then))?|,\s*and that)\s*$")
_PERMITS = re.compile(
    r"\bmay\b(?!\s+not\b)[^.;]*\b(?:that|whether|which|to whom)\b[^.;]*$|"
    r"\bmay,?\s[^;.]{0,200}\b(?:which|that|who)\b"
)
_AFTER_NOT = re.compile(
    r"^\s*(?:,[^,]{0,80},\s*)?(?:not|neither|never|in no (?:case|event)|under no circumstances)\b"
)
_AFTER_PROHIBITED = re.compile(r"^\s*(?:also )?be (?:prohibited|forbidden)\b")
_AFTER_RIGHT = re.compile(r"^\s*(?:also )?(?:have the (?:same )?right|be entitled)\b")
_OPENER = re.compile(
    r"(?:Where|If|When|In the (?:case|event)|In cases?|In addition|In order|In exceptional|"
    r"In (?:duly )?justified|Without "
    r"prejudice|By way of|By derogation|By \d|For|Before|After|Until|Upon|Pursuant|As (?:part|from|of|"
    r"soon|regards)|With "
    r"(?:regard|respect|a view|the aim)|Taking|Having|Notwithstanding|To |At |On |Within|Insofar|"
    r"In so far|Unless|Except|"
    r"Once|Prior|Following|Based|Depending|During|Every|Under|Through|Subject|Save|Irrespective|"
    r"Regardless|Except|In "
    r"accordance|In relation|In the context|In particular|In that|In such|In those|In any|In both|"
    r"Provided|Moreover|"
    r"However|Nevertheless|Furthermore|From|By|When|Whenever|In )",
)
_CONDITION_OPENER = re.compile(
    r"(?:Where|If|When|Whenever|In the (?:case|event)|In cases?|Before|Upon|As soon as|Insofar|"
    r"In so far|Once|Prior|Unless)\b"
)
_SHORT = re.compile(
    r"(?:where|if|when|as)\s+(?:so )?(?:appropriate|applicable|feasible|necessary|possible|relevant|"
    r"required|requested|"
    r"justified|technically feasible)\b",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\b(?:where(?!as)|if|when(?:ever)?|provided that|to the extent(?: that)?|in ?so ?far as|only if|"
    r"as long as|"
    r"in the (?:event|case) (?:of|that))\b",
)
_EXCEPTION = re.compile(
    r"\b(?:unless|except(?:ing|ion)?(?: where| that| for| in)?|with the exception of|save (?:where|as)|"
    r"other than|"
    r"[Bb]y (?:way of )?derogation from|excluding|does not apply)\b"
)
_CLAUSE_END = re.compile(r"[;:]|\.(?=\s|$)")
_RECIPIENT = re.compile(
    r"\b(?:(?:notif|report(?!s|ing)|inform(?!ation)|submit|provid|communicat|transmit|disclos|deliver|address|send|sent|"
    r"makes? available)\w*)\b"
    r"[^.;:]{0,140}?\bto\s+(?=the|a|an|its|their|all|any|each|other|national|competent|affected|relevant|clients|"
    r"customers|data|natural)",
)
_OBJECT = re.compile(
    r"\b(?:notify|inform|alert|warn|advise)\s+(?=the|a|an|its|their|all|any|each|other|national|affected)"
)
_INSERTED = re.compile(
    r"[\s:]*(?:(?:,|without undue delay and,|without delay and,).{1,260}?,\s+(?!(?:first|second|third|"
    r"point|points|paragraph|and|or|where|in|as|at|to|with|within|not|no|nor|"
    r"including|taking|having|the|a|an|on|by|for|if|when|under|of|upon|prior|after|before|without|via|through|but|such|\(|"
    r"Article|Articles|which|that|unless|whether|\w+ed|\w+ing|\w+ly)\b)(?=[a-z])|,)?\s*(?:(?:also|therefore|further|then)\s+)?"
)
_SCOPE_SUBJECT = re.compile(
    r"(?:(?:the|this|these|those|that)\s+)?(?:(?:first|second|third|fourth|fifth) (?:subparagraphs?|"
    r"paragraphs?|sentences?)|"
    r"Regulation|Directive|Articles?|paragraphs?|points?|Chapters?|Sections?|Annex(?:es)?|subparagraphs?|obligations?|"
    r"requirements? (?:laid down|set out|referred)|provisions?|reference|references|delegated acts?|"
    r"implementing acts?|"
    r"delegation of power|powers? to adopt|power|Decision|act)\b",
    re.IGNORECASE,
)
_SCOPE_VERB = re.compile(
    r"^\s*(?:not |also |only |, [^,]{1,80},\s*)*(?:apply|enter into force|be without prejudice|"
    r"be understood|be construed|"
    r"be deemed|be considered|be presumed|mean|be binding|remain|be repealed|cease|have the meaning|"
    r"affect|be "
    r"conferred|prejudice|preclude|be interpreted|be subject to (?:this|the) (?:Regulation|procedure))\b",
    re.IGNORECASE,
)
_ENSURE = re.compile(
    r"\b(?:ensure|require|provide|see to it|stipulate|take (?:the |all )?(?:appropriate |"
    r"necessary )?(?:measures|steps) to ensure)"
    r"[^,.;:]{0,60}?,?(?:[^.;:]{0,120}?,)?\s*that,?\s+|\brequire\s+",
)
_PASSIVE = re.compile(r"\s*(?:not |also |only )?be\s+(?:\w+ly\s+)?(\w+)\b")
_NOUN_SIDE = frozenset(
    (
        "provided",
        "offered",
        "supplied",
        "issued",
        "used",
        "adopted",
        "established",
        "laid",
        "made",
        "taken",
        "performed",
    )
)
_BY = re.compile(r"\bby\s+")
DEFINITION = re.compile(
    r"^['\"“]([^'\"”]{1,160})['\"”](?:\s+\([^)]{1,40}\))?(?:\s+or\s+['\"“][^'\"”]{1,90}['\"”])?\s+means\b"
)


@dataclass(frozen=True, slots=True)
class Range:
    """A half-open range of the statement's plain string."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Subject:
    """Who stands before the modal.

    :param actors: actors found, in order; empty when the subject is a thing.
    :param at: range of the actors, or of the last words before the modal.
    :param opening: range of the clause in front of the subject, if there is one.
    """

    actors: tuple[Actor, ...]
    at: Range
    opening: Range | None


def modal(text: str, start: int = 0) -> tuple[Range, Modality] | None:
    """Find the binding word of a statement and what it does.

    A modal inside an opening clause ("Where the provider must …, it shall …") gives way to the first
    one after that clause.
    """
    for match in _MODAL.finditer(text, start):
        if _RELATIVE.search(text, start, match.start()) or _PERMITS.search(text, start, match.start()):
            continue
        opener = _OPENER.match(text, start)
        if opener is not None and "," not in text[start : match.start()] and _MODAL.search(text, match.end()):
            continue
        return Range(match.start(), match.end()), _modality(match[0].lower(), text, match)
    return None


def _modality(word: str, text: str, match: re.Match[str]) -> Modality:
    after = text[match.end() : match.end() + 120]
    if "prohibited" in word or _AFTER_PROHIBITED.match(after):
        return Modality.PROHIBITED
    if "right" in word or "entitled" in word or _AFTER_RIGHT.match(after):
        return Modality.RIGHT
    if word == "may not":
        return Modality.MAY_NOT
    negated = word.endswith(" not") or _AFTER_NOT.match(after) or re.match(r"\s*No\s", text[: match.start()])
    if word.startswith("must"):
        return Modality.MUST_NOT if negated else Modality.MUST
    return Modality.SHALL_NOT if negated else Modality.SHALL


def subject(text: str, stop: int, names: AddresseeLexicon, start: int = 0) -> Subject:
    """Find who stands before the modal at ``stop``."""
    opener = _OPENER.match(text, start)
    starts = [start, *(match.end() for match in re.finditer(r",\s+(?:and\s+)?", text[start:stop]))]
    starts = [starts[0], *(start + one for one in starts[1:])]
    hits = [(at, hit) for at in starts if (hit := _head(text, at, stop, names)) is not None]
    if opener is None:
        hits = [one for one in hits if one[0] == start]
        chosen = hits[0] if hits else None
    else:
        hits = [one for one in hits if one[0] != start]
        chosen = hits[-1] if hits else None
    if chosen is None:
        begin = starts[-1] if opener is not None else start
        opening = Range(start, begin) if opener is not None and begin > start else None
        return Subject((), Range(begin, stop), opening)
    at, (actors, found) = chosen
    return Subject(actors, found, Range(start, at) if at > start else None)


_ABOUT = re.compile(r"(?:Where|If|When|Once|Before|Upon|In so far as|Insofar as)\s+")
_FOLLOWS = re.compile(
    r"\s*(?:,|$|\)|\(|(?:\w+ed|and|or|of|that|which|who|whose|referred|designated|established|subject|classified|concerned|other|in|"
    r"under|within|pursuant|not|acting|shall|must|may|to|for|as|with|using|having|from|located|providing|providers?|making|"
    r"involved|identified|offering|putting|placing|is|are|has|have|on|at|by|responsible|receiving|intending|required|take|"
    r"takes|adopt|report|notify|submit|comply|implement|put|keep|inform|cooperate|provide|do|does|ensure|include|can|be|"
    r"approve|oversee|follow|perform|make|grant|carry|where|exercising|also)\b)"
)


def _head(
    text: str, at: int, stop: int, names: AddresseeLexicon, *, strict: bool = True
) -> tuple[tuple[Actor, ...], Range] | None:
    """Read one actor, or several joined, at a position; ``None`` when the noun goes on as something else."""
    hit = names.at(text, at)
    if hit is None or hit[2] > stop or (strict and not _FOLLOWS.match(text, hit[2])):
        return None
    actors = [hit[0]]
    begin, end = hit[1], hit[2]
    while True:
        link = re.compile(r"\s*(?:,\s*)?(?:and|or|,)\s*(?:,?\s*where applicable,\s*)?").match(text, end)
        following = names.at(text, link.end()) if link is not None else None
        if following is None or following[2] > stop or not _FOLLOWS.match(text, following[2]):
            return tuple(dict.fromkeys(actors)), Range(begin, end)
        actors.append(following[0])
        end = following[2]


def ensured(text: str, start: int, names: AddresseeLexicon) -> tuple[tuple[Actor, ...], Range] | None:
    """Find the second subject in "shall ensure that X …", past any insertion between commas."""
    for match in _ENSURE.finditer(text, start):
        begin = match.end()
        commas = re.finditer(r",\s+", text[begin : begin + 200])
        for at in (begin, *(begin + one.end() for one in commas)):
            head = _head(text, at, len(text), names)
            if head is not None and head[0][0].side != AUTHORITY:
                return head
    return None


def agent(text: str, start: int, names: AddresseeLexicon) -> tuple[tuple[Actor, ...], Range] | None:
    """Find the doer of a passive: "shall be drawn up by the provider"."""
    passive = _PASSIVE.match(text, start)
    if passive is None:
        return None
    for match in _BY.finditer(text, start, start + 95):
        before = text[start : match.start()].split()
        if before[-1] in _NOUN_SIDE and before[-1] != passive[1]:
            continue
        head = _head(text, match.end(), len(text), names, strict=False)
        if head is not None and head[0][0].side != HOLDER:
            return head
    return None


def against(text: str, start: int, names: AddresseeLexicon) -> tuple[tuple[Actor, ...], Range] | None:
    """Find whom a right is held against: "to obtain from the controller"; else the first regulated actor."""
    for match in re.finditer(r"\b(?:from|by|against|to|that|of|where|and)\s+", text[start:]):
        head = _head(text, start + match.end(), len(text), names, strict=False)
        if head is not None and head[0][0].side not in (AUTHORITY, HOLDER):
            return head
    return None


def opened(text: str, opening: Range | None, names: AddresseeLexicon) -> tuple[Actor, ...] | None:
    """Find who an opening clause is about: "Where an importer has reason to consider …, it shall"."""
    match = _ABOUT.match(text, opening.start) if opening is not None else None
    if opening is None or match is None:
        return None
    head = _head(text, match.end(), opening.end, names, strict=False)
    return head[0] if head is not None else None


def is_scope(text: str, where: Subject, modal_end: int) -> bool:
    """Return whether the statement speaks about the act itself, not about somebody's conduct."""
    if where.actors:
        return False
    return bool(
        _SCOPE_SUBJECT.match(text, where.at.start) or _SCOPE_VERB.match(text[modal_end : modal_end + 140])
    )


def conditions(text: str, where: Subject, after: int) -> list[Range]:
    """Find the conditions: the opening clause and those after the modal."""
    found = []
    if where.opening is not None and _CONDITION_OPENER.match(text, where.opening.start):
        found.append(_rstripped(text, where.opening))
    at = after
    while (match := _CONDITION.search(text, at)) is not None:
        short = _SHORT.match(text, match.start())
        end = short.end() if short is not None else _clause_end(text, match.end())
        found.append(_rstripped(text, Range(match.start(), end)))
        at = max(end, match.end())
    return found


def is_short(text: str, at: Range) -> bool:
    """Return whether a condition is only a hedge ("where appropriate") in the middle of the action."""
    return _SHORT.fullmatch(text, at.start, at.end) is not None


def exceptions(text: str) -> list[Range]:
    """Find what is taken out of the duty."""
    found = []
    at = 0
    while (match := _EXCEPTION.search(text, at)) is not None:
        end = _clause_end(text, match.end())
        comma = text.find(",", match.end(), end)
        if comma > 0 and match[0][0] in "oOBbws":
            end = comma
        found.append(_rstripped(text, Range(match.start(), end)))
        at = max(end, match.end())
    return found


def _clause_end(text: str, start: int) -> int:
    colon = re.compile(r":\s*\(?[a-z0-9]{1,4}\)").search(text, start)
    match = _CLAUSE_END.search(text, start)
    if colon is not None and match is not None and colon.start() == match.start():
        return len(text)
    return match.start() if match is not None else len(text)


def _rstripped(text: str, found: Range) -> Range:
    end = found.end
    while end > found.start and text[end - 1] in " ,;:.":
        end -= 1
    return Range(found.start, end)


def action(text: str, after: int, stops: list[Range]) -> Range:
    """Find the verb phrase after the modal, past any insertion between commas, up to the first condition."""
    skip = _INSERTED.match(text, after)
    start = skip.end() if skip is not None else after
    end = min([one.start for one in stops if one.start > start + 2], default=len(text))
    found = _rstripped(text, Range(start, end))
    return found if found.end > found.start else _rstripped(text, Range(after, len(text)))


def recipient(text: str, after: int) -> Range | None:
    """Find who must be told: "notify … to the supervisory authority", "inform their clients"."""
    direct, indirect = _OBJECT.search(text, after), _RECIPIENT.search(text, after)
    matches = [match for match in (direct, indirect) if match is not None]
    if not matches:
        return None
    first = min(matches, key=lambda one: one.start())
    if (
        direct is not None
        and indirect is not None
        and direct.start() == indirect.start()
        and direct[0][0] in "nN"
    ):
        first = indirect
    start = first.end()
    stop = re.compile(
        r"[,;.:()]|\s(?:of|about|in|on|without|within|as|and|or|that|which|by|with|for|using|pursuant|where|not|at|to|any|upon|on|for|within|based|immediately|no|from|if|"
        r"designated|referred|when|after|unless|except|who|until|during|through|under|competent in)\b"
    ).search(text, start)
    end = stop.start() if stop is not None else len(text)
    return Range(start, end) if end - start > 3 else None
