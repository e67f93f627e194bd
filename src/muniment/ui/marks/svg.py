"""Builds elements, SVG or HTML, that are safe to show: every text and every attribute value is escaped.

Rules: no `style` and no `on…` attribute can be built (the content security policy would refuse them, and
so do we, earlier); numbers are rounded so that the same picture has the same bytes everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from django.utils.safestring import SafeString

from muniment.ui.words.spans import clean

Attribute = str | int | float | bool | None
Child = str | SafeString | None


def number(value: float) -> str:
    """Write a coordinate with at most two decimals and no needless zero."""
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


def node(name: str, attrs: Mapping[str, Attribute] | None = None, *children: Child) -> SafeString:
    """Build one element; children not yet safe are escaped, attributes of None or False left out.

    :raises ValueError: for an attribute that the content security policy forbids, or a link that leads
        elsewhere.
    """
    pairs: list[str] = []
    for key, value in (attrs or {}).items():
        if value is None or value is False:
            continue
        if key == "style" or key.startswith("on"):
            msg = "an element of a picture may carry neither style nor script"
            raise ValueError(msg)
        written = number(value) if isinstance(value, float) else "" if value is True else clean(value)
        if key == "href":
            written = local(written)
        pairs.append(f' {key}="{escape(written)}"')
    return SafeString(f"<{name}{''.join(pairs)}>{together(children)}</{name}>")


def together(children: Iterable[Child]) -> SafeString:
    """Put elements behind one another; None is nothing, plain text is escaped."""
    kept = (child for child in children if child is not None)
    return SafeString(
        "".join(child if isinstance(child, SafeString) else escape(clean(child)) for child in kept)
    )


def local(url: str) -> str:
    """Let an address through only when it leads to this installation; a picture never leads elsewhere.

    :raises ValueError: for any address with a scheme or another host.
    """
    if url.startswith(("/", "?", "#", "./", "../")) and not url.startswith(("//", "/\\")):
        return url
    msg = "a picture may link only to pages of this installation"
    raise ValueError(msg)


def link_or_text(words: str, url: str, cls: str = "") -> SafeString:
    """Make a link when there is somewhere to go, else only the words."""
    return (
        node("a", {"href": url, "class": cls or None}, words)
        if url
        else node("span", {"class": cls or None}, words)
    )


def stretchy(
    width: float, height: float, cls: str, *shapes: Child, title: str = "", leads: bool = False
) -> SafeString:
    """Frame shapes that fill the room they are given; with a title it is an image, without one decoration.

    :param leads: whether there are links among the shapes, which an image may not hold.

    Nothing written goes into it: text would be stretched along.
    """
    attrs: dict[str, Attribute] = {
        "class": cls,
        "viewBox": f"0 0 {number(width)} {number(height)}",
        "preserveAspectRatio": "none",
    }
    if title:
        return node(
            "svg",
            {**attrs, "role": "group" if leads else "img", "aria-label": title},
            node("title", None, title),
            *shapes,
        )
    return node("svg", {**attrs, "aria-hidden": "true", "focusable": "false"}, *shapes)
