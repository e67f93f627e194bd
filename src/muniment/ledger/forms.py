"""What the ledger's page can be asked for, as it stands in the address."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext_lazy as _

from muniment.ledger.forms_exports import actions
from muniment.ledger.queries import Wanted
from muniment.ledger.questions.known import FIELDS
from muniment.ledger.sentences import GROUPS
from muniment.spine.errors import Invalid

KIND = r"^[a-z_]{1,30}\.[a-z_]{1,60}$"


class Asking(forms.Form):
    """The filters of the list, as they stand in the address."""

    group = forms.ChoiceField(
        choices=[(name, word) for name, (word, _classes) in GROUPS.items()], required=False
    )
    since = forms.DateField(
        label=_("From the day"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("Up to the day"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    days = forms.IntegerField(min_value=1, max_value=36_600, required=False)
    kind = forms.RegexField(
        KIND, label=_("What was done"), required=False, widget=forms.Select(choices=[("", _("Everything"))])
    )
    outcome = forms.ChoiceField(
        label=_("How it ended"),
        required=False,
        choices=[("", _("Done or refused")), ("done", _("Done")), ("refused", _("Refused"))],
    )
    actor = forms.CharField(
        label=_("Who did it"),
        max_length=80,
        required=False,
        widget=forms.Select(choices=[("", _("Anybody"))]),
    )
    subject = forms.CharField(max_length=120, required=False)
    about = forms.CharField(max_length=120, required=False)
    stream = forms.UUIDField(required=False)
    before = forms.IntegerField(min_value=0, max_value=2**62, required=False)
    readings = forms.ChoiceField(choices=[("shown", _("shown"))], required=False)

    def offer(self, people: Mapping[str, str]) -> None:
        """Let the form offer every action, and these people by identifier and name."""
        chosen = {name: str(self.data.get(name, "")) for name in ("kind", "actor")}
        known = [("", _("Everything")), *actions()[1:]]
        if chosen["kind"] and not any(
            chosen["kind"] == kind for _room, held in known[1:] for kind, _w in held
        ):
            known.append((chosen["kind"], chosen["kind"]))
        named = sorted(people.items(), key=lambda one: one[1].casefold())
        for name, choices in (("kind", known), ("actor", [("", _("Anybody")), *named])):
            widget = self.fields[name].widget
            if isinstance(widget, forms.Select):
                widget.choices = choices

    def kept(self, *, without: frozenset[str] = frozenset()) -> dict[str, str]:
        """Return the filters that are set, as fields of an address; the place on the list is none of them."""
        return {
            name: str(self.data[name])
            for name in self.fields
            if name in FIELDS and name not in without and self.data.get(name)
        }

    def address(self, *, without: frozenset[str] = frozenset(), **more: str) -> str:
        """Return the address of the same list with other filters."""
        return f"?{urlencode({**self.kept(without=without), **more})}"

    def require(self) -> None:
        """Refuse an address that holds a filter that is none.

        :raises Invalid: naming it.
        """
        if not self.is_valid():
            raise Invalid(
                "This address asks for something that the ledger does not know.",
                todo="Open the ledger again and choose a filter.",
                where=next(iter(self.errors)),
            )

    def wanted(self, now: datetime) -> Wanted:
        """Return what is asked for.

        Readings are left out of the whole list, where they would bury what was done, and shown on request.

        :param now: from which the last days are counted back.
        :raises Invalid: when the address holds a filter that is none.
        """
        self.require()
        given: dict[str, Any] = self.cleaned_data
        classes = GROUPS[given["group"]][1] if given["group"] else frozenset()
        return Wanted(
            classes=classes,
            kind=given["kind"],
            actor=given["actor"],
            subject=given["subject"],
            about=given["about"],
            stream=given["stream"],
            outcome=given["outcome"],
            before=given["before"],
            since=_since(given["since"], given["days"], now),
            until=_sane(given["until"]),
            readings=bool(given["readings"] or given["group"] or given["kind"]),
        )


def _sane(day: date | None) -> date | None:
    """Return a day; one at the end of all time bounds nothing."""
    return None if day is None or day.year > 9998 else day


def _since(day: date | None, days: int | None, now: datetime) -> date | None:
    """Return the later of both beginnings."""
    begins = [one for one in (_sane(day), days and now.date() - timedelta(days=days)) if one]
    return max(begins, default=None)


class Keeping(forms.Form):
    """A name for the question that stands in the address."""

    name = forms.CharField(label=_("Name"), max_length=200)
    shared = forms.BooleanField(label=_("Everybody here who reads the ledger may use it"), required=False)
