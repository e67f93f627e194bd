"""Reads of the scans, and the check that every quote still stands where the finding says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, Max, QuerySet

from muniment.scans.evidence.scan import ActInput, DocumentInput
from muniment.scans.models import Finding, Scan
from muniment.sources import queries as sources
from muniment.sources.models import Snapshot
from muniment.spine.errors import Absent, Invalid
from muniment.spine.scope import DEPLOYMENT
from muniment.vault import queries as vault
from muniment.vault.extraction.text import Extracted
from muniment.vault.models import DocumentVersion
from muniment.vault.storage import Damaged


@dataclass(frozen=True, slots=True)
class Inputs:
    """What one scan holds against each other."""

    acts: tuple[ActInput, ...]
    documents: tuple[DocumentInput, ...]
    snapshots: dict[str, UUID]
    versions: dict[str, UUID]


def scan(scan_id: UUID) -> Scan:
    """Return a scan.

    :raises Absent: when there is none in this tenant.
    """
    found: Scan | None = Scan.objects.filter(id=scan_id).first()
    if found is None:
        raise Absent
    return found


def scans() -> list[Scan]:
    """Return every scan, the newest first."""
    return list(Scan.objects.order_by("-number"))


def scans_after(after: UUID | None, most: int) -> list[Scan]:
    """Return some scans, the newest first.

    :param after: identifier of the last scan of the page before.
    :raises Invalid: when that scan is not there.
    """
    rows = Scan.objects.order_by("-number")
    if after is not None:
        last: Scan | None = Scan.objects.filter(id=after).first()
        if last is None:
            raise Invalid("This cursor leads nowhere.", todo="Begin with the first page.", where="cursor")
        rows = rows.filter(number__lt=last.number)
    return list(rows[:most])


def next_number() -> int:
    """Return the number of the next scan."""
    return int(Scan.objects.aggregate(highest=Max("number"))["highest"] or 0) + 1


def finding(finding_id: UUID) -> Finding:
    """Return a finding with its scan.

    :raises Absent: when there is none in this tenant.
    """
    found: Finding | None = Finding.objects.select_related("scan").filter(id=finding_id).first()
    if found is None:
        raise Absent
    return found


def findings(of: Scan) -> list[Finding]:
    """Return the findings of a scan in the order of the acts."""
    return list(Finding.objects.filter(scan=of).order_by("position"))


#: What says which words a finding points at, and what it is called; reading the rest takes most of the time.
_ANCHORED = (
    "tenant_id", "scan", "position", "act", "eid", "status", "confidence", "snapshot_id", "law_digest", "law_start",
    "law_end", "law_quote", "version_id", "version_digest", "start", "end", "quote",
)  # fmt: skip


def anchored(of: Scan) -> list[Finding]:
    """Return the findings of a scan as the check of quotes needs them; their other columns come when asked for."""
    return list(Finding.objects.filter(scan=of).only(*_ANCHORED).order_by("position"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which findings of a scan are meant; an empty member means all."""

    act: str = ""
    chapter: str = ""
    article: str = ""
    status: str = ""
    assessment: str = ""

    def given(self) -> dict[str, str]:
        """Return the members that were given."""
        members = {
            "act": self.act,
            "chapter": self.chapter,
            "article": self.article,
            "status": self.status,
            "assessment": self.assessment,
        }
        return {name: value for name, value in members.items() if value}

    def rows(self, of: Scan) -> QuerySet[Finding]:
        """Return the findings that are meant, in the order of the acts."""
        rows: QuerySet[Finding] = Finding.objects.filter(scan=of, **self.given()).order_by("position")
        return rows


EVERYTHING = Wanted()


def page(of: Scan, wanted: Wanted = EVERYTHING, after: UUID | None = None, most: int = 50) -> list[Finding]:
    """Return some findings in the order of the acts.

    :param after: identifier of the last finding of the page before.
    :raises Invalid: when that finding is not one of this scan.
    """
    rows = wanted.rows(of)
    if after is not None:
        last: Finding | None = Finding.objects.filter(scan=of, id=after).only("position", "tenant_id").first()
        if last is None:
            raise Invalid("This cursor leads nowhere.", todo="Begin with the first page.", where="cursor")
        rows = rows.filter(position__gt=last.position)
    return list(rows[:most])


