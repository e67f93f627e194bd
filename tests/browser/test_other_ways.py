"""The same work by keyboard alone, and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.browser.conftest import Tab, sign_in
from tests.support.seeded import Seeded, totp

FOCUSED = "(document.activeElement.textContent || document.activeElement.id).trim()"


def tab_to(tab: Tab, words: str, most: int = 80) -> None:
    """Press Tab until what these words name has the focus."""
    for _stop in range(most):
        # A number may stand behind the words: how many wait there.
        if re.fullmatch(rf"{re.escape(words)}(\s+\d+)?", tab.page.evaluate(FOCUSED)):
            return
        tab.page.keyboard.press("Tab")
    raise AssertionError(f"{words} is not reached by Tab")


def test_a_case_is_found_and_proposed_by_keyboard_alone(house: Seeded, window: Callable[..., Tab]) -> None:
    tab = window("analyst")
    keys = tab.page.keyboard
    tab.go("/counterparties/")
    keys.press("/")
    assert tab.page.evaluate("document.activeElement.name") == "q"
    keys.type("lantern")
    with tab.page.expect_navigation():
        keys.press("Enter")
    assert "q=lantern" in tab.path
    tab.go("/")
    keys.press("?")
    assert tab.page.locator("#help").is_visible()
    keys.press("Escape")
    tab_to(tab, "Cases")
    with tab.page.expect_navigation():
        keys.press("Enter")
    assert tab.path == "/cases/"
    for _line in range(20):
        keys.press("j")
        if "Waits for a proposal" in tab.page.evaluate(FOCUSED):
            break
    keys.press("k")
    if "Waits for a proposal" not in tab.page.evaluate(FOCUSED):  # it is not the first line: one up, one down
        keys.press("j")
    with tab.page.expect_navigation():
        keys.press("Enter")
    assert tab.path == f"/cases/{house.told['open_case']}/"
    for _stop in range(80):
        keys.press("Tab")
        if tab.page.evaluate("document.activeElement.name") == "outcome":
            break
    keys.press("Space")
    for _stop in range(10):
        keys.press("Tab")
        if tab.page.evaluate("document.activeElement.name") == "rationale":
            break
    keys.type("By keyboard alone: nothing to act on, says j/k and ?.")
    keys.press("Tab")
    assert tab.page.evaluate(FOCUSED) == "Propose"
    with tab.page.expect_navigation():
        keys.press("Enter")
    assert tab.says("By keyboard alone: nothing to act on, says j/k and ?.")


def test_without_javascript_one_signs_in_reads_a_finding_and_decides(
    house: Seeded, window: Callable[..., Tab]
) -> None:
    ada = window("analyst", java_script_enabled=False)
    ada.go(f"/scans/findings/{house.told['finding']}/")
    assert ada.page.locator("main mark").count() >= 1
    ada.follow("Open a case")
    ada.fill(title="Decided without JavaScript")
    ada.press("Open the case")
    case = ada.path
    ada.choose("outcome", "accepted_risk")
    ada.fill(rationale="The risk is small and known; it is looked at again next year.")
    ada.press("Propose")

    vera = window(java_script_enabled=False)
    sign_in(vera, house.login("auditor"))
    vera.go(case)
    assert (
        vera.says("Decided without JavaScript")
        and vera.page.get_by_role("button", name="Approve").count() < 2
    )

    otto = window("officer", java_script_enabled=False)
    otto.go(case)
    otto.fill(reason="Accepted until the yearly review.")
    otto.press("Approve")
    assert otto.says("Accepted until the yearly review.")
    assert otto.says("decided") or otto.says("Decided")


def test_totp_is_what_the_rfc_says() -> None:
    # RFC 6238, appendix B, the last six digits of the first and fourth value for SHA-1.
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert (totp(secret, 59), totp(secret, 1_234_567_890)) == ("287082", "005924")
