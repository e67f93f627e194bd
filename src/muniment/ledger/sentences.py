"""Entries as sentences: what an action says of itself, with names of people and plain words for values.

Rules: nothing internal reaches a screen but identifiers that name nothing else; what cannot be opened any more is
said to be erased, never left out; a text from an entry is a value in a sentence and never a template.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from string import Formatter
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from muniment.ledger.action import REGISTRY
from muniment.ledger.openings import Opened

#: How names are found; rooms above put a function here that turns identifiers into names.
WHO: list[Callable[[Iterable[str]], Mapping[str, str]]] = []

#: Which classes of leaves stand behind each filter of the page, with its word.
GROUPS: Final[dict[str, tuple[str | Promise, frozenset[str]]]] = {
    "decisions": (gettext_lazy("Decisions"), frozenset({"case.decision"})),
    "cases": (gettext_lazy("Cases"), frozenset({"case.change"})),
    "evidence": (gettext_lazy("Evidence"), frozenset({"evidence.change"})),
    "scans": (gettext_lazy("Scans"), frozenset({"scan.run"})),
    "screening": (gettext_lazy("Screening"), frozenset({"screening.run"})),
    "parties": (gettext_lazy("Counterparties"), frozenset({"party.change"})),
    "sources": (gettext_lazy("Law and lists"), frozenset({"source.change"})),
    "exports": (gettext_lazy("Packs and exports"), frozenset({"export"})),
    "accounts": (gettext_lazy("Accounts"), frozenset({"access.change", "access.sign_in"})),
    "readings": (
        gettext_lazy("Readings"),
        frozenset(
            {
                "case.read",
                "evidence.read",
                "log.read",
                "page.read",
                "party.read",
                "scan.read",
                "screening.read",
            }
        ),
    ),
    "refusals": (gettext_lazy("Refusals"), frozenset({"refusal"})),
    "system": (
        gettext_lazy("The installation"),
        frozenset(
            {
                "log.check",
                "log.checkpoint",
                "log.damage",
                "log.heads",
                "log.prune",
                "system.change",
                "tenant.change",
            }
        ),
    ),
}

#: Things that the ledger speaks of and keeps no table of.
UNTABLED: Final[dict[str, str | Promise]] = {"ledger.Export": gettext_lazy("export")}

#: What the committed fields of an entry are called.
FIELDS: Final[dict[str, str | Promise]] = {
    "action": gettext_lazy("Action"),
    "actor": gettext_lazy("Who"),
    "at": gettext_lazy("When, exactly"),
    "origin": gettext_lazy("How and from where"),
    "subject": gettext_lazy("What it is about"),
    "outcome": gettext_lazy("Outcome"),
    "cause": gettext_lazy("Caused by"),
    "rows": gettext_lazy("Rows changed, as one digest"),
}


def names(ids: Iterable[str]) -> dict[str, str]:
    """Return who somebody is, by identifier; whoever is unknown keeps the identifier."""
    wanted = set(ids) - {""}
    found = {one: one for one in wanted}
    for who in WHO:
        found |= who(wanted)
    return found


def group_of(cls: str) -> str | Promise:
    """Return the word for a class of leaves."""
    return next((word for word, classes in GROUPS.values() if cls in classes), cls)


def in_words(value: Any) -> str:
    """Return the value of a fact as a person reads it."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Mapping):
        told = [
            f"{str(name).replace('_', ' ')}: {in_words(held)}" for name, held in value.items() if held != ""
        ]
        return "; ".join(told)
    if isinstance(value, list | tuple):
        return ", ".join(in_words(held) for held in value) or _("none")
    return str(value)


def person_in(subject: str) -> str:
    """Return whom a subject names, when it is a person."""
    label, _slash, row = subject.partition("/")
    return row if label == settings.AUTH_USER_MODEL else ""


def subject_in_words(
    subject: str, facts: Mapping[str, Any] | None = None, called: Mapping[str, str] | None = None
) -> str:
    """Return what a thing is called: a person's name, a case's number, else the beginning of its identifier.

    :param facts: what an entry says of it, where its number stands. :param called: names of people by identifier.
    """
    label, slash, row = subject.partition("/")
    if not slash:
        return subject.replace("_", " ").replace(".", " ")
    if called and row in called and row == person_in(subject):
        return called[row]
    try:
        table = apps.get_model(label)._meta
    except (LookupError, ValueError):
        return f"{UNTABLED.get(label, label)} {row[:8]}"
    if row == "all":
        return _("the list of %(things)s") % {"things": table.verbose_name_plural}
    numbered = any(field.name == "number" for field in table.get_fields())
    number = (facts or {}).get("number") if numbered else None
    return f"{table.verbose_name} {row[:8] if number is None else number}"


