"""One entry in plain words: who, what, when and from where; what stands open of it; what it proves and what not.

Rules: nothing is said that the entry or a signed state does not hold; what can no longer be read is told with its
reason (erased by which order, or missing), never left out; what is not proved stands beside what is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from muniment.ledger import erased, queries, sentences, standing
from muniment.ledger.covering import Cover
from muniment.ledger.models import Entry, Event

#: By what somebody had shown who they are.
FACTORS: Final[dict[str, str | Promise]] = {
    "password": gettext_lazy("a password"),
    "totp": gettext_lazy("an authenticator app"),
    "recovery_code": gettext_lazy("a recovery code"),
    "token": gettext_lazy("a token"),
}
ROLES: Final[dict[str, str | Promise]] = {
    "administrator": gettext_lazy("administrator"),
    "officer": gettext_lazy("compliance officer"),
    "analyst": gettext_lazy("analyst"),
    "auditor": gettext_lazy("auditor"),
    "system": gettext_lazy("the installation itself"),
}
WAYS: Final[dict[str, str | Promise]] = {
    "page": gettext_lazy("on a page"),
    "api": gettext_lazy("by a program, over the API"),
    "cli": gettext_lazy("by a command on the machine itself"),
    "job": gettext_lazy("by work in the background"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an entry that cannot be read any more.

    :param means: what its state means, and what is proven all the same.
    :param lost: whether no order stands behind it. :param at: when it was erased. :param url: where the order stands.
    """

    words: str
    lost: bool
    means: str | Promise = ""
    at: datetime | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Explained:
    """An entry as somebody explains it who was asked for it.

    :param shown: by what they had shown who they are, if anybody had to.
    :param user: for a command, whom the machine itself knew as its user.
    :param parts: what cannot be read any more. :param proves: what may be relied on; ``limits`` what may not.
    """

    who: str
    shown: str
    way: str
    user: str
    address: str
    refused: bool
    parts: tuple[Part, ...]
    proves: tuple[str, ...]
    limits: tuple[str, ...]


def _who(told: queries.Told, origin: Mapping[str, Any]) -> str:
    role = str(origin.get("role", ""))
    if not role:
        return told.who
    return _("%(who)s, then %(role)s") % {"who": told.who, "role": ROLES.get(role, role)}


def _shown(origin: Mapping[str, Any]) -> str:
    """Say by what somebody had shown who they are; nothing of the installation itself, and of what is unreadable."""
    if not origin or origin.get("kind") == "system":
        return ""
    factors = [str(FACTORS.get(one, one)) for one in origin.get("factors", ())]
    if not factors:
        return _("who it was is not proven: nothing had been shown for it")
    return _("shown by %(factors)s") % {"factors": _(" and ").join(factors)}


def parts(event: Event, told: queries.Told) -> tuple[Part, ...]:
    """Return what of an entry cannot be read any more: erased by an order, or missing."""
    if told.opened.fault:
        return (
            Part(_("What was recorded cannot be read: it was changed."), True, standing.MEANINGS["changed"]),
        )
    if not told.opened.gone:
        return ()
    orders = erased.erased(event.tenant_id)
    found = []
    for key in sorted(told.opened.gone):
        order = orders.get(key) or orders.get(event.tenant_id)
        if order is None:
            found.append(
                Part(
                    _("A part of it cannot be read: its key is gone, and no order to erase it is on record."),
                    True,
                    standing.MEANINGS["missing"],
                )
            )
            continue
        words = {"number": order.number, "basis": order.basis.replace("_", " ")}
        said = _("A part of it was erased, by order no. %(number)d (%(basis)s).") % words
        found.append(
            Part(said, False, standing.MEANINGS["erased"], order.at, sentences.address(order.subject))
        )
    return tuple(found)


def _proves(event: Event, proof: queries.Proof | None, cover: Cover | None) -> tuple[list[str], list[str]]:
    limits = [
        _("That what was written is true: the log shows that it was said, and by which account."),
        _("That nothing else happened which nobody put on record."),
        _(
            "That the clock of the server was right; it shows the order, and the times others signed bound it."
        ),
    ]
    if not isinstance(event, Entry) or proof is None:
        return [_("That this was recorded together with the change it speaks of.")], [
            _("Its place in the log, until the next checkpoint is signed."),
            *limits,
        ]
    if proof.fault:
        return [], [
            _("Anything, until the log’s files are whole again: %(fault)s") % {"fault": proof.fault},
            *limits,
        ]
    proves = [
        ngettext(
            "That it stands in the log at its place, word for word, under a signed state of %(size)d entry.",
            "That it stands in the log at its place, word for word, under a signed state of %(size)d entries.",
            proof.size,
        )
        % {"size": proof.size},
        _("That nothing before it can be changed, taken out or put in without another root."),
    ]
    if cover is not None:
        names = ", ".join(cover.names)
        proves.append(
            _(
                "That the operator cannot take it back either: witnesses outside this house have signed (%(names)s)."
            )
            % {"names": names}
        )
    else:
        limits.insert(
            0,
            _(
                "That the operator, who holds the log’s key, did not rewrite the whole log before a witness signed it."
            ),
        )
    return proves, limits


def explain(event: Event, told: queries.Told, proof: queries.Proof | None, cover: Cover | None) -> Explained:
    """Return an entry in plain words.

    :param proof: of the entry under the newest checkpoint. :param cover: the first witnessed head that holds it.
    """
    found = told.opened.value("origin", {})
    origin: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
    proves, limits = _proves(event, proof, cover)
    via = str(origin.get("via", ""))
    return Explained(
        who=_who(told, origin),
        shown=_shown(origin),
        way=str(WAYS.get(via, via)),
        user=str(origin.get("user", "")),
        address=str(origin.get("address", "")),
        refused=told.refused,
        parts=parts(event, told),
        proves=tuple(proves),
        limits=tuple(limits),
    )


@dataclass(frozen=True, slots=True)
class Beside:
    """The entry before or after one in the same series; ``gone`` when there must be one and it is not here."""

    told: queries.Told | None
    gone: bool = False


def series(of: Entry) -> tuple[Beside, Beside]:
    """Return what stands before and after an entry in its own series, such as that of one case."""
    rows = {one.sn: one for one in Entry.objects.filter(stream=of.stream, sn__in=[of.sn - 1, of.sn + 1])}
    told = dict(zip(rows, queries.told(rows.values()), strict=True))
    before = told.get(of.sn - 1)
    return Beside(before, gone=before is None and of.sn > 0), Beside(told.get(of.sn + 1))
