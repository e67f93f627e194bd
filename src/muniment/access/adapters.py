"""Where allauth asks us: who may sign up (nobody), what signing in and out leaves behind.

How secrets are kept.

Rules: no ledger, no sign-in: the action comes first and its failure stops the session; no mail is sent; TOTP
secrets and the seeds of recovery codes stand encrypted in allauth's table.
"""

from __future__ import annotations

import base64
from io import BytesIO
from typing import Any, Final

import qrcode
from allauth.account import app_settings as account_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.translation import gettext_lazy as _
from qrcode.image.svg import SvgFillImage

from muniment.access import actions, rules
from muniment.access.actions.people import require_password
from muniment.access.actions.signing import record_refused_sign_in
from muniment.access.credentials import normal_login
from muniment.access.models import Person
from muniment.access.queries import actor_of
from muniment.spine import envelope, ports
from muniment.spine.actor import Actor
from muniment.spine.errors import Invalid
from muniment.spine.installation import keyring

_MFA_PLACE: Final = b"muniment.mfa"
_METHODS: Final = {"password": "password", "totp": "totp", "recovery_codes": "recovery_code"}


def factors_shown(request: HttpRequest, person: Person) -> frozenset[str]:
    """Return what this session has proved, out of allauth's own records."""
    records = get_authentication_records(request, person)
    return frozenset(
        _METHODS[kind]
        for kind in (str(record.get("type") or record.get("method")) for record in records)
        if kind in _METHODS
    )


def signed_in_at(request: HttpRequest, person: Person) -> float:
    """Return when this session began, in seconds since 1970; 0 when it has no record of that."""
    records = get_authentication_records(request, person)
    return min((float(record["at"]) for record in records if not record.get("reauthenticated")), default=0.0)


def address_of(request: HttpRequest | None) -> str:
    """Return the address the connection came from; headers about other addresses are not believed."""
    return "" if request is None else str(request.META.get("REMOTE_ADDR", ""))


class AccountAdapter(DefaultAccountAdapter):
    """allauth's questions about accounts, answered for this house."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _("Login or password is not right. Check both and try again."),
        "too_many_login_attempts": _("Too many attempts. Wait five minutes, then try again."),
        "incorrect_password": _("The password is not right."),
        "enter_current_password": _("This is not your present password."),
        "rate_limited": _("Too many attempts. Wait a minute, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  # allauth's signature
        """Return that nobody signs up by themselves."""
        return False

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Record the sign-in, then open the session."""
        person = _person(user)
        actions.sign_in(actor_of(person, factors=factors_shown(request, person), address=address_of(request)))
        super().login(request, user)

    def logout(self, request: HttpRequest) -> None:
        """Record the sign-out, then end the session."""
        actor: Actor | None = getattr(request, "actor", None)
        if actor is not None and "access.sign_out" in actor.may:
            actions.sign_out(actor)
        super().logout(request)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:  # noqa: ARG002
        """Return under which name attempts at one login are counted.

        allauth would take the Host header into it, whose port is the asker's to choose, and would tell apart
        ways of writing that find the same person; either gives as many attempts as one likes.
        """
        login = str(credentials.get("username", ""))
        try:
            return normal_login(login)
        except Invalid:
            return login

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse too many attempts, and put that on record.

        :raises ValidationError: with the words for the form.
        """
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            record_refused_sign_in(
                str(credentials.get("username", "")),
                why="There were too many attempts.",
                address=address_of(request),
            )
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Record a refused sign-in."""
        record_refused_sign_in(
            str(credentials.get("username", "")),
            why="The login or the password was not right.",
            address=address_of(request),
        )

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """Change a password through the door."""
        changed = actions.change_password(self.request.actor, password=password)
        user.password = changed.password

    def clean_password(self, password: str, user: Any = None) -> str:
        """Judge a new password by the action's own rules, so that the form can say why not.

        :raises ValidationError: with the reason.
        """
        try:
            require_password(password, *([user.login, user.name] if user else []))
        except Invalid as why:
            raise ValidationError(why.what) from None
        return password

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002  # allauth's signature
        """Return where one stands after changing one's password."""
        return resolve_url("access:account")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send nothing: this house has no mail."""

    def send_notification_mail(self, *_args: Any, **_kwargs: Any) -> None:
        """Send nothing: this house has no mail."""

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:  # noqa: ARG002
        """Lead somebody whose account is closed to the sign-in page, which does not tell them apart."""
        return HttpResponseRedirect(resolve_url("account_login"))

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Say whether the password is asked for once more; not within five minutes of signing in."""
        person = _person(self.request.user)
        age = ports.now().timestamp() - signed_in_at(self.request, person)
        if age < account_settings.REAUTHENTICATION_TIMEOUT:
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))


class MfaAdapter(DefaultMFAAdapter):
    """allauth's questions about second factors, answered for this house."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("The code is not right. Codes change every 30 seconds; try the next one."),
        "cannot_delete_authenticator": _("Your role needs a second factor."),
    }

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        """Return what stands in the app beside the issuer's name."""
        return str(_person(user).login)

    def get_totp_issuer(self) -> str:
        """Return the issuer's name in the app."""
        return "Muniment"

    def build_totp_svg(self, url: str) -> str:
        """Return the picture for the app, black on white in dark mode too, or telephones cannot read it."""
        drawn = BytesIO()
        qrcode.make(url, image_factory=SvgFillImage).save(drawn)
        return drawn.getvalue().decode("utf-8")

    def encrypt(self, text: str) -> str:
        """Return a secret as it may stand in the table: AES-256-GCM under a key of the deployment."""
        sealed = envelope.seal(keyring().derive("mfa"), text.encode("utf-8"), _MFA_PLACE)
        return base64.b64encode(sealed).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret that a ciphertext holds.

        :raises Tampered: when it was changed.
        """
        sealed = base64.b64decode(encrypted_text, validate=True)
        return envelope.open_sealed(keyring().derive("mfa"), sealed, _MFA_PLACE).decode("utf-8")

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Say whether somebody may take this factor away themselves."""
        return _person(authenticator.user).role not in rules.SECOND_FACTOR


def _person(user: Any) -> Person:
    if not isinstance(user, Person):
        raise TypeError("somebody who is not a person of ours came by allauth")
    return user
