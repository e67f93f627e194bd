"""The one door through which XML comes in.

Rules it obeys: no document type is ever loaded, no entity is ever expanded, nothing is fetched; UTF-8 only;
size, depth and number of elements are bounded before anything looks at the content. What breaks a rule is
refused whole, with the line, and nothing of the document is echoed.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from lxml import etree

from muniment.spine.errors import Invalid

Element: TypeAlias = etree._Element  # noqa: SLF001 - lxml gives its public element type a private name

MAX_BYTES = 64 * 1024 * 1024
MAX_ELEMENTS = 2_000_000
MAX_DEPTH = 100

_ENCODING = re.compile(rb"""^<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_TOO_DEEP = etree.XPath("boolean(" + "/*" * (MAX_DEPTH + 1) + ")")
_SPACES = re.compile(r"[ \t\r\n]+")


def read_xml(content: bytes, *, keep_instructions: bool = False) -> Element:
    """Read an XML document that a stranger may have written.

    Why it matters: every act and list comes from outside, and XML can carry bombs and requests for other
    files.

    :param content: the whole file.
    :param keep_instructions: keep processing instructions (Formex marks amendments with them).
    :returns: the root element; comments are gone, adjoining text is joined.
    :raises Invalid: empty, too large, not UTF-8, not well-formed, too deep, or declaring or using entities.
    """
    _check_bytes(content)
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=not keep_instructions,
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        raise Invalid(
            "The file is not well-formed XML or is cut off.",
            todo="Fetch it again from its publisher.",
            where=f"line {line}",
        ) from None
    except ValueError:
        raise Invalid("The file is not XML.", todo="Fetch it again from its publisher.") from None
    for entity in root.iter(etree.Entity):
        raise Invalid("The file uses an XML entity, which is not allowed.", where=f"line {entity.sourceline}")
    if _TOO_DEEP(root):
        raise Invalid(f"The file nests elements more than {MAX_DEPTH} deep.")
    return root


def _check_bytes(content: bytes) -> None:
    if not content.strip():
        raise Invalid("The file is empty.")
    if len(content) > MAX_BYTES:
        raise Invalid(f"The file is larger than {MAX_BYTES // (1024 * 1024)} MB.")
    nul = content.find(b"\0")
    if nul >= 0:
        raise Invalid("The file holds a NUL character.", where=f"line {content.count(10, 0, nul) + 1}")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Invalid("The file is not UTF-8 text.", where=f"line {line}") from None
    declared = _ENCODING.match(content.removeprefix(b"\xef\xbb\xbf"))
    if declared and declared[1].lower() not in {b"utf-8", b"utf8", b"us-ascii", b"ascii"}:
        raise Invalid("The file declares another encoding than UTF-8.", where="line 1")
    entity = content.find(b"<!ENTITY")
    if entity >= 0:
        line = content.count(b"\n", 0, entity) + 1
        raise Invalid("The file declares an XML entity, which is not allowed.", where=f"line {line}")
    if content.count(b"<") > MAX_ELEMENTS:
        raise Invalid(f"The file holds more than {MAX_ELEMENTS} elements.")


def collapse(text: str) -> str:
    """Turn each run of XML white space into one space; no-break spaces are set on purpose and stay."""
    return _SPACES.sub(" ", text)


def all_text(element: Element) -> str:
    """Return all text below an element as it stands, without comments and instructions."""
    return "".join(str(text) for text in element.itertext("*"))


def with_class(element: Element, *names: str) -> list[Element]:
    """Return the elements below that carry one of the classes, in document order."""
    return [below for below in element.iterdescendants("*") if below.get("class") in names]


def flat(element: Element) -> str:
    """Return all text of an element on one line, ends trimmed of XML white space."""
    return collapse(all_text(element)).strip(" ")
