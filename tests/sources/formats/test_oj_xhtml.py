"""The reader of the Official Journal's XHTML."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from lxml import etree
from tests.sources.formats.small_acts import OJ
from tests.sources.formats.truths import check_spans, letters

from muniment.sources.formats import oj_xhtml
from muniment.sources.formats.act import ParsedAct, ProvisionKind
from muniment.spine.errors import Invalid

CORPUS = "regulatory/eu-lex-corpus/works"
# articles, own paragraphs, paragraph anchors including those quoted from other acts, recitals, annexes
COUNTS = {
    "32016R0679": (99, 372, 372, 173, 0),
    "32022R2554": (64, 254, 262, 106, 0),
    "32022L2555": (46, 189, 189, 144, 3),
    "32024R1689": (113, 500, 503, 180, 13),
    "32023R1114": (149, 732, 732, 119, 6),
    "32024R1624": (90, 294, 294, 175, 6),
    "32024R2847": (71, 288, 288, 130, 8),
}


def small() -> ParsedAct:
    return oj_xhtml.parse(OJ.encode())


def verbatim(act: ParsedAct, eid: str) -> str:
    return act.verbatim(next(part for part in act.provisions if part.eid == eid))


def test_an_act_says_its_number_title_and_language() -> None:
    act = small()
    assert (act.celex, act.language) == ("32030R0077", "en")
    assert act.title == "REGULATION (EU) 2030/77 OF THE TOWN COUNCIL on lanterns"


def test_every_part_has_its_identifier_in_document_order() -> None:
    assert [part.eid for part in small().provisions] == [
        "pbl_1", "rct_1", "rct_2", "cpt_I", "art_1", "art_2", "art_2.par_1", "art_2.par_1.pnt_a",
        "art_2.par_1.pnt_a.pnt_i", "art_2.par_1.pnt_b", "art_2.par_1.pnt_a_2", "art_2.par_2", "cpt_II",
        "art_10", "anx_I", "anx_I.prt_A", "anx_I.prt_A.pt_1", "anx_I.prt_B", "anx_I.prt_B.pt_1",
    ]  # fmt: skip


def test_spans_nest_sort_and_slice_exactly() -> None:
    act = small()
    check_spans(act)
    assert verbatim(act, "art_2.par_1.pnt_b") == "(b) clean the glass."
    assert verbatim(act, "art_2.par_2") == "2.\u00a0\u00a0\u00a0Nobody shall blow lanterns out."
    assert verbatim(act, "rct_1") == "(1) Lanterns give light."
    assert verbatim(act, "art_1").startswith("Article\u00a01\nScope\nThis Regulation")


def test_headings_belong_to_their_part() -> None:
    headings = {part.eid: part.heading for part in small().provisions}
    assert headings["art_2"] == "Duties of keepers"
    assert headings["cpt_I"] == "General"
    assert headings["anx_I"] == "Kinds of lanterns"
    assert headings["anx_I.prt_A"] == "Part A: Large"


def test_what_is_quoted_from_another_act_is_text_but_no_provision() -> None:
    act = small()
    assert "watch them" in verbatim(act, "art_10")
    assert not [part for part in act.provisions if part.eid.startswith("art_10.")]


def test_nothing_of_the_body_is_lost() -> None:
    body = etree.fromstring(OJ.encode(), etree.XMLParser(remove_comments=True))[1]
    assert letters("".join(str(text) for text in body.itertext())) == letters(small().text)


def test_a_table_row_stands_on_one_line() -> None:
    assert "Kind\u2003Oil\nHand\u20035" in small().text


def test_an_older_way_of_numbering_acts_is_understood() -> None:
    older = OJ.replace("REGULATION (EU) 2030/77", "REGULATION (EU) No 575/2013")
    assert oj_xhtml.parse(older.encode()).celex == "32013R0575"
    unnamed = OJ.replace("REGULATION (EU) 2030/77", "RULES")
    assert oj_xhtml.parse(unnamed.encode(), celex="32030R0077").celex == "32030R0077"


def test_the_number_told_must_be_the_number_asked_for() -> None:
    assert oj_xhtml.parse(OJ.encode(), celex="32030R0077").celex == "32030R0077"
    with pytest.raises(Invalid, match="holds act 32030R0077"):
        oj_xhtml.parse(OJ.encode(), celex="32016R0679")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("oj-doc-ti", "other", "not an XHTML document"),
        ('class="oj-hd-lg"', 'class="x"', "language"),
        ("REGULATION (EU) 2030/77", "REGULATION", "number cannot be read"),
        ("art_", "xyz_", "No article"),
    ],
)
def test_another_document_is_refused(old: str, new: str, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        oj_xhtml.parse(OJ.replace(old, new).encode())


@pytest.fixture(scope="module")
def real(shared: Path) -> dict[str, tuple[bytes, ParsedAct]]:
    files = sorted((shared / CORPUS).glob("*/versions/*/??.xml"))
    read = {}
    for file in files:
        content = file.read_bytes()
        act = oj_xhtml.parse(content)
        read[f"{act.celex}/{act.language}"] = (content, act)
    return read


def test_twelve_real_acts_have_the_measured_counts(real: dict[str, tuple[bytes, ParsedAct]]) -> None:
    assert len({key.partition("/")[0] for key in real}) == 12
    for celex, (articles, own, anchors, recitals, annexes) in COUNTS.items():
        content, act = real[f"{celex}/en"]
        kinds = Counter(part.kind for part in act.provisions)
        assert kinds[ProvisionKind.ARTICLE] == articles, celex
        assert kinds[ProvisionKind.PARAGRAPH] == own, celex
        assert kinds[ProvisionKind.RECITAL] == recitals, celex
        assert kinds[ProvisionKind.ANNEX] == annexes, celex
        assert len(set(re.findall(rb'id="([0-9]{3}[A-Z]?\.[0-9]{3})"', content))) == anchors, celex


def test_french_and_english_have_the_same_parts(real: dict[str, tuple[bytes, ParsedAct]]) -> None:
    for celex in ("32016R0679", "32022R2554"):
        english, french = (
            [part.eid for part in real[f"{celex}/{language}"][1].provisions] for language in ("en", "fr")
        )
        assert english == french


def test_no_letter_of_a_real_act_is_lost_and_spans_nest(real: dict[str, tuple[bytes, ParsedAct]]) -> None:
    for content, act in real.values():
        root = etree.fromstring(content, etree.XMLParser(remove_comments=True))
        body = next(child for child in root if child.tag.endswith("body"))
        assert letters("".join(str(text) for text in body.itertext())) == letters(act.text)
        check_spans(act)


def test_a_point_of_dora_can_be_cited_to_the_character(real: dict[str, tuple[bytes, ParsedAct]]) -> None:
    act = real["32022R2554/en"][1]
    assert verbatim(act, "art_19.par_4.pnt_a") == "(a) an initial notification;"
