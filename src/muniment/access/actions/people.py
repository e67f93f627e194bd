"""People: who has an account, in which role, with which password.

Rules: nobody changes their own role or closes their own account; a tenant keeps an administrator who can come
in; names and logins are sealed under the person's own key, in the table and in the ledger.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth import password_validation
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError

from muniment.access import credentials, rules
from muniment.access.models import Person
from muniment.access.queries import index_of
from muniment.ledger.action import Act, action
from muniment.ledger.refusals import constraint
from muniment.ledger.words import Sealed
from muniment.spine import ports
from muniment.spine.errors import Absent, Clash, Invalid, Refused

TAKEN = Clash("Somebody has this login already.", todo="Choose another login.", where="login")
constraint("access_person.login_index", TAKEN)
constraint("access_person_login_index", TAKEN)


def require_password(password: str, *known: str) -> None:
    """Refuse a password that is too short, too long, well known, or holds the person's name or login.

    :param known: words about the person that the password must not hold.
    :raises Invalid: with the reason.
    """
    if len(password) > credentials.LONGEST_PASSWORD:
        raise Invalid(
            "A password has at most 1,024 characters.", todo="Choose a shorter one.", where="password"
        )
    folded = password.casefold()
    if any(len(word) > 3 and word.casefold() in folded for word in known):
        raise Invalid(
            "The password holds the login or the name.",
            todo="Choose one that has nothing to do with them.",
            where="password",
        )
    try:
        password_validation.validate_password(password)
    except ValidationError as why:
        raise Invalid(" ".join(why.messages), todo="Choose another password.", where="password") from None


def hashed(password: str, person: Person) -> str:
    """Return the hash of a person's new password.

    :raises Invalid: for a password that breaks the rules.
    """
    require_password(password, person.login, person.name)
    return make_password(password)


def locked(person_id: UUID) -> Person:
    """Return a person's row, locked until the action ends.

    :raises Absent: when there is no such person in this tenant.
    """
    found: Person | None = Person.objects.select_for_update().filter(id=person_id).first()
    if found is None:
        raise Absent
    return found


def _require_other(act: Act, person: Person, what: str) -> None:
    if act.actor.id == str(person.id):
        raise Refused(what, todo="Ask another administrator.")


def _require_another_administrator(person: Person) -> None:
    """Refuse to take away the last person who can administer the tenant."""
    if person.role != "administrator" or not person.is_active:
        return
    # All rows of administrators are locked, so that two who remove each other at once cannot both succeed.
    active = Person.objects.select_for_update().filter(role="administrator", is_active=True)
    if not [row for row in active.order_by("id") if row.id != person.id]:
        raise Refused("This is the last administrator.", todo="Make somebody else an administrator first.")


@action(
    "access.create_person",
    cls="access.change",
    says="{actor} made an account for {facts.name} as {facts.role}",
)
def create_person(
    act: Act, *, name: str, login: str, password: str, role: str, first_password: bool = False
) -> Person:
    """Make an account, so that somebody can come in under their own name.

    :param first_password: whether the person must choose another password before anything else.
    :raises Invalid: for a name, login, password or role that breaks the rules.
    :raises Clash: when the login is taken, in whichever tenant.
    """
    # The identifier comes first: the person's key is named by it and must be there before the row is.
    person = Person(
        id=ports.new_id(),
        tenant_id=act.tenant,
        login_index=index_of(login),
        name=credentials.require_name(name),
        role=role,
        first_password=first_password,
        created_at=act.now,
    )
    person.login = credentials.normal_login(login)
    rules.permissions(role)
    person.password = hashed(password, person)
    person.save(force_insert=True)
    act.record(
        person,
        name=Sealed(person.name, person.id),
        login=Sealed(person.login, person.id),
        role=role,
    )
    return person


@action(
    "access.change_role",
    cls="access.change",
    says="{actor} made {subject} {facts.role}, who was {facts.before}",
)
def change_role(act: Act, *, person_id: UUID, role: str) -> Person:
    """Give somebody another role; it counts from their next request on.

    :raises Invalid: for an unknown role.
    :raises Refused: for one's own role, and for the last administrator's.
    """
    rules.permissions(role)
    person = locked(person_id)
    _require_other(act, person, "You cannot change your own role.")
    if not person.is_active:
        raise Refused("This account is closed.", todo="Make a new account instead.")
    before = person.role
    if role != before:
        _require_another_administrator(person)
    person.role = role
    person.save(update_fields=["role"])
    act.record(person, role=role, before=before)
    return person


@action("access.deactivate", cls="access.change", says="{actor} closed the account {subject}")
def deactivate(act: Act, *, person_id: UUID) -> Person:
    """Close an account: sessions and tokens of this person end with the very next request.

    :raises Refused: for one's own account, and for the last administrator's.
    """
    person = locked(person_id)
    _require_other(act, person, "You cannot close your own account.")
    _require_another_administrator(person)
    person.is_active = False
    person.save(update_fields=["is_active"])
    act.record(person)
    return person


@action("access.change_password", cls="access.change", says="{actor} chose a new password")
def change_password(act: Act, *, password: str) -> Person:
    """Change one's own password; all other sessions end, since a session is bound to the password's hash.

    :raises Invalid: for a password that breaks the rules, or is the one that was to be replaced.
    """
    person = locked(UUID(act.actor.id))
    if person.check_password(password):
        raise Invalid("This is the password you have already.", todo="Choose another one.", where="password")
    person.password = hashed(password, person)
    person.first_password = False
    person.save(update_fields=["password", "first_password"])
    act.record(person)
    return person


@action("access.reset_password", cls="access.change", says="{actor} gave {subject} a new first password")
def reset_password(act: Act, *, person_id: UUID, password: str) -> Person:
    """Give somebody who cannot come in a first password, which they must change at once; their sessions end.

    :raises Invalid: for a password that breaks the rules.
    :raises Refused: for one's own password, which is changed on the page of one's account.
    """
    person = locked(person_id)
    _require_other(act, person, "Change your own password on the page of your account.")
    person.password = hashed(password, person)
    person.first_password = True
    person.save(update_fields=["password", "first_password"])
    act.record(person)
    return person
