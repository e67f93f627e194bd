"""The product in a real browser: one installation, one server and one browser for all journeys of a process.

Any complaint of the browser (content security policy, a script's fault, a file that is missing) fails the test in
which it comes up; a refusal that a journey means to see is named with ``tab.expects``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from tests.browser import material
from tests.support.seeded import Seeded, run_folder, seeded, served, totp
from tests.ui.gallery import chromium

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
PICTURES = os.environ.get("MUNIMENT_TEST_PICTURES")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every journey, and let it speak to the server of its own process."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.enable_socket)
            item.add_marker(
                pytest.mark.skipif(chromium() is None, reason="no browser found: install Debian's chromium")
            )


@dataclass
class Tab:
    """A window of the browser in somebody's hands."""

    page: Any
    address: str
    complaints: list[str] = field(default_factory=list)
    expects: set[int] = field(default_factory=set)

    def go(self, path: str) -> Any:
        """Open an address of the house."""
        return self.page.goto(self.address + path, wait_until="load")

    def press(self, name: str, *, exact: bool = True, within: str = "main") -> None:
        """Press the button of this name and wait for the page that follows."""
        with self.page.expect_navigation():
            self.page.locator(within).get_by_role("button", name=name, exact=exact).first.click()

    def follow(self, name: str | re.Pattern[str], *, within: str = "main") -> None:
        """Follow the link of this name."""
        with self.page.expect_navigation():
            self.page.locator(within).get_by_role("link", name=name).first.click()

    def fill(self, **texts: str) -> None:
        """Type into the fields of these names."""
        for name, text in texts.items():
            self.page.locator(f"main [name={name}]:visible").first.fill(text)

    def choose(self, name: str, value: str) -> None:
        """Tick the choice with this value."""
        self.page.locator(f"main [name={name}][value='{value}']").check()

    def says(self, words: str) -> bool:
        """Say whether these words stand in the page."""
        return words in self.page.locator("main").inner_text()

    def until(self, words: str, *, seconds: int = 90) -> None:
        """Load the page again until these words stand in it."""
        for _again in range(seconds):
            if self.says(words):
                return
            self.page.wait_for_timeout(1000)
            self.page.reload()
        pytest.fail(f"{words!r} does not come: {self.page.locator('main').inner_text()[:1000]}")

    @property
    def path(self) -> str:
        """The address that is open, without the house."""
        return str(self.page.url).removeprefix(self.address)

    def unexpected(self) -> list[str]:
        """Return what the browser complained of, without the answers that the journey means to see."""
        meant = [f"the server responded with a status of {status} " for status in self.expects]
        return [said for said in self.complaints if not any(words in said for words in meant)]


def faults(tab: Tab) -> list[str]:
    """Return what is wrong with the page that is open: what axe finds serious, what is wider than the window."""
    tab.page.evaluate(
        "document.querySelectorAll('details.disclosure').forEach((one) => { one.open = true; })"
    )
    found = [
        f"axe {fault['id']} ({fault['impact']}): {[part['html'][:120] for part in fault['nodes']][:3]}"
        for fault in Axe().run(tab.page).response["violations"]
        if fault["impact"] in {"serious", "critical"}
    ]
    size = tab.page.viewport_size
    tab.page.set_viewport_size({"width": 390, "height": 844})
    over = tab.page.evaluate(OVERFLOW)
    if over > 0:
        found.append(f"{over} px wider than a window of 390")
    picture(tab, "390")
    tab.page.set_viewport_size(size)
    picture(tab, "1280")
    return found


def picture(tab: Tab, name: str) -> None:
    """Keep a picture of the page where ``MUNIMENT_TEST_PICTURES`` asks for it."""
    if PICTURES:
        place = re.sub(r"[0-9a-f-]{36}", "id", tab.path.split("?")[0]).strip("/").replace("/", "-") or "home"
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        tab.page.screenshot(path=f"{PICTURES}/{place}-{name}.png", full_page=True)


@pytest.fixture(scope="session")
def house(tmp_path_factory: Any) -> Seeded:
    home = tmp_path_factory.mktemp("browser") / "home"
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    made = seeded(run_folder(tmp_path_factory), home, f"muniment_browser_{worker}")
    file = home.with_name("act.xhtml")
    file.write_bytes(material.act())
    said = ["--key", material.CELEX, "--version", "OJ:2099-02-02", "--authenticity", "invented"]
    made.command("source", "add", str(file), "--format", "oj-xhtml", "--publisher", "Nobody", *said)
    return made


@pytest.fixture(scope="session")
def address(house: Seeded) -> Iterator[str]:
    with served(house) as at:
        yield at


@pytest.fixture(scope="session")
def running(one_browser: Any) -> Any:
    return one_browser


def sign_in(tab: Tab, login: dict[str, str]) -> None:
    """Sign in by hand, with the code of the app where the account has one."""
    tab.go("/account/sign-in/")
    tab.page.get_by_label("Login", exact=True).fill(login["login"])
    tab.page.get_by_label("Password", exact=True).fill(login["password"])
    tab.press("Sign in", within="body")
    if login["secret"]:
        tab.page.get_by_label("Code", exact=True).fill(totp(login["secret"]))
        tab.press("Sign in", within="body")


@pytest.fixture(scope="session")
def signed_in(house: Seeded, address: str, running: Any) -> Callable[[str], Any]:
    """Sign each role in once and return what its browser remembers."""
    known: dict[str, Any] = {}

    def state(role: str) -> Any:
        if role not in known:
            context = running.new_context(ignore_https_errors=True)
            tab = Tab(context.new_page(), address)
            sign_in(tab, house.login(role))
            assert tab.path == "/", tab.page.locator("body").inner_text()
            known[role] = context.storage_state()
            context.close()
        return known[role]

    return state


@pytest.fixture
def window(address: str, running: Any, signed_in: Callable[[str], Any]) -> Iterator[Callable[..., Tab]]:
    """Open windows: ``window("analyst")`` is signed in, ``window()`` is nobody's; complaints fail the test."""
    opened: list[tuple[Tab, Any]] = []

    def open_window(role: str = "", **more: Any) -> Tab:
        if role:
            more["storage_state"] = signed_in(role)
        context = running.new_context(
            ignore_https_errors=True, viewport={"width": 1280, "height": 900}, accept_downloads=True, **more
        )
        context.set_default_timeout(30_000)
        tab = Tab(context.new_page(), address)
        tab.page.on(
            "console",
            lambda said: tab.complaints.append(said.text) if said.type in {"error", "warning"} else None,
        )
        tab.page.on("pageerror", lambda fault: tab.complaints.append(str(fault)))
        opened.append((tab, context))
        return tab

    yield open_window
    wrong = [said for tab, _context in opened for said in tab.unexpected()]
    for _tab, context in opened:
        context.close()
    assert wrong == [], wrong
