"""What people type about erasures and holds: read and bounded here, judged by the rules, kept by the actions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from muniment.lifecycle.models import Basis, HoldOn
from muniment.lifecycle.rules import LONGEST, LONGEST_ASKER, SHORTEST

BASES = {
    Basis.REQUEST.value: _("The person asked for it (GDPR Article 17(1))"),
    Basis.NOT_NEEDED.value: _("No longer needed (GDPR Article 5(1)(e))"),
    Basis.UNLAWFUL.value: _("Processed unlawfully (GDPR Article 17(1)(d))"),
    Basis.LEGAL_DUTY.value: _("A law demands it (GDPR Article 17(1)(e))"),
    Basis.CONTRACT_END.value: _("The contract has ended"),
}
HELD = {
    HoldOn.SUBJECT.value: _("One person"),
    HoldOn.CASE.value: _("One case"),
    HoldOn.TENANT.value: _("Everything"),
}


def _why(label: Any, help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        min_length=SHORTEST,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class Asking(forms.Form):
    """Whose data are to be erased, why, and who asks."""

    target = forms.UUIDField(
        label=_("Identifier of the person"),
        help_text=_("It stands in the address of the counterparty’s or the account’s page."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    basis = forms.ChoiceField(label=_("Legal basis"), choices=list(BASES.items()))
    asked_for = forms.CharField(
        label=_("Who asks?"),
        help_text=_("The person, whoever speaks for them, or an office; and how it reached you."),
        min_length=3,
        max_length=LONGEST_ASKER,
    )
    reason = _why(_("Reason"), _("An examiner reads it. It is encrypted and stays on record."))


class Answering(forms.Form):
    """Yes or no to what another person asked for, and why."""

    approve = forms.TypedChoiceField(
        label=_("Your answer"),
        choices=[("yes", _("Erase: it cannot be undone")), ("no", _("Refuse"))],
        coerce=lambda said: said == "yes",
        widget=forms.RadioSelect,
    )
    reason = _why(_("Reason"), _("An examiner reads it. It is encrypted and stays on record."))


class Holding(forms.Form):
    """What is kept from being erased, and why."""

    on = forms.ChoiceField(label=_("What is kept?"), choices=list(HELD.items()))
    target = forms.UUIDField(
        label=_("Identifier of the person or the case"),
        help_text=_("It stands in the address of its page. Leave it empty to keep everything."),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    reason = _why(_("Reason"), _("Such as the number of the proceedings."))


class Lifting(forms.Form):
    """Why a hold is to be lifted."""

    reason = _why(_("Why can it be lifted?"), _("Another person confirms it."))