def address(subject: str) -> str:
    """Return where the page of a thing stands, or nothing when it has none.

    A page of ``cases.Case`` is named ``cases:case``, of ``vault.DocumentVersion`` ``vault:version``; a room's only
    page of one thing may be ``show``.
    """
    label, _slash, row = subject.partition("/")
    room, _dot, model = label.partition(".")
    words = re.findall(r"[A-Z][a-z]+", model)
    for name in (model.lower(), words[-1].lower() if words else "", "show"):
        try:
            return reverse(f"{room}:{name}", args=[row])
        except NoReverseMatch:
            continue
    return ""


class _Value(str):
    """A value in a sentence, which may choose the word behind it: ``{facts.count:case|cases}``."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        one, bar, many = spec.partition("|")
        return f"{self!s} {one if self == '1' else many}" if bar else super().__format__(spec)


#: Values of facts that people know by another name.
NAMED: Final[dict[tuple[str, str], str | Promise]] = {
    ("factor", "recovery_codes"): gettext_lazy("recovery codes"),
    ("factor", "totp"): gettext_lazy("an authenticator app"),
}


class _Facts:
    """The facts of an entry, as the braces of a sentence ask for them."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._facts = facts

    def __getattr__(self, name: str) -> _Value:
        value = self._facts.get(name)
        if value is None:
            return _Value(_("(erased)"))
        if isinstance(value, str) and (name, value) in NAMED:
            return _Value(NAMED[name, value])
        return _Value(in_words(value).replace("_", " ") if isinstance(value, str) else in_words(value))


#: What an entry that holds nothing but an answer of the site says, by the kind of answer.
ANSWERS: Final[dict[str, str | Promise]] = {
    "absent": gettext_lazy("%(who)s asked for something that is not there"),
    "busy": gettext_lazy("%(who)s was asked to come back later"),
    "forged": gettext_lazy("%(who)s sent a form that is none of these pages"),
    "invalid": gettext_lazy("%(who)s sent something that could not be taken"),
    "method": gettext_lazy("%(who)s asked for something that is not done this way"),
    "signed-out": gettext_lazy("%(who)s asked for something that needs somebody who is signed in"),
    "too-large": gettext_lazy("%(who)s sent more at once than this installation takes"),
    "unreadable": gettext_lazy("%(who)s sent something that could not be read"),
}
_ANSWER: Final = re.compile(r"The answer was: ([a-z-]+)\.")


def sentence(kind: str, actor: str, subject: str, opened: Opened, called: Mapping[str, str]) -> str:
    """Return what an entry says, for people.

    :param called: names by identifier, see :func:`names`.
    """
    who = called.get(actor, actor)
    facts = opened.facts
    if opened.value("outcome") == "refused":
        why = in_words(facts.get("why", "")).replace(f" ({kind})", "")
        answer = _ANSWER.fullmatch(why)
        if answer and answer[1] in ANSWERS:
            return str(ANSWERS[answer[1]]) % {"who": who}
        return _("%(who)s was refused: %(why)s") % {"who": who, "why": why}
    known = REGISTRY.get(kind)
    if known is None:
        return _("%(who)s did something that this version does not know (%(kind)s)") % {
            "who": who,
            "kind": kind,
        }
    told = Formatter().vformat(
        known.says,
        (),
        {"actor": who, "subject": subject_in_words(subject, facts, called), "facts": _Facts(facts)},
    )
    return told[:1].upper() + told[1:]


def changed(kind: str) -> str:
    """Return what stands where an entry would say what was done, when its body does not open."""
    return _("What was recorded here cannot be read: it was changed (%(kind)s)") % {"kind": kind}


def field_in_words(path: str) -> str:
    """Return what a committed field is called."""
    if path in FIELDS:
        return str(FIELDS[path])
    return path.removeprefix("facts.").replace("_", " ").capitalize()