def follows(of: Scan, last: Finding, wanted: Wanted) -> bool:
    """Say whether findings that are meant come after this one."""
    return wanted.rows(of).filter(position__gt=last.position).exists()


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Where a finding stands among those that are meant.

    :param nth: its place, counted from 1; 0 when it is not one of them.
    """

    before: UUID | None
    after: UUID | None
    nth: int
    count: int


def neighbours(of: Finding, wanted: Wanted = EVERYTHING) -> Neighbours:
    """Return the findings before and after this one among those that are meant."""
    rows = list(wanted.rows(of.scan).values_list("id", "position"))
    before = [one for one, position in rows if position < of.position]
    after = [one for one, position in rows if position > of.position]
    among = len(before) + len(after) < len(rows)
    return Neighbours(
        before[-1] if before else None,
        after[0] if after else None,
        len(before) + 1 if among else 0,
        len(rows),
    )


class Mark(NamedTuple):
    """What the picture and the counts need of a finding, nothing of it opened."""

    act: str
    chapter: str
    article: str
    status: str
    assessment: str


def held(of: Scan) -> Counter[Mark]:
    """Return how many findings of a scan there are of each kind, without their contents."""
    rows = Finding.objects.filter(scan=of).order_by().values_list(*Mark._fields)
    return Counter({Mark(*row): count for *row, count in rows.annotate(count=Count("id"))})


def meant(marks: Counter[Mark], given: Mapping[str, str]) -> int:
    """Return how many findings have all the members that are given."""
    wanted = [(Mark._fields.index(name), value) for name, value in given.items()]
    return sum(count for mark, count in marks.items() if all(mark[place] == value for place, value in wanted))


def acts(of: Scan) -> dict[str, Snapshot]:
    """Return the snapshots that a scan took as law, by key, in the scan's order.

    :raises Absent: when one of them is not here.
    """
    rows = {row.id: row for row in Snapshot.objects.filter(id__in=[UUID(one) for _, one, _ in of.acts])}
    try:
        return {key: rows[UUID(one)] for key, one, _ in of.acts}
    except KeyError:
        raise Absent from None


def searched(of: Scan) -> list[DocumentVersion]:
    """Return the versions of documents that a scan searched, by title."""
    wanted = [UUID(version) for version, _ in of.documents]
    rows = DocumentVersion.objects.select_related("document").filter(id__in=wanted)
    return sorted(rows, key=lambda version: str(version.document.title).casefold())


def newest_about(snapshot_id: UUID) -> Scan | None:
    """Return the newest finished scan that held documents against this snapshot of an act."""
    found: Scan | None = (
        Scan.objects.filter(id__in=Finding.objects.filter(snapshot_id=snapshot_id).values("scan_id"))
        .order_by("-number")
        .first()
    )
    return found


def inputs(of: Scan) -> Inputs:
    """Return the law and the documents of a scan, read from the stored bytes, whose digests are checked."""
    acts, snapshots = [], {}
    for key, snapshot_id, _ in of.acts:
        snapshot = sources.snapshot(UUID(snapshot_id))
        acts.append(ActInput(sources.parsed(snapshot), snapshot.sha256))
        snapshots[key] = snapshot.id
    documents, versions = [], {}
    for version_id, _ in of.documents:
        version = vault.version(UUID(version_id))
        text = vault.text_of(version)
        pages = tuple(page.start for page in text.pages) if text.unit == "page" else ()
        documents.append(DocumentInput(str(version.document_id), version.sha256, text.text, pages))
        versions[version.sha256] = version.id
    return Inputs(tuple(acts), tuple(documents), snapshots, versions)


@dataclass(frozen=True, slots=True)
class Anchor:
    """Whether the quotes of a finding still stand in the stored bytes.

    :param law: whether the law's quote stands where the finding says. :param document: the same of the document's.
    """

    law: bool
    document: bool

    @property
    def holds(self) -> bool:
        """Whether both stand."""
        return self.law and self.document


class Anchors:
    """Checks quotes against stored bytes; each row is fetched and each text read and checked once.

    One is made for each request and thrown away with it, so that "still stands" means now.
    """

    def __init__(self, snapshots: Iterable[Snapshot] = (), versions: Iterable[DocumentVersion] = ()) -> None:
        self._snapshots = {row.id: row for row in snapshots}
        self._versions = {row.id: row for row in versions}
        self._acts: dict[UUID, tuple[str, str]] = {}
        self._documents: dict[UUID, tuple[Extracted | None, str]] = {}

    def expect(self, found: Iterable[Finding]) -> None:
        """Fetch the rows that these findings speak of with one question to the database for each table."""
        pairs = [(one.snapshot_id, one.version_id) for one in found]
        acts = {act for act, _ in pairs} - self._snapshots.keys()
        documents = {version for _, version in pairs if version is not None} - self._versions.keys()
        if acts:
            self._snapshots |= {row.id: row for row in Snapshot.objects.filter(id__in=acts)}
        if documents:
            rows = DocumentVersion.objects.select_related("document").filter(id__in=documents)
            self._versions |= {row.id: row for row in rows}

    def of(self, found: Finding) -> Anchor:
        """Say whether both quotes of a finding still stand."""
        law_text, law_digest = self._act(found.snapshot_id)
        law = law_digest == found.law_digest and law_text[found.law_start : found.law_end] == found.law_quote
        if found.version_id is None:
            return Anchor(law, document=True)
        extracted, digest = self._document(found.version_id)
        quoted = extracted.text[found.start or 0 : found.end or 0] if extracted else ""
        return Anchor(law, document=digest == found.version_digest and quoted == found.quote)

    def snapshot(self, snapshot_id: UUID) -> Snapshot:
        """Return a snapshot of an act.

        :raises Absent: when there is none.
        """
        if snapshot_id not in self._snapshots:
            self._snapshots[snapshot_id] = sources.snapshot(snapshot_id)
        return self._snapshots[snapshot_id]

    def version(self, version_id: UUID) -> DocumentVersion:
        """Return a version with its document.

        :raises Absent: when there is none in this tenant.
        """
        if version_id not in self._versions:
            self._versions[version_id] = vault.version(version_id)
        return self._versions[version_id]

    def text(self, version_id: UUID) -> Extracted | None:
        """Return the text of a version; nothing when its stored bytes are not those that came."""
        return self._document(version_id)[0]

    def _act(self, snapshot_id: UUID) -> tuple[str, str]:
        if snapshot_id not in self._acts:
            try:
                snapshot = self.snapshot(snapshot_id)
                self._acts[snapshot_id] = (sources.text_of(snapshot), snapshot.sha256)
            except (Damaged, Absent):
                self._acts[snapshot_id] = ("", "")
        return self._acts[snapshot_id]

    def _document(self, version_id: UUID) -> tuple[Extracted | None, str]:
        if version_id not in self._documents:
            try:
                version = self.version(version_id)
                self._documents[version_id] = (vault.text_of(version), version.sha256)
            except (Damaged, Absent):
                self._documents[version_id] = (None, "")
        return self._documents[version_id]


def unanchored(found: Iterable[Finding], anchors: Anchors | None = None) -> set[UUID]:
    """Return the identifiers of the findings whose quotes no longer stand in the stored bytes."""
    rows, known = list(found), anchors or Anchors()
    known.expect(rows)
    return {one.id for one in rows if not known.of(one).holds}


@dataclass(frozen=True, slots=True)
class Sides:
    """Both sides of a finding, for the page that shows them beside each other.

    :param place: where the passage stands, in words. :param is_paged: whether the document has printed pages.
    """

    finding: Finding
    snapshot: Snapshot
    law_text: str
    version: DocumentVersion | None
    document_text: str
    place: str
    is_paged: bool
    anchor: Anchor


def sides(of: Finding) -> Sides:
    """Return the law and the document of a finding with their texts."""
    anchors = Anchors()
    snapshot, anchor = anchors.snapshot(of.snapshot_id), anchors.of(of)
    version, text, place, is_paged = None, "", "", False
    if of.version_id is not None:
        version = anchors.version(of.version_id)
        extracted = anchors.text(of.version_id)
        if anchor.document and extracted is not None:
            text, place, is_paged = extracted.text, extracted.place(of.start or 0), extracted.unit == "page"
    law = sources.text_of(snapshot) if anchor.law else ""
    return Sides(of, snapshot, law, version, text, place, is_paged, anchor)


def act_choices() -> list[Snapshot]:
    """Return the English acts that can be scanned, the newest snapshot of each."""
    return [row for row in sources.newest("act") if row.language == "en" and row.tenant_id == DEPLOYMENT]
