"""What the page of exports can be asked for."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from muniment.ledger.action import REGISTRY
from muniment.ledger.exports.asked import Asked


def actions() -> list[tuple[str, Any]]:
    """Return every action that can stand in the ledger, by room and in plain letters."""
    rooms: dict[str, list[tuple[str, str]]] = {}
    for kind in sorted(REGISTRY):
        room, _dot, verb = kind.partition(".")
        rooms.setdefault(room.capitalize(), []).append((kind, verb.replace("_", " ").capitalize()))
    return [("", _("Everything")), *rooms.items()]


class Exporting(forms.Form):
    """The form, the filters, and whether facts about persons are shown."""

    form = forms.ChoiceField(
        label=_("Format"),
        choices=[
            ("csv", _("Table (CSV), for a spreadsheet")),
            ("ocsf", _("OCSF 1.8.0, for a security system")),
            ("cef", _("CEF, for an older security system")),
        ],
    )
    since = forms.DateField(
        label=_("From the day"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("Up to the day"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    kind = forms.ChoiceField(label=_("What was done"), required=False, choices=actions)
    outcome = forms.ChoiceField(
        label=_("How it ended"),
        required=False,
        choices=[("", _("Done or refused")), ("done", _("Done")), ("refused", _("Refused"))],
    )
    actor = forms.CharField(
        label=_("Who did it"),
        required=False,
        max_length=80,
        help_text=_("The identifier of a person or token, as the ledger shows it."),
    )
    object = forms.CharField(
        label=_("What it was about"),
        required=False,
        max_length=120,
        help_text=_("The name of a thing as it stands in an entry, such as cases.Case/ and its identifier."),
    )
    personal = forms.BooleanField(
        label=_("With facts about persons"),
        required=False,
        help_text=_(
            "What left the house cannot be erased there any more. Leave this empty unless you need it."
        ),
    )
    cursor = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    def __init__(self, *args: Any, may_personal: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_personal:
            del self.fields["personal"]

    def clean(self) -> dict[str, Any]:
        """Refuse a time that ends before it begins, and names that hold a space."""
        given: dict[str, Any] = super().clean() or {}
        since, until = given.get("since"), given.get("until")
        if since and until and since > until:
            self.add_error("until", ValidationError(_("This day lies before the first one.")))
        for name in ("actor", "object"):
            if any(not "!" <= letter <= "~" for letter in given.get(name) or ""):
                self.add_error(name, ValidationError(_("No identifier looks like this.")))
        return given

    def asked(self) -> Asked:
        """Return what is asked for, once the form is valid; the last day is whole."""
        given = self.cleaned_data
        return Asked(
            given["form"],
            _midnight(given["since"]),
            _midnight(given["until"], after=1),
            actor=given["actor"],
            kind=given["kind"],
            subject=given["object"],
            outcome=given["outcome"],
            cursor=given["cursor"],
            personal=given.get("personal", False),
        )


def _midnight(day: date | None, *, after: int = 0) -> datetime | None:
    if day is None or day.year > 9998:
        return None
    return datetime.combine(day, time(), UTC) + timedelta(days=after)


def again(asked: Asked, cursor: str) -> dict[str, str]:
    """Return the fields with which the form asks for what an export left over."""
    fields = {
        "form": asked.form,
        "kind": asked.kind,
        "outcome": asked.outcome,
        "actor": asked.actor,
        "object": asked.subject,
        "cursor": cursor,
        "personal": "on" if asked.personal else "",
        "since": asked.since.date().isoformat() if asked.since else "",
        "until": (asked.until - timedelta(days=1)).date().isoformat() if asked.until else "",
    }
    return {name: value for name, value in fields.items() if value}
