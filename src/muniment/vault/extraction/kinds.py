"""What kind of document this is: what its name says, what its bytes say, and whether they agree.

Rules: the bytes decide, the name must agree, and a document whose two stories differ is refused rather than
guessed at. Text is UTF-8 (with or without byte-order mark) or UTF-16 with byte-order mark, strictly decoded;
no other encoding is guessed, since a wrong guess would change what a quote says.
"""

from __future__ import annotations

import re

from muniment.spine.errors import Invalid

SUFFIXES = {
    "pdf": "pdf",
    "docx": "docx",
    "md": "md",
    "markdown": "md",
    "txt": "txt",
    "text": "txt",
    "csv": "csv",
    "html": "html",
    "htm": "html",
    "xhtml": "html",
}
MEDIA_TYPES = {
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "text/markdown": "md",
    "text/plain": "txt",
    "text/csv": "csv",
    "text/html": "html",
    "application/xhtml+xml": "html",
}
MEDIA_TYPE_OF = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "md": "text/markdown",
    "txt": "text/plain",
    "csv": "text/csv",
    "html": "text/html",
}

READABLE = "PDF, Word (.docx), Markdown, plain text, CSV or HTML"

# First bytes of formats that are not read here: (signature, what it is, what to do).
_FOREIGN = (
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old or password-protected Office file",
        "Save it as an open .docx.",
    ),
    (b"{\\rtf", "an RTF document", "Save it as .docx or PDF."),
    (b"\x89PNG", "a picture", "Upload the document itself."),
    (b"\xff\xd8\xff", "a picture", "Upload the document itself."),
    (b"GIF8", "a picture", "Upload the document itself."),
    (b"II*\x00", "a picture", "Upload the document itself."),
    (b"MM\x00*", "a picture", "Upload the document itself."),
    (b"\x1f\x8b", "a compressed archive", "Unpack it first."),
    (b"BZh", "a compressed archive", "Unpack it first."),
    (b"7z\xbc\xaf", "a compressed archive", "Unpack it first."),
    (b"Rar!", "a compressed archive", "Unpack it first."),
    (b"\x7fELF", "a program", "Upload the document itself."),
    (b"MZ\x90", "a program", "Upload the document itself."),
)
_PAGE_START = re.compile(
    r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
_TAG = re.compile(r"\s*<[a-zA-Z!?/]")
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1f\x7f]")


def kind_named(name_or_type: str) -> str:
    """Tell the kind a file name, a suffix or a media type claims: pdf, docx, md, txt, csv or html.

    :raises Invalid: when it claims nothing that is read here.
    """
    claim = name_or_type.strip().lower()
    media_type = claim.partition(";")[0].strip()
    if media_type in MEDIA_TYPES:
        return MEDIA_TYPES[media_type]
    suffix = claim.rpartition(".")[2]
    if suffix in SUFFIXES and (suffix != claim or "/" not in claim):
        return SUFFIXES[suffix]
    if suffix in {"docm", "dotm", "doc", "dot"}:
        raise Invalid("Word files with macros and old .doc files are not read.", todo="Save it as .docx.")
    raise Invalid("Documents of this kind are not read.", todo=f"Upload {READABLE}.")


def require_kind(data: bytes, kind: str) -> None:
    """Refuse bytes that are something else than their name claims.

    :param kind: what `kind_named` said.
    :raises Invalid: when the bytes are empty, of a foreign format, or of another kind.
    """
    if not data:
        raise Invalid("This document is empty.")
    for signature, what, todo in _FOREIGN:
        if data.startswith(signature):
            raise Invalid(f"This is {what}, whatever its name says.", todo=todo)
    if data.startswith(b"%PDF-"):
        found = "pdf"
    elif data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        found = "docx"
    else:
        found = "text"
    if found != (kind if kind in {"pdf", "docx"} else "text"):
        named = {"pdf": "a PDF", "docx": "a Word document"}.get(kind, "a text file")
        real = {"pdf": "a PDF", "docx": "a zip package"}.get(found, "not")
        raise Invalid(
            f"The name says this is {named}, but the content is {real}{' one' if found == 'text' else ''}.",
            todo="Check whether the file is damaged or wrongly named.",
        )


def decode(data: bytes) -> str:
    """Turn the bytes of a text file into text with plain line feeds, or refuse; never guess.

    :raises Invalid: for any encoding but UTF-8 and marked UTF-16, for NUL and for control characters.
    """
    if data.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        raise Invalid("This text is in UTF-32.", todo="Save it as UTF-8.")
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = data.decode(encoding, "strict")
    except UnicodeDecodeError as broken:
        raise Invalid(
            f"This text is not valid {'UTF-16' if encoding == 'utf-16' else 'UTF-8'}.",
            todo="Save it as UTF-8; it may be damaged or in an older encoding.",
            where=f"byte {broken.start}",
        ) from None
    if "\x00" in text:
        raise Invalid("This text holds NUL characters.", todo="Save it as UTF-8; it may be a binary file.")
    if control := _CONTROL.search(text):
        raise Invalid(
            "This text holds control characters, so it is not plain text.",
            where=f"character {control.start() + 1}",
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def require_markup(text: str, kind: str) -> None:
    """Refuse a web page under a plain text's name, and plain text under a web page's.

    :raises Invalid: when name and content differ.
    """
    page = _PAGE_START.match(text) is not None
    if kind == "html" and not page and not _TAG.match(text):
        raise Invalid("The name says this is a web page, but the content is not HTML.")
    if kind != "html" and page:
        raise Invalid(
            "The name says this is plain text, but the content is a web page.", todo="Name it .html."
        )
