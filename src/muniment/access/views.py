"""The pages of accounts: people, tokens, one's own second factor and password.

Signing in itself is allauth's; its views are used as they are where they change nothing of ours, and where
they do, their one writing step is replaced by an action.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView
from allauth.mfa.totp.internal.auth import clear_totp_secret
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from muniment.access import actions, queries
from muniment.access.credentials import first_password
from muniment.access.forms import ROLE_NAMES, Invitation, NewToken, Role
from muniment.access.models import Person
from muniment.access.rules import SECOND_FACTOR, permissions
from muniment.spine import ports
from muniment.spine.actor import Actor
from muniment.spine.errors import Absent, Refused


class Asked(HttpRequest):
    """A request that has passed the site's gate: somebody signed in, with what they may do."""

    actor: Actor
    user: Person


class SetUpFactor(ActivateTOTPView):
    """The page where an authenticator app is set up."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Set the app up through the door; the first code has just been checked, so it counts as shown."""
        raise_if_reauthentication_required(self.request, app="allauth.mfa")
        made = actions.enrol_factor(self.request.actor, secret=form.secret)
        clear_totp_secret(self.request)
        record_authentication(self.request, self.request.user, "mfa", id=made.pk, type=made.type)
        self.request.session.cycle_key()
        messages.success(
            self.request, _("Your authenticator app is set up. Keep these recovery codes in a safe place.")
        )
        return HttpResponseRedirect(reverse("mfa_view_recovery_codes"))


class RemoveFactor(DeactivateTOTPView):
    """The page where one takes one's own app away."""

    def form_valid(self, form: Any) -> HttpResponse:  # noqa: ARG002  # the form only carries the wish
        """Take it away through the door."""
        raise_if_reauthentication_required(self.request, app="allauth.mfa")
        actions.remove_factor(self.request.actor)
        messages.info(self.request, _("Your second factor is gone. Signing in now needs your password only."))
        return redirect("access:account")


class FreshRecoveryCodes(GenerateRecoveryCodesView):
    """The page where the recovery codes are replaced."""

    def form_valid(self, form: Any) -> HttpResponse:  # noqa: ARG002  # the form only carries the wish
        """Replace them through the door."""
        raise_if_reauthentication_required(self.request, app="allauth.mfa")
        actions.enrol_factor(self.request.actor)
        messages.info(self.request, _("These codes replace the ones before."))
        return HttpResponseRedirect(reverse("mfa_view_recovery_codes"))


def _may(request: Asked, name: str) -> None:
    """Refuse a page that lists what only holders of a permission may see."""
    if name not in request.actor.may:
        raise Refused("Your role does not allow this.", todo="Ask an administrator if you need it.")


def _role_name(role: str) -> str:
    return str(ROLE_NAMES.get(role, role))


@require_GET
def account(request: Asked) -> HttpResponse:
    """Show one's own account: role, password, second factor, tokens."""
    person: Person = request.user
    facts = [
        (_("Name"), person.name),
        (_("Login"), person.login),
        (_("Role"), _role_name(person.role)),
    ]
    return render(
        request,
        "access/account.html",
        {
            "facts": facts,
            "has_factor": queries.has_factor(person.id),
            "needs_factor": person.role in SECOND_FACTOR,
            "may_people": "access.create_person" in request.actor.may,
            "may_tokens": "access.create_token" in request.actor.may,
        },
    )


@require_http_methods(["GET", "POST"])
def people(request: Asked) -> HttpResponse:
    """List the people of the tenant; a form makes a new account."""
    _may(request, "access.create_person")
    form = Invitation(request.POST or None)
    if request.method == "POST" and form.is_valid():
        password = first_password(ports.random_bytes)
        made = actions.create_person(
            request.actor,
            password=password,
            first_password=True,
            **form.cleaned_data,
        )
        shown = {"person": made, "password": password, "fresh": True}
        return render(request, "access/first_password.html", shown)
    listed = [(one, _role_name(one.role)) for one in queries.people()]
    status = 422 if form.is_bound else 200
    return render(request, "access/people.html", {"people": listed, "form": form}, status=status)


def _somebody(person_id: UUID) -> Person:
    found: Person | None = Person.objects.filter(id=person_id).first()
    if found is None:
        raise Absent
    return found


@require_GET
def person(request: Asked, person_id: UUID) -> HttpResponse:
    """Show one account, with what can be done about it."""
    _may(request, "access.change_role")
    found = _somebody(person_id)
    context = {
        "person": found,
        "role": _role_name(found.role),
        "form": Role(initial={"role": found.role}),
        "has_factor": queries.has_factor(found.id),
        "is_self": str(found.id) == request.actor.id,
    }
    return render(request, "access/person.html", context)


@require_POST
def change_role(request: Asked, person_id: UUID) -> HttpResponse:
    """Give somebody another role."""
    form = Role(request.POST)
    chosen = form.cleaned_data["role"] if form.is_valid() else ""
    actions.change_role(request.actor, person_id=person_id, role=chosen)
    return redirect("access:person", person_id=person_id)


@require_POST
def deactivate(request: Asked, person_id: UUID) -> HttpResponse:
    """Close somebody's account."""
    actions.deactivate(request.actor, person_id=person_id)
    return redirect("access:person", person_id=person_id)


@require_POST
def reset_factor(request: Asked, person_id: UUID) -> HttpResponse:
    """Take away somebody's lost second factor."""
    actions.reset_factor(request.actor, person_id=person_id)
    return redirect("access:person", person_id=person_id)


@require_POST
def reset_password(request: Asked, person_id: UUID) -> HttpResponse:
    """Give somebody a new first password and show it this once."""
    password = first_password(ports.random_bytes)
    changed = actions.reset_password(request.actor, person_id=person_id, password=password)
    return render(
        request, "access/first_password.html", {"person": changed, "password": password, "fresh": False}
    )


@require_http_methods(["GET", "POST"])
def tokens(request: Asked) -> HttpResponse:
    """List one's own tokens; a form makes a new one, whose secret is shown this once."""
    _may(request, "access.create_token")
    actor = request.actor
    form = NewToken(request.POST or None, offered=queries.for_tokens(permissions(actor.role)))
    if request.method == "POST" and form.is_valid():
        issued = actions.create_token(
            actor,
            label=form.cleaned_data["label"],
            permissions=form.cleaned_data["permissions"],
            expires_at=ports.now() + timedelta(days=form.cleaned_data["days"]),
        )
        return render(request, "access/token.html", {"token": issued.token, "secret": issued.secret.text})
    own = queries.tokens_of(UUID(actor.id))
    status = 422 if form.is_bound else 200
    return render(
        request, "access/tokens.html", {"tokens": own, "form": form, "now": ports.now()}, status=status
    )


@require_POST
def revoke_token(request: Asked, token_id: UUID) -> HttpResponse:
    """End one of one's own tokens."""
    actions.revoke_token(request.actor, token_id=token_id)
    return redirect("access:tokens")
