"""The way in: from bytes and a name to text, by the reader of that kind.

Rules: each reader is imported when its kind first comes, so that a child which reads Markdown never loads the
PDF library; a reader gives `Extracted` or raises `Invalid`, and nothing else.
"""

from __future__ import annotations

from typing import BinaryIO

from muniment.spine.errors import Invalid
from muniment.vault.extraction.kinds import kind_named, require_kind
from muniment.vault.extraction.text import MAX_BYTES, Extracted


def extract(data: bytes | BinaryIO, named: str) -> Extracted:
    """Read the text of one document in this process.

    For documents from outside use `child.Extractor`, which does this behind a wall; a hostile PDF can bring
    down the process that reads it.

    :param data: the whole document, or a binary file of which at most `MAX_BYTES` are read.
    :param named: file name, suffix (".pdf") or media type; the bytes must agree with it.
    :raises Invalid: when it cannot be read, with the reason in a sentence; nothing is half-read.
    """
    content = data if isinstance(data, bytes) else data.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise Invalid(f"This document is larger than {MAX_BYTES // 1024 // 1024} MB.", todo="Split it.")
    kind = kind_named(named)
    require_kind(content, kind)
    if kind == "pdf":
        from muniment.vault.extraction import pdf  # noqa: PLC0415 - loaded only when a PDF comes

        return pdf.read(content)
    if kind == "docx":
        from muniment.vault.extraction import docx  # noqa: PLC0415 - loaded only when a Word file comes

        return docx.read(content)
    if kind == "html":
        from muniment.vault.extraction import webpage  # noqa: PLC0415 - loaded only when a web page comes

        return webpage.read(content)
    from muniment.vault.extraction import plain  # noqa: PLC0415 - loaded only when a text file comes

    return plain.read(content, kind)
