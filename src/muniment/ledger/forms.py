"""What the ledger's page can be asked for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from muniment.ledger.queries import Wanted
from muniment.ledger.sentences import GROUPS
from muniment.spine.errors import Invalid


class Asking(forms.Form):
    """The filters of the list, as they stand in the address."""

    group = forms.ChoiceField(
        choices=[(name, word) for name, (word, _classes) in GROUPS.items()], required=False
    )
    kind = forms.RegexField(r"^[a-z_]{1,30}\.[a-z_]{1,30}$", required=False)
    actor = forms.CharField(max_length=80, required=False)
    subject = forms.CharField(max_length=120, required=False)
    before = forms.IntegerField(min_value=0, max_value=2**62, required=False)
    readings = forms.ChoiceField(choices=[("shown", _("shown"))], required=False)
    until = forms.DateField(
        label=_("Up to the day"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def wanted(self) -> Wanted:
        """Return what is asked for.

        Readings are left out of the whole list, where they would bury what was done, and shown on request.

        :raises Invalid: when the address holds a filter that is none.
        """
        if not self.is_valid():
            raise Invalid(
                "This address asks for something that the ledger does not know.",
                todo="Open the ledger again and choose a filter.",
                where=next(iter(self.errors)),
            )
        given: dict[str, Any] = self.cleaned_data
        classes = GROUPS[given["group"]][1] if given["group"] else frozenset()
        return Wanted(
            classes=classes,
            kind=given["kind"],
            actor=given["actor"],
            subject=given["subject"],
            before=given["before"],
            until=given["until"],
            readings=bool(given["readings"] or given["group"] or given["kind"]),
        )
