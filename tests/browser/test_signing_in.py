"""Coming in and being kept out, as people meet it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.browser.conftest import Tab, faults, sign_in
from tests.support.seeded import Seeded, totp

OWN_PASSWORD = "nine lanterns at the harbour gate"


@pytest.mark.parametrize("role", ["analyst", "auditor"])
def test_a_password_is_enough_for_who_decides_nothing(
    role: str, house: Seeded, window: Callable[..., Tab]
) -> None:
    tab = window()
    sign_in(tab, house.login(role))
    assert tab.path == "/"
    assert house.login(role)["name"] in tab.page.locator("header").first.inner_text()


def test_a_wrong_password_says_so_and_nothing_more(house: Seeded, window: Callable[..., Tab]) -> None:
    tab = window()
    for login in (house.login("analyst")["login"], "nobody@lantern.example"):
        sign_in(tab, {"login": login, "password": "not the password at all", "secret": ""})
        assert tab.path.startswith("/account/sign-in/")
        words = tab.page.locator(".notice").inner_text()
        assert words == "Login or password is not right. Check both and try again."
        assert faults(tab) == []


def test_somebody_new_chooses_a_password_sets_up_an_app_and_is_in(
    house: Seeded, window: Callable[..., Tab]
) -> None:
    administrator = window("administrator")
    administrator.go("/settings/people/")
    administrator.fill(name="Nora Newcomer", login="nora@lantern.example")
    administrator.page.locator("select[name=role]").select_option("officer")
    administrator.press("Make the account")
    first = administrator.page.locator("dd.mono").nth(1).inner_text()
    assert faults(administrator) == []

    tab = window()
    sign_in(tab, {"login": "nora@lantern.example", "password": first, "secret": ""})
    assert tab.path.startswith("/account/password/")
    assert faults(tab) == []
    for name, text in (("oldpassword", first), ("password1", OWN_PASSWORD), ("password2", OWN_PASSWORD)):
        tab.page.locator(f"[name={name}]").fill(text)
    tab.press("Change the password", within="body")

    tab.go("/")
    if tab.path.startswith("/account/sign-in/"):
        sign_in(tab, {"login": "nora@lantern.example", "password": OWN_PASSWORD, "secret": ""})
        tab.go("/")
    assert tab.path.startswith("/account/factor/"), tab.path
    assert faults(tab) == []
    secret = tab.page.locator("code").inner_text()
    tab.page.locator("[name=code]").fill(totp(secret))
    tab.press("Set it up", within="body")
    assert tab.path.startswith("/account/factor/codes/")
    assert faults(tab) == []
    tab.go("/cases/")
    assert tab.says("Cases")

    again = window()
    # The code that set the app up was used; the next one counts already.
    sign_in(again, {"login": "nora@lantern.example", "password": OWN_PASSWORD, "secret": ""})
    assert again.path.startswith("/account/sign-in/code/")
    assert faults(again) == []
    again.page.locator("[name=code]").fill("000000")
    again.press("Sign in", within="body")
    assert again.path.startswith("/account/sign-in/code/")


AGE_SESSIONS = """
import django
django.setup()
from django.contrib.sessions.models import Session
from django.utils import timezone
from muniment.site.sessions import row_name
from muniment.spine.scope import DEPLOYMENT, tenant_scope
import sys
with tenant_scope(DEPLOYMENT):
    print(Session.objects.filter(session_key=row_name(sys.argv[1])).update(expire_date=timezone.now()))
"""


def test_a_session_that_is_over_leads_to_signing_in_and_back(
    house: Seeded, window: Callable[..., Tab]
) -> None:
    tab = window()
    sign_in(tab, house.login("auditor"))
    [key] = [one["value"] for one in tab.page.context.cookies() if one["name"] == "__Host-session"]
    assert house.run(AGE_SESSIONS, key).strip() == "1"
    tab.go("/cases/")
    assert tab.path.startswith("/account/sign-in/?next=")
    for name in ("login", "password"):
        tab.page.locator(f"[name={name}]").fill(house.login("auditor")[name])
    tab.press("Sign in", within="body")
    assert tab.path == "/cases/"


def test_a_form_without_its_token_changes_nothing(house: Seeded, window: Callable[..., Tab]) -> None:
    tab = window("analyst")
    tab.expects = {403}
    tab.go(f"/cases/{house.told['open_case']}/")
    tab.page.evaluate(
        "document.querySelectorAll('[name=csrfmiddlewaretoken]').forEach((one) => one.remove())"
    )
    tab.page.locator("main details", has_text="Withdraw").locator("summary").click()
    tab.fill(reason="Sent by somebody else’s page.")
    tab.press("Withdraw the case")
    assert "form" in tab.page.locator("main, body").first.inner_text().lower()
    assert faults(tab) == []
    tab.go(f"/cases/{house.told['open_case']}/")
    assert not tab.says("withdrew the case")


def test_signing_out_ends_the_session(house: Seeded, window: Callable[..., Tab]) -> None:
    tab = window()
    sign_in(tab, house.login("analyst"))
    tab.page.locator(".menu--person summary").click()
    tab.press("Sign out", within="header")
    tab.go("/cases/")
    assert tab.path.startswith("/account/sign-in/")
