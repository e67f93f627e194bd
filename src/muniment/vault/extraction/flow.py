"""Text in reading order with its pages and headings, as Word and HTML readers pour it out.

Rules: paragraphs are parted by one blank line, rows and list items by a line feed; a page ends where the next
begins; the limits are kept while pouring, so that no bomb grows to its full size first.
"""

from __future__ import annotations

from muniment.spine.errors import Invalid
from muniment.vault.extraction.text import MAX_LINE, MAX_PAGES, MAX_TEXT, Heading, Page


def sections(text: str, headings: list[Heading]) -> list[Page]:
    """Part a text at its headings; what stands before the first one is a section too."""
    starts = sorted({0, *(heading.start for heading in headings)})
    ends = [*starts[1:], len(text)]
    return [Page(number, *span) for number, span in enumerate(zip(starts, ends, strict=True), start=1)]


class Flow:
    """Collects blocks of text; `finish` gives text, pages and headings.

    :ivar warnings: sentences for the reader of the text.
    """

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self._parts: list[str] = []
        self._length = 0
        self._starts = [0]
        self._headings: list[Heading] = []
        self._dense = False
        self._turns = 0

    @property
    def started(self) -> bool:
        """Tell whether anything has been poured yet."""
        return self._length > 0

    def note(self, warning: str) -> None:
        """Add a sentence for the reader of the text, once."""
        if warning not in self.warnings:
            self.warnings.append(warning)

    def turn(self) -> None:
        """Begin a new page (or section) with the next block; twice in a row leaves an empty one."""
        self._turns += 1

    def block(self, words: str, *, heading: int = 0, dense: bool = False) -> None:
        """Add one paragraph, heading, list item or row; nothing is added for blank words.

        :param heading: level of the heading, 0 for other text.
        :param dense: true for rows and list items, which stand close to each other.
        :raises Invalid: when the text outgrows its limits.
        """
        words = words.strip("\n")
        if not words.strip():
            return
        if len(words) > MAX_LINE:
            raise Invalid(f"A single paragraph is longer than {MAX_LINE:,} characters.")
        if self._length:
            self._pour("\n" if dense and self._dense else "\n\n")
        if len(self._starts) + self._turns > MAX_PAGES:
            raise Invalid(f"This document has more than {MAX_PAGES:,} pages or sections.", todo="Split it.")
        self._starts.extend([self._length] * self._turns)
        self._turns = 0
        if heading:
            self._headings.append(Heading(heading, self._length, self._length + len(words)))
        self._pour(words)
        self._dense = dense

    def _pour(self, words: str) -> None:
        self._parts.append(words)
        self._length += len(words)
        if self._length > MAX_TEXT:
            raise Invalid(f"The text is longer than {MAX_TEXT:,} characters.", todo="Split it.")

    def finish(self) -> tuple[str, list[Page], list[Heading]]:
        """Give the whole text, its pages without a hole between them, and its headings."""
        ends = [*self._starts[1:], self._length]
        pages = [
            Page(number, start, end)
            for number, (start, end) in enumerate(zip(self._starts, ends, strict=True), start=1)
        ]
        return "".join(self._parts), pages, self._headings
