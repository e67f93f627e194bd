"""Reader of a folder of EUR-Lex files with their particulars (``works/<act>/versions/<version>/meta.json``).

Rules it obeys: a file is taken only if its bytes have the digest that its particulars state; a name that
leads out of its folder is refused; nothing is guessed about authenticity: only what the Official Journal
published is official, a consolidated text has no legal effect.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from muniment.sources.formats import oj_xhtml
from muniment.sources.formats.identifiers import base_celex, is_celex
from muniment.sources.formats.jsontext import read_json
from muniment.sources.formats.markup import MAX_BYTES
from muniment.spine.errors import Absent, Invalid

OJ_XHTML = "oj-xhtml"
FORMEX = "formex-cons"

_META_LIMIT = 4 * 1024 * 1024
_MAX_VERSIONS = 100_000
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_ELI = {
    "REG": "reg",
    "DIR": "dir",
    "DEC": "dec",
    "REG_DEL": "reg_del",
    "REG_IMPL": "reg_impl",
    "DIR_DEL": "dir_del",
}
_OFFICIAL = {"original_official_expression": "official", "published": "consolidated"}


@dataclass(frozen=True, slots=True)
class Publication:
    """One file of one version of an act in one language.

    :param celex: of the base act, e.g. ``32022R2554``.
    :param publisher_number: the publisher's own number of this version, e.g. ``02022R2554-20221227``.
    :param version: ``OJ:`` and the day of publication that stands in the file's own head (``OJ`` alone when none
        does), or ``CONS:`` and the day from the particulars.
    :param format: ``oj-xhtml`` or ``formex-cons``: which reader understands it.
    :param authenticity: ``official`` or ``consolidated``.
    """

    celex: str
    publisher_number: str
    title: str
    short_title: str
    version: str
    language: str
    format: str
    path: Path
    sha256: str
    retrieved_at: datetime
    publisher: str
    authenticity: str
    licence: str
    source_uri: str
    eli: str

    def read(self) -> bytes:
        """Return the exact bytes.

        :raises Invalid: if they are not those that were retrieved.
        """
        try:
            if self.path.stat().st_size > MAX_BYTES:
                raise Invalid("A file of the corpus is too large.", where=self.publisher_number)
            content = self.path.read_bytes()
        except OSError:
            raise Absent("A file of the corpus is not there any more.", where=self.publisher_number) from None
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise Invalid(
                "A file of the corpus is not the one that was retrieved: its SHA-256 differs.",
                todo="Fetch the corpus again.",
                where=f"{self.publisher_number}, {self.language}",
            )
        return content


def publications(folder: Path) -> Iterator[Publication]:
    """Yield every file of a corpus folder that we can read, by act, version and language.

    Files that the particulars name but the folder does not hold are left out: a corpus may be a selection.

    :raises Absent: if there is no such folder.
    :raises Invalid: if the particulars of a version cannot be read.
    """
    if not (folder / "works").is_dir():
        raise Absent("There is no corpus of EUR-Lex files here.", todo="Set MUNIMENT_SHARED to its folder.")
    particulars = sorted((folder / "works").glob("*/versions/*/meta.json"))
    if len(particulars) > _MAX_VERSIONS:
        raise Invalid(f"The corpus has more than {_MAX_VERSIONS} versions.")
    licence = _licence(folder)
    for meta in particulars:
        yield from _version(meta, licence)


def selected(folder: Path, *, language: str = "en") -> list[Publication]:
    """Return the Official Journal's text and the newest consolidation of each act.

    :raises Invalid: if the corpus holds no act.
    """
    newest: dict[tuple[str, str], Publication] = {}
    for publication in publications(folder):
        key = (publication.celex, publication.authenticity)
        if publication.language == language and (
            key not in newest or newest[key].version < publication.version
        ):
            newest[key] = publication
    if not newest:
        raise Invalid("The corpus holds no act in this language.", where=language)
    return [newest[key] for key in sorted(newest, key=lambda key: (key[0], key[1] != "official"))]


def _version(meta: Path, licence: str) -> Iterator[Publication]:
    where = f"{meta.parent.parent.parent.name}, {meta.parent.name[:10]}"
    if meta.stat().st_size > _META_LIMIT:
        raise Invalid("The particulars of a version are too large.", where=where)
    told = read_json(meta.read_bytes(), limit=_META_LIMIT, where=where)
    try:
        raw = told["raw"]
        number, day = _celex(raw["celex"]), _day(told["publication_date"])
        authenticity = _OFFICIAL[raw["consolidation_status"]]
        for expression in told["expressions"]:
            for observation in expression["observations"]:
                path = _inside(meta.parent, str(observation["file"]))
                form = _format(path.name, authenticity)
                if form is None or not path.is_file():
                    continue
                yield Publication(
                    celex=base_celex(number),
                    publisher_number=number,
                    title=_one_line(expression["title"]),
                    short_title=_one_line(expression.get("title_short", "")),
                    version=_label(path, day, authenticity),
                    language=str(expression["language"]),
                    format=form,
                    path=path,
                    sha256=_digest(observation["sha256"]),
                    retrieved_at=_time(observation["retrieved_at"]),
                    publisher="Publications Office of the European Union (EUR-Lex)",
                    authenticity=authenticity,
                    licence=licence,
                    source_uri=str(observation["source_uri"]),
                    eli=_eli(str(told.get("document_type", "")), number, day, authenticity),
                )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Invalid("The particulars of a version are incomplete.", where=where) from None


def _inside(folder: Path, name: str) -> Path:
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or "\\" in name or "\0" in name:
        raise Invalid("The particulars name a file outside their folder.", where=folder.name[:10])
    return folder.joinpath(*pure.parts)


def _format(name: str, authenticity: str) -> str | None:
    if authenticity == "official" and re.fullmatch(r"[a-z]{2}\.xml", name):
        return OJ_XHTML
    if authenticity == "consolidated" and re.fullmatch(r"[A-Za-z0-9]{5,60}\.0001\.xml", name):
        return FORMEX
    return None


def _label(path: Path, day: str, authenticity: str) -> str:
    """Return the label of a version.

    The particulars give the day on which an act was adopted where one expects the day of its publication.
    """
    if authenticity != "official":
        return f"CONS:{day}"
    with path.open("rb") as file:
        issued = oj_xhtml.published(file.read(oj_xhtml.HEAD))
    return f"OJ:{issued.isoformat()}" if issued else "OJ"


def _celex(value: Any) -> str:
    if not is_celex(str(value)):
        raise ValueError
    return str(value)


def _day(value: Any) -> str:
    if not _DAY.fullmatch(str(value)):
        raise ValueError
    return str(value)


def _digest(value: Any) -> str:
    text = str(value)
    if not _SHA256.fullmatch(text):
        raise ValueError
    return text


def _time(value: Any) -> datetime:
    time = datetime.fromisoformat(str(value))
    if time.tzinfo is None:
        raise ValueError
    return time


def _one_line(value: Any) -> str:
    return " ".join(str(value).split())


def _eli(kind: str, number: str, day: str, authenticity: str) -> str:
    word = _ELI.get(kind)
    if word is None:
        return ""
    base = base_celex(number)
    year, serial = base[1:5], int(base[6:10])
    return f"http://data.europa.eu/eli/{word}/{year}/{serial}/{'oj' if authenticity == 'official' else day}"


def _licence(folder: Path) -> str:
    manifest = folder / "manifest.json"
    told = read_json(manifest.read_bytes(), limit=_META_LIMIT, where="manifest") if manifest.is_file() else {}
    stated = told.get("attribution") if isinstance(told, dict) else None
    return _one_line(stated) if stated else "European Union, reuse with attribution (Decision 2011/833/EU)"
