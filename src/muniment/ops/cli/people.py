"""`muniment user` and `muniment token`: the operator's hand in who comes in; everything else people do on the pages."""

from __future__ import annotations

import sys
from datetime import timedelta

import click

from muniment.access import actions, credentials, queries
from muniment.access.queries import for_tokens
from muniment.access.rules import ROLES, permissions
from muniment.ops import acting
from muniment.ops.cli.answers import answer, common
from muniment.spine import ports
from muniment.spine.errors import Absent
from muniment.tenants import queries as tenants


@click.group()
def user() -> None:
    """People with an account."""


@user.command("create")
@click.option("--tenant", required=True, help="Short name of the tenant.")
@click.option("--login", required=True, help="What the person types to sign in.")
@click.option("--name", required=True, help="What the person is called.")
@click.option("--role", required=True, type=click.Choice(sorted(ROLES)), help="What the person may do.")
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input instead of drawing one."
)
@common
def create_user(
    *, tenant: str, login: str, name: str, role: str, password_stdin: bool, as_json: bool
) -> None:
    """Make an account; a drawn password is shown once, and the person must choose another one."""
    drawn = not password_stdin
    password = (
        credentials.first_password(ports.random_bytes) if drawn else sys.stdin.readline(2000).rstrip("\n")
    )
    made = actions.create_person(
        acting.operator(tenants.named(tenant).id),
        name=name,
        login=login,
        password=password,
        role=role,
        first_password=drawn,
    )
    told = {
        "id": made.id,
        "login": made.login,
        "role": made.role,
        **({"password": password} if drawn else {}),
    }
    words = [f"{made.login} can sign in as {role}."]
    if drawn:
        words.append(f"First password, shown this once: {password}")
    answer(told, as_json=as_json, words=words)


@click.group()
def token() -> None:
    """Secrets with which programs act for people."""


@token.command("create")
@click.option("--login", required=True, help="The person for whom the program acts.")
@click.option("--label", required=True, help="What the token is for.")
@click.option(
    "--may", multiple=True, help="An action it may do; all that a token of this person can, when not given."
)
@click.option(
    "--days", default=90, show_default=True, type=click.IntRange(1, 366), help="Days until it ends."
)
@common
def create_token(*, login: str, label: str, may: tuple[str, ...], days: int, as_json: bool) -> None:
    """Make a token for a person; it is shown once."""
    person = queries.person_by_login(login)
    if person is None:
        raise Absent("There is nobody with this login.", todo="Check it, or make an account first.")
    issued = actions.create_token(
        acting.operator(person.tenant_id),
        label=label,
        permissions=may or sorted(for_tokens(permissions(person.role))),
        expires_at=ports.now() + timedelta(days=days),
        person_id=person.id,
    )
    told = {
        "id": issued.token.id,
        "token": issued.secret.text,
        "expires_at": issued.token.expires_at,
        "may": issued.token.permissions,
    }
    words = [
        f"The token, shown this once: {issued.secret.text}",
        f"It ends on {issued.token.expires_at.date()}.",
    ]
    answer(told, as_json=as_json, words=words)
