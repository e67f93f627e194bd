"""Renders the gallery of the ui room and, run by hand, takes pictures: `python -m tests.ui.gallery FOLDER`.

Nothing listens on a port: the browser's requests are answered in this process, under the strict content
security policy that the site sends, so that a page that breaks it is seen to break.
"""

from __future__ import annotations

import mimetypes
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template import Context, Engine
from django.test import override_settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

HERE = Path(__file__).resolve().parent
ADDRESS = "https://muniment.test"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'none'; "
    "form-action 'self'; frame-ancestors 'none'; connect-src 'self'; base-uri 'none'"
)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGES = ("gallery", "home", "finding", "case", "signin", "problem")
PLAIN_STORAGE = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}


def engine() -> Engine:
    """Build a template engine that knows this room and nothing else."""
    import muniment.ui

    return Engine(
        dirs=[str(Path(muniment.ui.__file__).parent / "templates"), str(HERE / "pages")],
        libraries={
            "i18n": "django.templatetags.i18n",
            "static": "django.templatetags.static",
            "ui": "muniment.ui.templatetags.ui",
            "django_htmx": "django_htmx.templatetags.django_htmx",
        },
    )


def render_text(text: str, **context: Any) -> str:
    """Render a template text with the tags of the ui room loaded."""
    with override_settings(STORAGES=PLAIN_STORAGE):
        return engine().from_string("{% load i18n ui %}" + text).render(Context(context))


@cache
def render_page(name: str) -> str:
    """Render a whole page of the gallery."""
    from tests.ui.sample import context_of

    with override_settings(STORAGES=PLAIN_STORAGE):
        return engine().get_template(f"{name}.html").render(Context(context_of(name)))


def chromium() -> str | None:
    """Find Debian's browser."""
    return shutil.which("chromium")


@contextmanager
def browser() -> Iterator[Browser]:
    """Start the browser without any network of its own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=chromium(), args=FLAGS)
        try:
            yield started
        finally:
            started.close()


def open_page(
    started: Browser, name: str, *, width: int = 1280, dark: bool = False, **more: Any
) -> tuple[Page, list[str]]:
    """Open a gallery page and collect what the browser complains about: policy, files, faults of scripts."""
    tab = started.new_page(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light", **more
    )
    complaints: list[str] = []
    tab.on(
        "console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None
    )
    tab.on("pageerror", lambda fault: complaints.append(str(fault)))
    tab.route("**/*", answer)
    tab.goto(f"{ADDRESS}/{name}", wait_until="load")
    return tab, complaints


def answer(route: Route) -> None:
    """Answer a request of the browser from this process; anything unknown is absent."""
    path = urlsplit(route.request.url).path
    if path.startswith("/static/"):
        found = finders.find(path.removeprefix("/static/"))
        if found:
            kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
            route.fulfill(body=Path(str(found)).read_bytes(), content_type=kind)
            return
    name = path.strip("/")
    if name in PAGES:
        route.fulfill(
            body=render_page(name),
            content_type="text/html; charset=utf-8",
            headers={"Content-Security-Policy": POLICY},
        )
        return
    route.fulfill(status=404, body="")


def photograph(folder: Path) -> None:
    """Take each page at 1280 and 390 pixels, light and dark, and as it prints."""
    folder.mkdir(parents=True, exist_ok=True)
    with browser() as started:
        for name in PAGES:
            for width in (1280, 390):
                for dark in (False, True):
                    tab, complaints = open_page(started, name, width=width, dark=dark)
                    tab.screenshot(
                        path=folder / f"{name}-{width}-{'dark' if dark else 'light'}.png", full_page=True
                    )
                    if complaints:
                        sys.stderr.write(f"{name} {width}: {complaints}\n")
                    tab.close()
            tab, _complaints = open_page(started, name)
            tab.pdf(path=folder / f"{name}.pdf", format="A4")
            tab.close()


if __name__ == "__main__":
    settings.configure(
        INSTALLED_APPS=["django.contrib.staticfiles", "django_htmx", "muniment.ui"],
        STATIC_URL="/static/",
        USE_TZ=True,
        TIME_ZONE="UTC",
        LANGUAGE_CODE="en-gb",
    )
    django.setup()
    photograph(Path(sys.argv[1]))
