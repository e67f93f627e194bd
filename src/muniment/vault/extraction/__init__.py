"""The text of a document, with offsets that lead back to its pages.

A pure core of the vault: no Django, no network, no files, no clock. `extract` reads one document in this
process; `muniment.vault.extraction.child.Extractor` does the same in a limited child process and is what
everything outside of tests should use, since a document is somebody else's input.

This file must stay light: the child imports it on every start.
"""

from __future__ import annotations

from muniment.vault.extraction.read import extract
from muniment.vault.extraction.text import Extracted, Heading, Page

__all__ = ["Extracted", "Heading", "Page", "extract"]
