"""What a tenant may be called, and that making one needs a free short name."""

from __future__ import annotations

import pytest

from muniment.spine.errors import Absent, Clash, Invalid
from muniment.tenants import actions, queries, rules


@pytest.mark.parametrize("name", ["", "   ", "x" * 121, "two\nlines", "nul\0"])
def test_a_name_that_nobody_could_read_is_refused(name):
    with pytest.raises(Invalid, match="name of a tenant"):
        rules.require_name(name)


def test_a_name_is_kept_without_the_space_around_it():
    assert rules.require_name("  Example Pay ") == "Example Pay"


@pytest.mark.parametrize("slug", ["", "Example", "two words", "-x", "x-", "x" * 61, "é"])
def test_a_short_name_that_cannot_stand_in_an_address_is_refused(slug):
    with pytest.raises(Invalid, match="short name"):
        rules.require_slug(slug)


def test_a_short_name_is_kept_as_it_is():
    assert rules.require_slug("example-pay2") == "example-pay2"


def test_a_short_name_is_given_once(db, operator):
    with pytest.raises(Clash, match="Another tenant"):
        actions.found(operator, name="Somebody Else", slug="example-pay")


def test_a_tenant_is_found_by_its_short_name_or_not_at_all(db, town):
    assert queries.named("example-pay").id == town.example
    assert town.harbour in {tenant.id for tenant in queries.every_tenant()}
    with pytest.raises(Absent, match="no tenant"):
        queries.named("nobody")
