"""API tokens: shown once, hashed, at most what their person may do, ended at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from muniment.access import actions, credentials, queries
from muniment.access.rules import permissions
from muniment.spine import ports
from muniment.spine.actor import ActorKind
from muniment.spine.errors import Absent, Invalid, Refused
from muniment.spine.scope import tenant_scope

DAY = timedelta(days=1)


@pytest.fixture
def token(ada, account_of):
    account_of(ada)
    return actions.create_token(
        ada, label="nightly import", permissions=["scans.read", "vault.upload"], expires_at=ports.now() + DAY
    )


def test_a_token_speaks_for_its_person_with_what_it_was_given(token, ada):
    actor = queries.actor_by_token(token.secret.text, address="192.0.2.9")
    assert actor.kind is ActorKind.TOKEN
    assert (actor.id, actor.tenant) == (str(token.token.id), ada.tenant)
    assert actor.may == {"scans.read", "vault.upload"}
    assert actor.factors == {"token"}
    assert actor.address == "192.0.2.9"


def test_only_the_hash_is_kept(token, ada):
    with tenant_scope(ada.tenant), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM access_token")
        kept = repr(cursor.fetchall())
    assert token.secret.secret not in kept
    assert "nightly" not in kept
    assert token.secret.digest in kept
    assert token.secret.secret not in repr(token)


def test_a_role_taken_away_takes_its_rights_from_the_token(token, adam, ada, account_of):
    account_of(adam)
    actions.change_role(adam, person_id=ada.id, role="auditor")
    assert queries.actor_by_token(token.secret.text).may == {"scans.read"}


def test_a_token_ends_with_its_time_its_person_or_a_word(token, adam, ada, account_of):
    assert queries.actor_by_token(token.secret.text) is not None
    with ports.frozen(clock=token.token.expires_at):
        assert queries.actor_by_token(token.secret.text) is None
    actions.revoke_token(ada, token_id=token.token.id)
    assert queries.actor_by_token(token.secret.text) is None

    second = actions.create_token(ada, label="x", permissions=["scans.read"], expires_at=ports.now() + DAY)
    account_of(adam)
    actions.deactivate(adam, person_id=ada.id)
    assert queries.actor_by_token(second.secret.text) is None


@pytest.mark.parametrize("permission", ["cases.decide", "cases.propose", "access.create_person", "no.such"])
def test_no_token_proposes_decides_or_administers(otto, adam, account_of, permission):
    """Else one person would be two pairs of eyes: once by token, once in person."""
    for actor in (otto, adam):
        account_of(actor)
        with pytest.raises(Refused, match="only what"):
            actions.create_token(actor, label="x", permissions=[permission], expires_at=ports.now() + DAY)


def test_nobody_gives_a_token_more_than_they_hold(token, ada):
    with pytest.raises(Refused, match="only what its person may do"):
        actions.create_token(ada, label="x", permissions=["ledger.anchor"], expires_at=ports.now() + DAY)


@pytest.mark.parametrize("days", [-1, 0, 367, 4000])
def test_a_token_lives_a_year_at_most(token, ada, days):
    with pytest.raises(Invalid, match="within a year"):
        actions.create_token(
            ada, label="x", permissions=["scans.read"], expires_at=ports.now() + timedelta(days=days)
        )


def test_a_token_without_permissions_or_label_is_refused(token, ada):
    for change in ({"permissions": []}, {"label": " "}, {"label": "x" * 81}):
        with pytest.raises(Invalid):
            actions.create_token(
                ada,
                **{"label": "x", "permissions": ["scans.read"], "expires_at": ports.now() + DAY, **change},
            )


def test_a_token_makes_no_tokens(token, ada):
    itself = replace(queries.actor_by_token(token.secret.text), may=permissions("analyst"))
    with pytest.raises(Refused, match="cannot make tokens"):
        actions.create_token(itself, label="x", permissions=["scans.read"], expires_at=ports.now() + DAY)


def test_others_cannot_end_it_but_an_administrator_can(token, otto, mallory, adam, account_of):
    for other in (otto, mallory):
        with pytest.raises(Absent):
            actions.revoke_token(other, token_id=token.token.id)
    assert actions.revoke_token(adam, token_id=token.token.id).revoked_at is not None


def test_a_wrong_secret_of_a_real_token_is_nobodys(token):
    wrong = credentials.TokenSecret(token.token.id, "A" * 43)
    assert queries.actor_by_token(wrong.text) is None


@given(st.text(max_size=200))
def test_whatever_stands_in_the_header_is_a_token_or_nothing(text):
    found = credentials.read_secret(text)
    assert found is None or found.text == text


@given(st.binary(min_size=32, max_size=32), st.uuids())
def test_a_token_is_read_as_it_was_written(randomness, token_id):
    made = credentials.new_secret(token_id, randomness)
    assert credentials.read_secret(made.text) == made
    assert made.opens(made.digest)


@given(st.text(max_size=300))
def test_a_login_is_refused_or_normal_for_good(text):
    try:
        normal = credentials.normal_login(text)
    except Invalid:
        return
    assert normal == normal.strip()
    assert credentials.normal_login(normal) == normal


def test_first_passwords_differ_and_have_four_groups():
    made = {credentials.first_password(ports.random_bytes) for _ in range(50)}
    assert len(made) == 50
    assert all(len(one) == 23 and one.count("-") == 3 for one in made)


def test_a_life_needs_a_time_zone():
    with pytest.raises(Invalid):
        credentials.require_life(datetime(2030, 1, 1, tzinfo=UTC), datetime(2030, 1, 2))  # noqa: DTZ001  # the point
