"""The reader of a folder of EUR-Lex files."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from tests.sources.formats.small_acts import FORMEX, OJ

from muniment.sources.formats import eurlex_corpus, formex, oj_xhtml
from muniment.spine.errors import Absent, Invalid


def make(folder: Path, *, official: bool = True, text: str = OJ, **changes: Any) -> Path:
    # The particulars give the day of adoption; the file's own head says 1.2.2030.
    day = "2030-01-15" if official else "2031-01-01"
    number = "32030R0077" if official else "02030R0077-20310101"
    version = folder / "works" / "32030r0077" / "versions" / f"{day}--x"
    name, content = ("en.xml", text) if official else ("en.fmx4/CL2030R0077EN.0001.xml", FORMEX)
    (version / name).parent.mkdir(parents=True)
    (version / name).write_bytes(content.encode())
    observation = {
        "file": name,
        "sha256": hashlib.sha256(content.encode()).hexdigest(),
        "source_uri": "https://example.org/act",
        "retrieved_at": "2030-03-01T00:00:00Z",
        **changes,
    }
    told = {
        "document_type": "REG",
        "publication_date": day,
        "raw": {
            "celex": number,
            "consolidation_status": "original_official_expression" if official else "published",
        },
        "expressions": [
            {"language": "en", "title": "Regulation on\u00a0lanterns", "observations": [observation]}
        ],
    }
    (version / "meta.json").write_text(json.dumps(told))
    return version


def test_a_corpus_is_read_with_all_its_particulars(tmp_path: Path) -> None:
    make(tmp_path)
    make(tmp_path, official=False)
    official, consolidated = eurlex_corpus.selected(tmp_path)
    assert (official.celex, official.version, official.format) == ("32030R0077", "OJ:2030-02-01", "oj-xhtml")
    assert (official.authenticity, consolidated.authenticity) == ("official", "consolidated")
    assert official.eli == "http://data.europa.eu/eli/reg/2030/77/oj"
    assert consolidated.eli == "http://data.europa.eu/eli/reg/2030/77/2031-01-01"
    assert (consolidated.version, consolidated.format) == ("CONS:2031-01-01", "formex-cons")
    assert official.title == "Regulation on lanterns"
    assert oj_xhtml.parse(official.read(), celex=official.celex).celex == "32030R0077"
    assert formex.parse(consolidated.read(), celex=consolidated.celex).celex == "32030R0077"


def test_the_day_of_publication_is_read_out_of_the_journal_and_not_taken_from_the_day_of_adoption(
    tmp_path: Path,
) -> None:
    make(tmp_path / "said")
    make(tmp_path / "unsaid", text=OJ.replace('<p class="oj-hd-date">1.2.2030</p>', ""))
    make(tmp_path / "impossible", text=OJ.replace("1.2.2030", "31.2.2030"))
    labels = [
        next(eurlex_corpus.publications(tmp_path / one)).version for one in ("said", "unsaid", "impossible")
    ]
    assert labels == ["OJ:2030-02-01", "OJ", "OJ"]


def test_real_acts_bear_the_day_on_which_the_journal_published_them(shared: Path) -> None:
    folder = shared / "regulatory" / "eu-lex-corpus"
    labels = {
        one.celex: one.version for one in eurlex_corpus.selected(folder) if one.authenticity == "official"
    }
    assert labels["32022R2554"] == "OJ:2022-12-27"
    assert labels["32016R0679"] == "OJ:2016-05-04"
    assert labels["32024R1689"] == "OJ:2024-07-12"
    assert all(label.startswith("OJ:") for label in labels.values())


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    version = make(tmp_path)
    (publication,) = eurlex_corpus.publications(tmp_path)
    (version / "en.xml").write_bytes(OJ.replace("one hour", "two hours").encode())
    with pytest.raises(Invalid, match="SHA-256 differs"):
        publication.read()
    (version / "en.xml").unlink()
    with pytest.raises(Absent):
        publication.read()


@pytest.mark.parametrize(
    "changes",
    [{"file": "../../../secret.xml"}, {"file": "/etc/passwd"}, {"sha256": "x"}, {"retrieved_at": "yesterday"},
     {"retrieved_at": "2030-03-01T00:00:00"}],
)  # fmt: skip
def test_unsound_particulars_are_refused(tmp_path: Path, changes: dict[str, str]) -> None:
    make(tmp_path, **changes)
    with pytest.raises(Invalid):
        list(eurlex_corpus.publications(tmp_path))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"raw": {}, "raw": {}}', '{"raw": 5'])
def test_broken_particulars_are_refused(tmp_path: Path, text: str) -> None:
    version = make(tmp_path)
    (version / "meta.json").write_text(text)
    with pytest.raises(Invalid) as refusal:
        list(eurlex_corpus.publications(tmp_path))
    assert str(tmp_path) not in str(refusal.value)


def test_the_manifest_states_the_licence_and_other_files_are_left_out(tmp_path: Path) -> None:
    version = make(tmp_path)
    (tmp_path / "manifest.json").write_text('{"attribution": "Reuse\\u00a0permitted"}')
    meta = json.loads((version / "meta.json").read_text())
    meta["document_type"] = "TREATY"
    meta["expressions"][0]["observations"] += [
        {**meta["expressions"][0]["observations"][0], "file": name} for name in ("en.html", "fr.xml")
    ]
    (version / "meta.json").write_text(json.dumps(meta))
    (version / "en.html").write_text("not for us")
    (publication,) = eurlex_corpus.publications(tmp_path)
    assert (publication.licence, publication.eli) == ("Reuse permitted", "")


def test_no_folder_and_no_act_are_said(tmp_path: Path) -> None:
    with pytest.raises(Absent):
        list(eurlex_corpus.publications(tmp_path / "nowhere"))
    make(tmp_path)
    with pytest.raises(Invalid, match="no act"):
        eurlex_corpus.selected(tmp_path, language="fr")


def test_the_real_corpus_gives_twelve_official_acts_and_their_newest_consolidation(shared: Path) -> None:
    chosen = eurlex_corpus.selected(shared / "regulatory" / "eu-lex-corpus")
    official = [each for each in chosen if each.authenticity == "official"]
    assert len({each.celex for each in official}) == len(official) == 12
    newest = {each.celex: each.version for each in chosen if each.authenticity == "consolidated"}
    assert newest["32024R1689"] == "CONS:2026-07-27"
    assert newest["32015L0849"] == "CONS:2024-12-30"
    assert len(newest) == 7
    for each in chosen:
        assert each.read()
