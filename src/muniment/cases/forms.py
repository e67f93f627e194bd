"""What people type about cases: read and bounded here, judged by the rules, kept by the actions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any, Final
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from muniment.cases.models import ItemKind, Outcome
from muniment.cases.queries import Thing
from muniment.cases.rules import LONGEST_TEXT, SHORTEST_RATIONALE

#: Outcomes as people choose and read them.
OUTCOMES: Final[dict[str, str | Promise]] = {
    Outcome.CLEARED.value: _("Cleared: nothing to act on"),
    Outcome.CONFIRMED.value: _("Confirmed"),
    Outcome.ACCEPTED_RISK.value: _("Risk accepted"),
    Outcome.TO_REMEDY.value: _("To be remedied"),
}
#: The same within a sentence.
OUTCOMES_SAID: Final[dict[str, str | Promise]] = {
    Outcome.CLEARED.value: _("cleared"),
    Outcome.CONFIRMED.value: _("confirmed"),
    Outcome.ACCEPTED_RISK.value: _("risk accepted"),
    Outcome.TO_REMEDY.value: _("to be remedied"),
}


def _words(
    label: Any, help_text: Any, *, rows: int = 4, shortest: int = SHORTEST_RATIONALE
) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        min_length=shortest,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


class Opening(forms.Form):
    """A new case, and what it is about."""

    title = forms.CharField(
        label=_("What is to be decided?"),
        help_text=_("One sentence, as it will stand in the list and in the proof."),
        min_length=3,
        max_length=500,
    )
    due = forms.DateField(
        label=_("Due on"),
        help_text=_("Ten days from now when you leave it empty."),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    once = forms.UUIDField(widget=forms.HiddenInput)

    @property
    def due_at(self) -> datetime | None:
        """The end of the day on which the case is due."""
        day = self.cleaned_data["due"]
        return None if day is None else timezone.make_aware(datetime.combine(day, time(17, 0)))

    def clean_due(self) -> Any:
        """Refuse a day that is past."""
        day = self.cleaned_data["due"]
        if day is not None and day < timezone.localdate():
            raise forms.ValidationError(_("This day is past. Choose today or a later day."))
        return day


class Chosen(forms.Form):
    """The things that a new case is about, as they stand in the address: ``?finding=…&match=…&evidence=…``."""

    @staticmethod
    def from_address(given: Any) -> list[tuple[str, UUID]]:
        """Return (kind, identifier) of each thing that is named, each once; what is no identifier is left out."""
        found = []
        for kind in ItemKind.values:
            for text in given.getlist(kind)[:200]:
                try:
                    found.append((kind, UUID(text)))
                except ValueError:
                    continue
        return list(dict.fromkeys(found))


class Attaching(forms.Form):
    """Something more for a case."""

    kind = forms.ChoiceField(choices=ItemKind.choices, widget=forms.HiddenInput, initial=ItemKind.EVIDENCE)
    item_id = forms.UUIDField(label=_("Document"))

    def __init__(self, *args: Any, offered: Sequence[tuple[UUID, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if offered:
            self.fields["item_id"].widget = forms.Select(
                choices=[(str(one), title) for one, title in offered]
            )


class Proposing(forms.Form):
    """An outcome and the rationale for it."""

    outcome = forms.ChoiceField(label=_("Outcome"), choices=list(OUTCOMES.items()), widget=forms.RadioSelect)
    rationale = _words(
        _("Rationale"),
        _("Why this outcome. Who decides, and later an examiner, reads exactly these words."),
        rows=6,
    )


class Deciding(forms.Form):
    """Yes or no to a proposal, and why."""

    shown = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)
    reason = _words(_("Your reason"), _("An examiner reads this first. It is kept word for word."))
    approve = forms.ChoiceField(choices=[("yes", ""), ("no", "")], required=True, widget=forms.HiddenInput)


class Withdrawing(forms.Form):
    """Why a case was opened in error."""

    reason = _words(
        _("Why it is withdrawn"), _("The case stays on record with this reason."), rows=2, shortest=3
    )


def kinds_of(things: Sequence[Thing]) -> dict[str, int]:
    """Return how many of each kind there are."""
    found: dict[str, int] = {}
    for one in things:
        found[one.kind] = found.get(one.kind, 0) + 1
    return found
