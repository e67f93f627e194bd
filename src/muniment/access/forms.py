"""What people type about themselves and others: read, bounded, never saved here.

allauth's own forms are used where it has them; ours change only their words and where failures are recorded.
"""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ChangePasswordForm, LoginForm, ReauthenticateForm
from allauth.core import context
from allauth.mfa.base import forms as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.utils.translation import gettext_lazy as _

from muniment.access.actions.signing import record_refused_sign_in
from muniment.access.adapters import address_of
from muniment.access.credentials import LONGEST_LOGIN, LONGEST_NAME, LONGEST_PASSWORD
from muniment.access.rules import ROLES

ROLE_NAMES = {
    "administrator": _("Administrator"),
    "officer": _("Compliance officer"),
    "analyst": _("Analyst"),
    "auditor": _("Auditor"),
}


def _plain(form: forms.BaseForm, **labels: Any) -> None:
    """Give fields our words, and no placeholder: it vanishes when one needs it."""
    for name, field in form.fields.items():
        field.widget.attrs.pop("placeholder", None)
        if isinstance(field, forms.CharField) and "password" in name:
            field.widget.attrs["maxlength"] = LONGEST_PASSWORD
            field.max_length = LONGEST_PASSWORD
            field.help_text = ""
        if name in labels:
            field.label = labels[name]


class SignIn(LoginForm):
    """Login and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, login=_("Login"), password=_("Password"))
        self.fields["login"].widget.attrs |= {
            "maxlength": LONGEST_LOGIN,
            "autocapitalize": "none",
            "spellcheck": "false",
        }
        self.fields["login"].widget.attrs["autofocus"] = True


class _Code(mfa.BaseAuthenticateForm):
    """Six digits of the app, or a recovery code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, code=_("Code"))
        self.fields["code"].help_text = _(
            "Six digits from your authenticator app, or one of your recovery codes."
        )
        self.fields["code"].widget.attrs |= {"maxlength": 20, "autofocus": True}

    def _emit_authentication_failed(self, authenticator: Authenticator) -> None:
        record_refused_sign_in(
            self.user.login,
            why="The code was not right.",
            address=address_of(context.request),
            factors=frozenset({"password"}),
        )
        super()._emit_authentication_failed(authenticator)


class SecondFactor(_Code, mfa.AuthenticateForm):
    """The code that is asked for after the password."""


class SecondFactorAgain(_Code, mfa.ReauthenticateForm):
    """The code that is asked for before a change of one's own account."""


class PasswordAgain(ReauthenticateForm):
    """The password that is asked for before a change of one's own account."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, password=_("Password"))


class SetUpApp(ActivateTOTPForm):
    """The first code of a new app."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, code=_("Code from the app"))
        self.fields["code"].widget.attrs |= {"maxlength": 20, "inputmode": "numeric"}


class NewPassword(ChangePasswordForm):
    """One's present password and the new one twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(
            self,
            oldpassword=_("Present password"),
            password1=_("New password"),
            password2=_("New password once more"),
        )
        self.fields["password1"].help_text = _(
            "At least 12 characters. Several words in a row are easy to keep in mind."
        )


class Invitation(forms.Form):
    """A new account."""

    name = forms.CharField(
        label=_("Name"), max_length=LONGEST_NAME, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    login = forms.CharField(
        label=_("Login"),
        max_length=LONGEST_LOGIN,
        help_text=_("What the person types to sign in, such as a.analyst. It cannot be changed later."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    role = forms.ChoiceField(
        label=_("Role"), choices=[(role, ROLE_NAMES[role]) for role in ROLES], initial="analyst"
    )


class Role(forms.Form):
    """Another role."""

    role = forms.ChoiceField(label=_("Role"), choices=[(role, ROLE_NAMES[role]) for role in ROLES])


class NewToken(forms.Form):
    """A new API token: what it is for, what it may do, until when."""

    label = forms.CharField(
        label=_("What is it for?"),
        max_length=80,
        help_text=_("So that you know later which program uses it."),
    )
    days = forms.TypedChoiceField(
        label=_("It ends after"),
        coerce=int,
        choices=[(7, _("7 days")), (30, _("30 days")), (90, _("90 days")), (365, _("365 days"))],
        initial=30,
    )
    permissions = forms.MultipleChoiceField(label=_("What it may do"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, offered: frozenset[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["permissions"]
        chosen.choices = [(name, name) for name in sorted(offered)]  # type: ignore[attr-defined]  # a choice field
