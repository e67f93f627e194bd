"""Who acts on the command line: the operator at the machine, or somebody who proves who they are.

Rules this file obeys: the operator's own rights are few and touch no firm's evidence or decisions; whoever works in a
firm's name shows a token, or a login with password and code, exactly as on the pages; a secret is never an argument,
since arguments are seen by everybody on the machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP

from muniment.access import actions, credentials, queries
from muniment.access.actions.signing import record_refused_sign_in
from muniment.access.rules import OPERATOR, SECOND_FACTOR
from muniment.ledger.action import refuse
from muniment.ops.demo import codes
from muniment.spine import ports
from muniment.spine.actor import Actor, system
from muniment.spine.errors import Absent, Refused
from muniment.spine.scope import DEPLOYMENT

LONGEST_TOKEN = 1000


def operator(tenant: UUID = DEPLOYMENT) -> Actor:
    """Return the operator, for the installation or in one tenant."""
    return system("operator", may=OPERATOR, tenant=tenant, via="cli")


def by_token(path: Path) -> Actor:
    """Return for whom the token in a file speaks.

    :raises Refused: when it is unknown, ended or past its end.
    """
    try:
        with path.open(encoding="ascii", errors="replace") as file:
            text = file.read(LONGEST_TOKEN).strip()
    except OSError:
        raise Absent(
            "The file of the token cannot be read.", todo="Check its name and your rights."
        ) from None
    actor = queries.actor_by_token(text)
    if actor is None:
        refuse(system("nobody", may=frozenset(), via="cli"), "access.sign_in", "The token was not right.")
        raise Refused("The token is unknown, ended or past its end.", todo="Make another one.")
    return actor


def by_login(login: str, password: str, code: str) -> Actor:
    """Return who signs in with a password and, where the role needs it, a code; signing in is put on record.

    :param code: of the authenticator app; empty when there is none.
    :raises Refused: when something of it is not right; which, is not said.
    """
    person = queries.person_by_login(login)
    shown = {"password"}
    if person is None or not person.is_active or not person.check_password(password):
        raise _not_right(login)
    if code:
        app = Authenticator.objects.filter(user_id=person.id, type=Authenticator.Type.TOTP).first()
        if app is None or not TOTP(app).validate_code(code):
            raise _not_right(login)
        shown.add("totp")
    actor = queries.actor_of(person, factors=frozenset(shown), via="cli")
    actions.sign_in(actor)
    return actor


def _not_right(login: str) -> Refused:
    record_refused_sign_in(
        login, why="The login, the password or the code was not right.", address="", via="cli"
    )
    return Refused("The login, the password or the code is not right.", todo="Check them and try again.")


@dataclass(frozen=True, slots=True)
class Login:
    """How somebody of an example signs in; shown on the screen and kept nowhere.

    :param secret: of the authenticator app, in base 32; empty when the role needs no second factor.
    """

    name: str
    role: str
    firm: str
    login: str
    password: str
    secret: str


def hire(hand: Actor, *, name: str, login: str, role: str, firm: str) -> tuple[Login, Actor]:
    """Make an account of an example with a drawn password, and the second factor where the role needs one.

    :param hand: the operator in the tenant.
    :returns: how the person signs in, and the person as an actor who has.
    """
    password = credentials.first_password(ports.random_bytes)
    made = actions.create_person(hand, name=name, login=login, password=password, role=role)
    secret = ""
    if role in SECOND_FACTOR:
        secret = codes.new_secret(ports.random_bytes(codes.SECRET_BYTES))
        actions.enrol_factor(
            queries.actor_of(made, factors=frozenset({"password"}), via="cli"), secret=secret
        )
    shown = frozenset({"password", "totp"} if secret else {"password"})
    return Login(name, role, firm, login, password, secret), queries.actor_of(made, factors=shown, via="cli")
