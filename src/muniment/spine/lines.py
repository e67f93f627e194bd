"""Headers of HTTP as somebody writes them into a setting: one in a line, read strictly."""

from __future__ import annotations

import re

from muniment.spine.errors import Invalid


def header_lines(text: str) -> dict[str, str]:
    """Return headers out of lines ``Name: value`` (RFC 9110, section 5).

    :raises Invalid: for a line that is none, or that would change how the request itself is sent.
    """
    found = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        name, _, value = (part.strip() for part in line.partition(":"))
        plain = re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}", name) and re.fullmatch(
            r"[\x20-\x7e]{1,4096}", value
        )
        if not plain or name.lower() in {
            "connection",
            "content-encoding",
            "content-length",
            "content-type",
            "host",
        }:
            raise Invalid(
                "A header for the collector cannot be used.",
                todo="Write one in a line, as Name: value.",
                where="otlp_headers",
            )
        found[name] = value
    return found
