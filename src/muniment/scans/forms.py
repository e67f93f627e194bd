"""What people ask of scans: which acts to hold the documents against, which findings to see, what they say of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from muniment.scans import rules
from muniment.scans.models import Assessment
from muniment.scans.queries import Wanted
from muniment.spine.errors import Invalid

STATUSES = [(status, status) for status in rules.WORST_FIRST]


class Start(forms.Form):
    """Which acts to hold the documents against."""

    acts = forms.TypedMultipleChoiceField(
        label=_("Acts"),
        coerce=UUID,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one act.")},
    )

    def __init__(self, *args: Any, offered: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["acts"].choices = offered  # type: ignore[attr-defined]  # a choice field has them


class Filter(forms.Form):
    """Which findings of a scan to see, and from where on."""

    act = forms.CharField(max_length=60, required=False)
    chapter = forms.CharField(max_length=120, required=False)
    article = forms.CharField(max_length=120, required=False)
    status = forms.ChoiceField(choices=STATUSES, required=False)
    assessment = forms.ChoiceField(choices=Assessment.choices, required=False)
    after = forms.UUIDField(required=False)

    def _checked(self) -> dict[str, Any]:
        if not self.is_valid():
            raise Invalid(
                "This address cannot be read.",
                todo="Open the scan from the list of scans.",
                where=next(iter(self.errors)),
            )
        return self.cleaned_data

    def wanted(self) -> Wanted:
        """Return which findings are meant.

        :raises Invalid: when the address cannot be read.
        """
        return Wanted(**{name: value for name, value in self._checked().items() if name != "after"})

    def cursor(self) -> UUID | None:
        """Return the last finding of the page before, if a page was asked for."""
        found: UUID | None = self._checked()["after"]
        return found


class Answer(forms.Form):
    """What a person says of a finding."""

    assessment = forms.ChoiceField(
        choices=[(Assessment.ACCEPTED, _("Accept")), (Assessment.DISAGREED, _("Disagree"))]
    )
    reason = forms.CharField(
        label=_("Why do you disagree?"),
        help_text=_("At least 10 characters. An examiner reads this; it is kept with the finding."),
        max_length=rules.LONGEST_REASON,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": rules.LONGEST_REASON}),
    )

    def clean_reason(self) -> str:
        """Refuse text that was not sent as UTF-8."""
        given = str(self.cleaned_data["reason"])
        if "\ufffd" in given:
            raise forms.ValidationError(_("Some characters did not arrive. Send the form as UTF-8."))
        return given

    def clean(self) -> dict[str, Any]:
        """Hold the answer against the rules, so that a missing reason is said beside its field."""
        given = self.cleaned_data
        if "assessment" in given and "reason" in given:
            try:
                given["reason"] = rules.require_assessment(given["assessment"], given["reason"])
            except Invalid as why:
                self.add_error("reason", f"{why.what} {why.todo}".strip())
        return given
