"""The reader of consolidated Formex."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from lxml import etree
from tests.sources.formats.small_acts import FORMEX, OJ
from tests.sources.formats.truths import check_spans, letters

from muniment.sources.formats import formex, oj_xhtml
from muniment.sources.formats.act import ParsedAct, ProvisionKind
from muniment.spine.errors import Invalid

CORPUS = "regulatory/eu-lex-corpus/works"
BODY = ("TITLE", "PREAMBLE", "ENACTING.TERMS", "FINAL", "CONS.ANNEX")
# newest version: articles, own paragraphs in force, all paragraph anchors (quoted, deleted too), annexes
COUNTS = {
    "32016R0679": (99, 372, 372, 0),
    "32022L2555": (46, 189, 189, 3),
    "32024R1689": (119, 552, 556, 14),
    "32024R1774": (42, 100, 100, 0),
    "32024R2847": (71, 288, 288, 8),
    "32023R1114": (150, 738, 738, 6),
}


def small() -> ParsedAct:
    return formex.parse(FORMEX.encode())


def test_identifiers_join_with_those_of_the_official_journal() -> None:
    consolidated = {part.eid for part in small().provisions}
    official = {
        part.eid for part in oj_xhtml.parse(OJ.encode()).provisions if not part.eid.startswith(("rct", "pbl"))
    }
    assert consolidated - official == {"art_1a"}
    assert official - consolidated == {"art_2.par_2", "art_2.par_1.pnt_a_2"}


def test_spans_nest_and_an_inserted_article_sorts_between_its_neighbours() -> None:
    act = small()
    check_spans(act)
    articles = [part.eid for part in act.provisions if part.kind is ProvisionKind.ARTICLE]
    assert articles == ["art_1", "art_1a", "art_2", "art_10"]


def test_what_an_amendment_deleted_is_kept_apart_from_the_law() -> None:
    act = small()
    assert "blow lanterns out" not in act.text
    assert act.left_out == ("2.", "Nobody shall blow lanterns out.")


def test_footnotes_numbers_and_quotation_marks_read_as_printed() -> None:
    text = small().text
    assert "Keepers shall (1):" in text
    assert text.endswith("(1) A footnote.")
    assert "burn 15\u00a0000 drops." in text
    assert "\u20181. Keepers of candles shall:" in text
    assert "\u2014 with a handle" in text


def test_recitals_divisions_and_table_notes_are_read() -> None:
    recital = (
        "<PREAMBLE><GR.CONSID><CONSID><NP><NO.P>(1)</NO.P><TXT>Light is good.</TXT></NP></CONSID>"
        "<CONSID><P>No number.</P></CONSID></GR.CONSID>"
    )
    table = (
        '<TBL><GR.NOTES><NOTE NOTE.ID="T1"><P>Fish oil.</P></NOTE></GR.NOTES><CORPUS><ROW><CELL>Oil'
        '<NOTE NOTE.REF="T1"/></CELL><CELL>4</CELL></ROW></CORPUS></TBL></CONTENTS>'
    )
    source = (
        FORMEX.replace("<PREAMBLE>", recital).replace("</CONTENTS>", table).replace("CHAPTER II", "Finally")
    )
    act = formex.parse(source.encode())
    check_spans(act)
    parts = {part.eid: part for part in act.provisions}
    assert act.verbatim(parts["rct_1"]) == "(1) Light is good."
    assert parts["rct_1"].parent == "pbl_1"
    assert "cpt_II" not in parts
    assert "Oil (2)\u20034" in act.text
    assert act.text.endswith("(2) Fish oil.")


def test_a_deletion_inside_a_line_leaves_the_rest_of_the_line() -> None:
    source = FORMEX.replace(
        "to lanterns.</ALINEA>",
        'to <?CLG.MDFO ID="O9" ACTION="DELETED"?>small<NOTE NOTE.ID="X"><P>gone</P></NOTE>'
        ' <HT>old</HT> <?CLG.MDFC IDREF="O9"?>lanterns.</ALINEA>',
    )
    act = formex.parse(source.encode())
    assert "This Regulation applies to lanterns." in act.text
    assert act.left_out[:3] == ("small", "gone", "old")


def test_another_act_or_another_document_is_refused() -> None:
    assert formex.parse(FORMEX.encode(), celex="02030R0077-20310101").celex == "32030R0077"
    with pytest.raises(Invalid, match="another act"):
        formex.parse(FORMEX.encode(), celex="32016R0679")
    with pytest.raises(Invalid, match="not a consolidated act"):
        formex.parse(OJ.encode())
    with pytest.raises(Invalid, match="deletion that has no end"):
        formex.parse(FORMEX.replace('<?CLG.MDFC ID="C2" IDREF="O2"?>', "").encode())
    with pytest.raises(Invalid, match="language"):
        formex.parse(FORMEX.replace("<LG.DOC>EN", "<LG.DOC>").encode())
    with pytest.raises(Invalid, match="does not name its act"):
        formex.parse(FORMEX.replace("32030R0077", "").encode())


@pytest.fixture(scope="module")
def real(shared: Path) -> list[tuple[bytes, ParsedAct]]:
    files = sorted((shared / CORPUS).glob("*/versions/*/en.fmx4/*.0001.xml"))
    contents = [file.read_bytes() for file in files]
    return [(content, formex.parse(content)) for content in contents]


def test_real_consolidated_acts_have_the_measured_counts(real: list[tuple[bytes, ParsedAct]]) -> None:
    newest = {act.celex: (content, act) for content, act in real}
    for celex, (articles, own, anchors, annexes) in COUNTS.items():
        content, act = newest[celex]
        kinds = Counter(part.kind for part in act.provisions)
        assert kinds[ProvisionKind.ARTICLE] == articles, celex
        assert kinds[ProvisionKind.PARAGRAPH] == own, celex
        assert kinds[ProvisionKind.ANNEX] == annexes, celex
        assert len(set(re.findall(rb'<PARAG IDENTIFIER="([^"]+)"', content))) == anchors, celex


def test_no_letter_of_a_real_consolidated_act_is_lost(real: list[tuple[bytes, ParsedAct]]) -> None:
    for content, act in real:
        root = etree.fromstring(content, etree.XMLParser(remove_comments=True, remove_pis=True))
        body = "".join(
            str(text) for tag in BODY for part in root.iterfind(f"CONS.DOC/{tag}") for text in part.itertext()
        )
        missing = Counter(letters(body)) - Counter(letters(act.text + "".join(act.left_out)))
        assert not missing, act.celex
        check_spans(act)


def test_acts_changed_by_corrigenda_only_keep_every_identifier(
    real: list[tuple[bytes, ParsedAct]], shared: Path
) -> None:
    newest = {act.celex: act for _, act in real}
    for celex in ("32016R0679", "32022L2555", "32024R2847", "32024R1774"):
        (file,) = (shared / CORPUS / celex.lower() / "versions").glob("*/en.xml")
        official = oj_xhtml.parse(file.read_bytes())
        parts = {part.eid for part in official.provisions if not part.eid.startswith(("rct", "pbl"))}
        assert parts == {part.eid for part in newest[celex].provisions}, celex


def test_the_amended_ai_act_gains_exactly_six_articles(
    real: list[tuple[bytes, ParsedAct]], shared: Path
) -> None:
    newest = {act.celex: act for _, act in real}["32024R1689"]
    (file,) = (shared / CORPUS / "32024r1689" / "versions").glob("*/en.xml")
    official = oj_xhtml.parse(file.read_bytes())

    def articles(act: ParsedAct) -> set[str]:
        return {part.number for part in act.provisions if part.kind is ProvisionKind.ARTICLE}

    assert articles(newest) - articles(official) == {"4a", "60a", "75a", "75b", "75c", "75d"}
    assert not articles(official) - articles(newest)
