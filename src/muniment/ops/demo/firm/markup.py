"""The small part of Markdown in which the policies are written, read into blocks.

Rules: head lines ("key: value") until the first blank line; then headings (`##`), paragraphs, lists and
tables, each block parted by a blank line. Anything else in a source is a mistake and is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from muniment.spine.errors import Invalid

HEAD = ("title", "code", "version", "effective", "received", "owner", "approved", "format")


@dataclass(frozen=True, slots=True)
class Block:
    """One block: "heading", "paragraph", "bullets", "steps" or "table"; a table's lines are its rows."""

    kind: str
    lines: tuple[str, ...]

    @property
    def rows(self) -> list[list[str]]:
        """Give a table's cells, the head row first, without the ruler below it."""
        return [[cell.strip() for cell in line.strip("| ").split("|")] for line in self.lines]


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy source: its head lines and its blocks."""

    name: str
    head: dict[str, str]
    blocks: tuple[Block, ...]


def read_policy(name: str, source: str) -> Policy:
    """Read one source.

    :raises Invalid: when a head line is missing or a block is none of the five kinds.
    """
    first, *rest = re.split(r"\n{2,}", source.strip())
    head = dict(line.split(": ", 1) for line in first.splitlines() if ": " in line)
    if tuple(head) != HEAD:
        raise Invalid("The head lines of this policy are not the expected ones.", where=name)
    return Policy(name, head, tuple(_block(name, text.splitlines()) for text in rest))


def _block(name: str, lines: list[str]) -> Block:
    if all(line.startswith("## ") for line in lines) and len(lines) == 1:
        return Block("heading", (lines[0][3:],))
    if all(line.startswith("- ") for line in lines):
        return Block("bullets", tuple(line[2:] for line in lines))
    if all(re.match(r"\d+\. ", line) for line in lines):
        return Block("steps", tuple(line.partition(". ")[2] for line in lines))
    if all(line.startswith("|") for line in lines):
        return Block("table", tuple(line for line in lines if not re.fullmatch(r"[|\- ]+", line)))
    if len(lines) == 1 and lines[0][0].isalnum():
        return Block("paragraph", (lines[0],))
    raise Invalid("This policy holds a block that cannot be rendered.", where=name)


def facts(policy: Policy, firm: str) -> list[tuple[str, str]]:
    """Give the lines of the title block, as a reader of the finished document sees them."""
    head = policy.head
    return [
        ("Firm", firm),
        ("Document", f"{head['code']}, version {head['version']}"),
        ("Effective from", head["effective"]),
        ("Owner", head["owner"]),
        ("Approved by", head["approved"]),
    ]
