"""Somebody who uses the pages and the API over TLS, without a browser: cookies, forms as they stand in the page."""

from __future__ import annotations

import http.cookiejar
import json
import ssl
import urllib.error
import urllib.parse
import urllib.request
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lxml.html

#: Inputs whose words a person types.
TYPED = {"text", "search", "password", "email", "tel", "url"}


@dataclass
class Answer:
    """What came back."""

    status: int
    address: str
    raw: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def page(self) -> Any:
        return lxml.html.document_fromstring(self.raw)

    @property
    def wrong(self) -> list[str]:
        """Names of the fields that the page says are not right."""
        return [
            name
            for part in self.page.xpath("//*[contains(@class, 'field--wrong')]")
            for name in part.xpath(".//*[@name]/@name")[:1]
        ]


@dataclass
class Filled:
    """A form out of a page: where it goes and what stands in it."""

    action: str
    method: str
    values: list[tuple[str, str]] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    def put(self, name: str, value: str) -> None:
        """Fill a field."""
        self.values = [(known, held) for known, held in self.values if known != name] + [(name, value)]


class Visitor:
    """One person's cookies and headers."""

    def __init__(self, address: str, authority: Path, **headers: str) -> None:
        trust = ssl.create_default_context(cafile=str(authority))
        self.address = address
        self.headers = headers
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=trust),
            urllib.request.HTTPCookieProcessor(self.cookies),
        )

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Send a request and return the answer, whatever it is."""
        address = urllib.parse.urljoin(self.address, path)
        given = {name.replace("_", "-"): value for name, value in {**self.headers, **headers}.items()}
        asked = urllib.request.Request(address, data=body, method=method, headers=given)  # noqa: S310  # our own server
        try:
            answer = self.opener.open(asked, timeout=120)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            return Answer(answer.status, answer.url, answer.read(), dict(answer.headers))

    def get(self, path: str, **headers: str) -> Answer:
        """Open a page."""
        return self.ask("GET", path, **headers)

    def send_json(self, method: str, path: str, value: Any, **headers: str) -> Answer:
        """Send JSON to the API."""
        return self.ask(method, path, json.dumps(value).encode(), Content_Type="application/json", **headers)

    def send_parts(
        self, path: str, values: list[tuple[str, str]], files: dict[str, tuple[str, bytes]], **headers: str
    ) -> Answer:
        """Send a form with files."""
        edge = uuid.uuid4().hex
        parts = [
            f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in values
        ]
        for name, (called, raw) in files.items():
            head = f'--{edge}\r\nContent-Disposition: form-data; name="{name}"; filename="{called}"\r\n\r\n'
            parts.append(head.encode() + raw + b"\r\n")
        body = b"".join(parts) + f"--{edge}--\r\n".encode()
        return self.ask("POST", path, body, Content_Type=f"multipart/form-data; boundary={edge}", **headers)

    def forms(self, answer: Answer) -> list[Filled]:
        """Return the forms of a page with what stands in them already."""
        found = answer.page.xpath("//form[not(ancestor::dialog)]")
        return [_filled(one, answer.address) for one in found]

    def send(self, form: Filled, files: dict[str, tuple[str, bytes]] | None = None) -> Answer:
        """Send a form as a browser does."""
        own = {"Referer": form.action, "Origin": self.address}
        if form.method == "GET":
            return self.get(form.action.split("?")[0] + "?" + urllib.parse.urlencode(form.values))
        if form.files:
            return self.send_parts(form.action, form.values, files or {}, **own)
        body = urllib.parse.urlencode(form.values).encode()
        return self.ask("POST", form.action, body, Content_Type="application/x-www-form-urlencoded", **own)


def _filled(form: Any, address: str) -> Filled:
    made = Filled(
        urllib.parse.urljoin(address, form.get("action") or address), (form.get("method") or "get").upper()
    )
    chosen: set[str] = set()
    for one in form.xpath(".//*[@name]"):
        name, kind = one.get("name"), (one.get("type") or "text").lower()
        if one.tag == "textarea" or (one.tag == "input" and kind in TYPED):
            made.typed.append(name)
            made.values.append(
                (name, one.text_content() if one.tag == "textarea" else one.get("value") or "")
            )
        elif one.tag == "select":
            options = one.xpath(".//option[@selected]/@value") or one.xpath(".//option/@value")
            made.values.append((name, options[0] if options else ""))
        elif kind in {"radio", "checkbox"}:
            if name not in chosen and (
                kind == "checkbox" or one.get("checked") is not None or name == "outcome"
            ):
                chosen.add(name)
                made.values.append((name, one.get("value") or "on"))
        elif kind == "file":
            made.files.append(name)
        elif one.tag == "input":
            made.values.append((name, one.get("value") or ""))
    buttons = form.xpath(".//button[@name]")
    if buttons:
        made.put(buttons[0].get("name"), buttons[0].get("value") or "")
    return made
