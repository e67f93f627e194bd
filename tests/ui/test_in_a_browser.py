"""The gallery in Debian's Chromium under the real content security policy: looks, keys, axe, paper."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from tests.ui.gallery import PAGES, chromium, open_page

OVERFLOW = "document.documentElement.scrollWidth - innerWidth"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.enable_socket,  # the browser is driven through a pipe; nothing is asked of any network
    pytest.mark.skipif(chromium() is None, reason="no browser found: install Debian's chromium"),
]


@pytest.fixture
def started(one_browser: Any) -> Any:
    return one_browser


@pytest.mark.parametrize("name", PAGES)
def test_a_page_breaks_no_policy_and_no_layout_and_axe_finds_nothing(started: Any, name: str) -> None:
    tab, complaints = open_page(started, name)
    tab.evaluate("document.querySelectorAll('details.disclosure').forEach((part) => { part.open = true; })")
    for width, scheme in ((1280, "light"), (1280, "dark"), (390, "light")):
        tab.set_viewport_size({"width": width, "height": 900})
        tab.emulate_media(color_scheme=scheme)
        assert tab.evaluate(OVERFLOW) <= 0, f"{width} px"
        found = Axe().run(tab).response["violations"]
        assert [(fault["id"], [part["html"][:90] for part in fault["nodes"]]) for fault in found] == []
    tab.set_viewport_size({"width": 320, "height": 900})  # 1280 pixels at 400 % (WCAG 2.2, 1.4.10)
    assert tab.evaluate(OVERFLOW) <= 0, "320 px"
    assert complaints == []
    tab.close()


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_what_floats_stays_within_the_window(started: Any, width: int) -> None:
    tab, _complaints = open_page(started, "home", width=width)
    for menu in tab.locator("details.menu").all():
        menu.locator("summary").click()
        box = menu.locator(".menu__body").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert tab.evaluate(OVERFLOW) <= 0
        tab.keyboard.press("Escape")
        assert not menu.locator(".menu__body").is_visible()
    tab.close()


def test_keys_lead_to_search_help_and_through_lists(started: Any) -> None:
    tab, _complaints = open_page(started, "home")
    focused = "document.activeElement.textContent || document.activeElement.id"
    tab.keyboard.press("j")
    first = tab.evaluate(focused)
    tab.keyboard.press("j")
    assert tab.evaluate(focused) != first
    tab.keyboard.press("k")
    assert tab.evaluate(focused) == first
    assert "Decide case 118" in first
    tab.keyboard.press("?")
    assert tab.locator("#help").is_visible()
    tab.keyboard.press("Escape")
    assert not tab.locator("#help").is_visible()
    tab.keyboard.press("/")
    assert tab.evaluate("document.activeElement.id") == "search"
    tab.keyboard.type("j?/")
    assert tab.locator("#search").input_value() == "j?/"
    tab.close()


def test_the_first_stop_of_the_keyboard_skips_to_the_page(started: Any) -> None:
    tab, _complaints = open_page(started, "home")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "main"
    tab.close()


def test_a_digest_shows_itself_whole_on_focus_and_is_copied(started: Any) -> None:
    tab, _complaints = open_page(started, "finding", permissions=["clipboard-read", "clipboard-write"])
    whole = tab.locator(".digest__whole").first
    assert not whole.is_visible()
    tab.locator(".digest__text").first.focus()
    assert whole.is_visible()
    box = whole.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 1280
    tab.locator(".digest__copy").first.click()
    assert len(tab.evaluate("navigator.clipboard.readText()")) == 64
    assert tab.locator("#voice").text_content() == "Copied."
    tab.close()


def test_a_form_is_sent_once(started: Any) -> None:
    tab, _complaints = open_page(started, "finding")
    sent: list[str] = []
    tab.on("request", lambda asked: sent.append(asked.method) if asked.method == "POST" else None)
    with tab.expect_navigation():
        tab.evaluate("const b = document.querySelector('main form button'); b.click(); b.click(); b.click();")
    tab.wait_for_timeout(200)
    assert len(sent) == 1
    tab.close()


def test_without_javascript_everything_can_be_read_and_nothing_is_promised(started: Any) -> None:
    tab, _complaints = open_page(started, "gallery", java_script_enabled=False)
    assert tab.locator("text=Evidence found").first.is_visible()
    assert not tab.locator(".digest__copy").first.is_visible()
    assert not tab.locator("[data-help]").first.is_visible()
    tab.locator(".menu--person summary").click()
    assert tab.locator(".menu--person .menu__body").is_visible()
    tab.close()


def test_paper_carries_whole_digests_and_no_controls(started: Any) -> None:
    tab, _complaints = open_page(started, "finding", dark=True)
    tab.emulate_media(media="print")
    assert tab.locator(".digest__whole").first.is_visible()
    assert not tab.locator(".digest__short").first.is_visible()
    for part in (".nav", ".search", ".button", ".foot"):
        assert not tab.locator(part).first.is_visible()
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert tab.locator(".print-only").is_visible()
    tab.close()


def test_focus_is_seen(started: Any) -> None:
    tab, _complaints = open_page(started, "gallery")
    seen: set[str] = set()
    for _stop in range(40):
        tab.keyboard.press("Tab")
        seen.add(
            tab.evaluate(
                "(({ outlineStyle, outlineWidth }) => `${outlineStyle} ${outlineWidth}`)"
                "(getComputedStyle(document.activeElement))"
            )
        )
    assert seen == {"solid 2px"}
    tab.close()
