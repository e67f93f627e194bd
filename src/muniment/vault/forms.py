"""What people give with a document: its name, whose it is, from when it holds, and the file.

The rules of the vault are asked here too, so that a mistake is said beside its field and nothing typed is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from muniment.spine import ports
from muniment.spine.errors import Invalid
from muniment.spine.wording import require_wording
from muniment.vault import rules

ENDINGS = ", ".join(sorted(rules.MEDIA_TYPES))


def _asked(rule: Callable[[], Any]) -> Any:
    """Ask a rule and say its refusal beside the field."""
    try:
        return rule()
    except Invalid as why:
        raise forms.ValidationError(f"{why.what} {why.todo}".strip()) from why


class Version(forms.Form):
    """A file and the date from which it holds."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("%(endings)s; 32 MiB at most. Its text is read when it comes in.") % {"endings": ENDINGS},
        widget=forms.FileInput(attrs={"accept": ",".join(sorted(rules.MEDIA_TYPES))}),
        error_messages={
            "required": _("Choose a file."),
            "empty": _("The file is empty. Choose a file that has contents."),
        },
    )
    effective = forms.DateField(
        label=_("Holds from"),
        required=False,
        help_text=_("The date from which the text is in force. Today, when left empty."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": _("Write the date as year-month-day, for example 2026-03-01.")},
    )

    def clean_file(self) -> UploadedFile[bytes]:
        """Hold the file's name and size against the rules before anything of it is stored."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        name = file.name or ""
        _asked(lambda: rules.require_file_name(rules.require_legible(name, field="file name")))
        _asked(lambda: rules.require_size(file.size or 0))
        return file

    def clean_effective(self) -> date | None:
        """Hold the date against the rules."""
        given: date | None = self.cleaned_data["effective"]
        return given if given is None else _asked(lambda: rules.require_effective(given, ports.now().date()))


class Upload(Version):
    """A new document."""

    title = forms.CharField(
        label=_("Title"),
        max_length=rules.LONGEST_NAME,
        required=False,
        help_text=_("As people in the firm call it. The file’s name, when left empty."),
    )
    owner = forms.CharField(
        label=_("Owner"),
        max_length=rules.LONGEST_NAME,
        required=False,
        help_text=_("Who answers for it, for example IT security."),
    )
    field_order = ["file", "title", "owner", "effective"]

    def _text(self, name: str) -> str:
        given = str(self.cleaned_data[name])
        return str(
            _asked(
                lambda: require_wording(
                    rules.require_legible(given, field=name), called=name, longest=rules.LONGEST_NAME
                )
            )
        )

    def clean_title(self) -> str:
        """Hold the title against the rules."""
        return self._text("title")

    def clean_owner(self) -> str:
        """Hold the owner against the rules."""
        return self._text("owner")


class Reading(forms.Form):
    """Where to open a document's text: a page, or a span of its code points."""

    page = forms.IntegerField(min_value=1, max_value=1_000_000, required=False)
    start = forms.IntegerField(min_value=0, max_value=100_000_000, required=False)
    end = forms.IntegerField(min_value=0, max_value=100_000_000, required=False)
    after = forms.UUIDField(required=False)

    def asked(self) -> dict[str, Any]:
        """Return what was asked for.

        :raises Invalid: when the address cannot be read.
        """
        if not self.is_valid():
            raise Invalid(
                "This address cannot be read.",
                todo="Open the document from the list.",
                where=next(iter(self.errors)),
            )
        return self.cleaned_data
