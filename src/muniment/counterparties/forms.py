"""What people type about a counterparty and about a file; read and bounded here, settled by the rules."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from muniment.counterparties import rules
from muniment.counterparties.formats import FIELDS, PartyInput
from muniment.counterparties.formats.party import IDENTIFIER_PROPERTIES
from muniment.counterparties.models import Kind, Standing, Status
from muniment.spine.errors import Invalid

LONGEST_BOX = 20_000

KINDS = [(Kind.PERSON, _("A natural person")), (Kind.ORGANISATION, _("An organisation"))]
STATUSES = [(Status.ACTIVE, _("We deal with it")), (Status.ENDED, _("We no longer deal with it"))]
STANDINGS = {
    "": _("All"),
    Standing.ALERT: _("Alert"),
    Standing.CONSIDER: _("Also consider"),
    Standing.CHANGED: _("Changed since screened"),
    Standing.UNSCREENED: _("Not screened yet"),
    Standing.CLEAR: _("Clear"),
}
NUMBER_NAMES = {
    "bic": _("BIC"),
    "id": _("Identity card or other number"),
    "imo": _("IMO number"),
    "inn": _("Russian tax number (INN)"),
    "lei": _("LEI"),
    "ogrn": _("Russian register number (OGRN)"),
    "passport": _("Passport number"),
    "registration": _("Registration number"),
    "tax": _("Tax number"),
    "vat": _("VAT number"),
}
FIELD_NAMES = {
    "reference": _("Reference"),
    "kind": _("Person or organisation"),
    "name": _("Name"),
    "given_name": _("Given name"),
    "family_name": _("Family name"),
    "aliases": _("Other names"),
    "weak_aliases": _("Weak other names"),
    "birth_date": _("Birth date"),
    "gender": _("Gender"),
    "country": _("Country or nationality"),
    "address": _("Address"),
    "row": _("The whole row"),
    "owner": _("Link to an owner"),
    "holder": _("Link to an owner or director"),
    "percentage": _("Share"),
    "owner_of": _("Owns"),
    "owned_by": _("Is owned by"),
    **NUMBER_NAMES,
}


def _several(label: Any, help_text: Any = "") -> forms.CharField:
    box = forms.Textarea(attrs={"rows": 2})
    return forms.CharField(
        label=label, help_text=help_text, required=False, max_length=LONGEST_BOX, widget=box, strip=False
    )


def _lines(text: str) -> list[str]:
    return [line.strip() for line in re.split(r"[;\n]", text) if line.strip()]


class PartyForm(forms.Form):
    """A counterparty as a person writes it down."""

    reference = forms.CharField(
        label=_("Reference"),
        max_length=500,
        help_text=_("Your own key for this party, such as a customer number."),
    )
    kind = forms.ChoiceField(label=_("Person or organisation"), choices=KINDS)
    name = forms.CharField(label=_("Name"), max_length=500)
    aliases = _several(_("Other names"), _("One a line."))
    birth_dates = forms.CharField(
        label=_("Birth date"),
        required=False,
        max_length=200,
        help_text=_("Of a person: year-month-day, or as much of it as you know."),
    )
    gender = forms.ChoiceField(
        label=_("Gender"),
        required=False,
        choices=[("", _("Not given")), ("female", _("Female")), ("male", _("Male")), ("other", _("Other"))],
    )
    countries = forms.CharField(
        label=_("Countries"),
        required=False,
        max_length=1000,
        help_text=_(
            "A person's nationalities, an organisation's country; by code or English name, with ; between."
        ),
    )
    addresses = _several(_("Addresses"), _("One a line."))
    status = forms.ChoiceField(label=_("Status"), choices=STATUSES)
    seen = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)

    def __init__(
        self, data: Any = None, *, known: PartyInput | None = None, status: str = "", mark: str = ""
    ) -> None:
        self.known = known
        initial = {} if known is None else self._initial(known) | {"status": status, "seen": mark}
        super().__init__(data, initial=initial)
        for kind in IDENTIFIER_PROPERTIES:
            self.fields[f"number_{kind}"] = forms.CharField(
                label=NUMBER_NAMES[kind],
                required=False,
                max_length=1000,
                initial=initial.get(f"number_{kind}", ""),
            )
        if known is None:
            del self.fields["status"], self.fields["seen"]
        else:
            # Somebody else is another counterparty; Django then takes the known value whatever is sent.
            self.fields["reference"].disabled = self.fields["kind"].disabled = True

    @staticmethod
    def _initial(party: PartyInput) -> dict[str, Any]:
        numbers: dict[str, list[str]] = {}
        for number in party.identifiers:
            numbers.setdefault(f"number_{number.kind}", []).append(number.value)
        return {
            "reference": party.reference,
            "kind": party.kind,
            "name": party.name,
            "aliases": "\n".join(party.aliases),
            "birth_dates": "; ".join(party.birth_dates),
            "gender": party.gender,
            "countries": "; ".join(party.countries),
            "addresses": "\n".join(party.addresses),
            **{name: "; ".join(values) for name, values in numbers.items()},
        }

    @property
    def numbers(self) -> list[forms.BoundField]:
        """The fields of the numbers, to be shown together."""
        return [self[f"number_{kind}"] for kind in IDENTIFIER_PROPERTIES]

    def clean(self) -> dict[str, Any]:
        """Bring what was typed into the form in which all parties are kept, or say which field does not fit."""
        given: dict[str, Any] = super().clean() or {}
        if self.errors:
            return given
        for kind in IDENTIFIER_PROPERTIES:
            self._look_at_numbers(kind, given[f"number_{kind}"])
        if self.errors:
            return given
        known = self.known
        wanted = {
            **{name: given[name] for name in ("reference", "kind", "name", "gender")},
            **{name: _lines(given[name]) for name in ("aliases", "birth_dates", "countries", "addresses")},
            "identifiers": [
                (kind, value) for kind in IDENTIFIER_PROPERTIES for value in _lines(given[f"number_{kind}"])
            ],
        }
        if known is not None:
            kept = ("schema", "given_name", "family_name", "weak_aliases")
            wanted |= {name: getattr(known, name) for name in kept}
        try:
            given["party"] = rules.require_party(wanted)
        except Invalid as why:
            self.add_error(why.where if why.where in self.fields else None, f"{why.what} {why.todo}")
        return given

    def _look_at_numbers(self, kind: str, text: str) -> None:
        for value in _lines(text):
            try:
                rules.require_number(kind, value)
            except Invalid as why:
                self.add_error(f"number_{kind}", why.what)


class FileForm(forms.Form):
    """The file of an import."""

    file = forms.FileField(
        label=_("File"),
        max_length=200,
        help_text=_(
            "A table (CSV, UTF-8, with column names in the first line) or FollowTheMoney lines (JSON)."
        ),
    )


class MappingForm(forms.Form):
    """What each column of a table holds; carried in the page's address while somebody looks the import over."""

    def __init__(self, data: Any, header: tuple[str, ...]) -> None:
        super().__init__(data)
        self.header = header
        choices = [("", _("Leave out")), *((field, FIELD_NAMES[field]) for field in FIELDS)]
        for place, column in enumerate(header):
            self.fields[f"column{place}"] = forms.ChoiceField(label=column, choices=choices, required=False)
        self.fields["kind"] = forms.ChoiceField(
            label=_("Rows that do not say what they are"), choices=KINDS[::-1], required=False
        )

    @property
    def mapping(self) -> dict[str, str]:
        """What each column is taken for, without those that are left out."""
        found = {column: self.cleaned_data.get(f"column{place}") for place, column in enumerate(self.header)}
        return {column: field for column, field in found.items() if field}
