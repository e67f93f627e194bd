"""The ledger in a browser: narrowed, kept as a question, one entry explained, its heads, all by keyboard and at 390."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.browser.conftest import Tab, faults


def test_the_list_is_narrowed_by_the_form_and_the_question_is_kept_and_used(
    window: Callable[..., Tab],
) -> None:
    tab = window("officer")
    tab.go("/ledger/?group=exports")
    assert faults(tab) == []
    tab.page.locator("main").get_by_label("How it ended").select_option("done")
    tab.press("Show")
    assert "outcome=done" in tab.path
    assert "group=exports" in tab.path
    assert tab.says("Only what was done")
    assert faults(tab) == []
    tab.fill(name="What left the house")
    tab.press("Keep this question")
    assert tab.says("The question is kept.") or "The question is kept." in tab.page.inner_text("body")
    tab.go("/ledger/")
    tab.page.locator("main").get_by_text("Kept questions").click()
    tab.follow("What left the house")
    assert "group=exports" in tab.path
    tab.page.locator("main").get_by_text("Kept questions").click()
    tab.press("Give up What left the house")
    assert "What left the house" not in tab.page.inner_text("main")


def test_the_filters_are_reached_by_keyboard_alone(window: Callable[..., Tab]) -> None:
    tab = window("auditor")
    tab.go("/ledger/")
    summary = tab.page.locator("main summary").first
    summary.focus()
    tab.page.keyboard.press("Enter")
    tab.page.keyboard.press("Tab")
    assert tab.page.evaluate("document.activeElement.name") == "since"
    # An auditor changes nothing, and so keeps no question; those that everybody has are there.
    assert tab.page.locator("form[action$='/questions/keep/']").count() == 0
    tab.page.locator("main").get_by_text("Kept questions").click()
    tab.follow("Refusals of the last 7 days")
    assert tab.says("Of the last 7 days")


def test_an_entry_is_explained_and_its_heads_lead_to_their_text(window: Callable[..., Tab]) -> None:
    tab = window("officer")
    tab.go("/ledger/?group=decisions")
    tab.page.locator("main [data-item] a").first.click()
    tab.page.wait_for_load_state()
    for words in ("In plain words", "What it does not prove", "In the same series"):
        assert tab.says(words)
    assert faults(tab) == []
    tab.follow("The whole series")
    assert "stream=" in tab.path
    assert tab.says("Only one series")
    tab.go("/ledger/checkpoints/")
    assert faults(tab) == []
    tab.page.locator("main table").get_by_role("link", name=re.compile("^Checkpoint ")).first.click()
    tab.page.wait_for_load_state()
    assert tab.says("Its exact text")
    assert faults(tab) == []
    tab.go("/ledger/checkpoints/")
    with tab.page.expect_navigation():
        tab.page.locator(".points__shape a").last.dispatch_event("click")
    assert tab.says("Its exact text")
    tab.go("/ledger/checks/")
    assert faults(tab) == []
