"""What people ask of the register of sources: which passage of an act to open, which heading to find.

Addresses are typed and shortened by people; what cannot be read is refused with a sentence, never ignored.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from muniment.spine.errors import Invalid


class Reading(forms.Form):
    """Where to open an act: a provision, a span of its text, or a heading to look for."""

    at = forms.CharField(max_length=120, required=False)
    start = forms.IntegerField(min_value=0, max_value=100_000_000, required=False)
    end = forms.IntegerField(min_value=0, max_value=100_000_000, required=False)
    q = forms.CharField(
        label=_("Find an article or heading"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "data-search": True}),
    )

    def asked(self) -> dict[str, Any]:
        """Return what was asked for.

        :raises Invalid: when the address cannot be read.
        """
        if not self.is_valid():
            field = next(iter(self.errors))
            raise Invalid(
                "This address cannot be read.", todo="Open the act from the list of sources.", where=field
            )
        return self.cleaned_data
