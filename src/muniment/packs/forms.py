"""What is said when a copy of a pack leaves the house."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from muniment.packs.rules import LONGEST_RECEIVER, SHORTEST_RECEIVER


class Taking(forms.Form):
    """To whom a copy goes."""

    given_to = forms.CharField(
        label=_("Who is it for?"),
        help_text=_(
            "A person or an office, such as “Supervisory authority, Ms Example”. It stands on record."
        ),
        min_length=SHORTEST_RECEIVER,
        max_length=LONGEST_RECEIVER,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
