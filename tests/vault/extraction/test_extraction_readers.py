"""What each reader makes of an honest document."""

from __future__ import annotations

import io

import pytest
from docx.enum.text import WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from hypothesis import given
from hypothesis import strategies as st
from tests.vault.extraction import extraction_files as made

from muniment.spine.errors import Invalid
from muniment.vault.extraction import Extracted, Page, extract

SECOND = "The officer tells the authority within 72 hours."


def quote(extracted: Extracted, words: str) -> int:
    assert extracted.text.count(words) == 1
    return extracted.text.index(words)


def test_a_pdf_keeps_its_pages() -> None:
    extracted = extract(made.pdf(["1. Scope", "All staff."], ["2. Duties", SECOND]), "policy.pdf")
    assert (extracted.profile, extracted.unit) == ("pdf/1", "page")
    assert extracted.text == f"1. Scope\n\nAll staff.\n\n2. Duties\n\n{SECOND}"
    assert extracted.place(quote(extracted, SECOND)) == "page 2"
    assert extracted.pages == (Page(1, 0, 22), Page(2, 22, len(extracted.text)))


def test_a_pdf_paragraph_of_many_lines_stays_together_and_paragraphs_stay_apart() -> None:
    text = extract(made.pdf(["Head", "Word after word. " * 40, "Another one. " * 30]), ".pdf").text
    head, first, second = text.split("\n\n")
    assert (head, first.count("Word"), second.count("Another")) == ("Head", 40, 30)
    assert "\n" in first


def test_a_pdf_without_text_says_so() -> None:
    extracted = extract(made.blank_pdf(), "scan.pdf")
    assert extracted.text == ""
    assert extracted.warnings == ("No readable text was found; it may be a scan or a drawing.",)


def test_a_pdf_that_is_only_locked_against_changes_is_read_with_a_warning() -> None:
    extracted = extract(made.pdf(["Head", SECOND], owner="secret"), "policy.pdf")
    assert SECOND in extracted.text
    assert "locked against changes" in extracted.warnings[0]


def test_a_pdf_with_a_damaged_index_is_read_with_a_warning() -> None:
    data = made.pdf(["Head", SECOND]).replace(b"startxref\n", b"startxref\n1")
    extracted = extract(data, "policy.pdf")
    assert SECOND in extracted.text
    assert "index of this PDF is damaged" in extracted.warnings[0]


def test_a_word_document_comes_in_reading_order_with_its_numbers() -> None:
    extracted = extract(made.word(made.policy), "policy.docx")
    assert extracted.text == (
        "Backup policy\n\nScope\n\nAll systems are backed up nightly.\n\n- databases\n1. check the log\n"
        "2. restore a sample\nSystem | Owner\nLedger | Finance\n\nTests\n\n"
        "Restoration is tried each quarter, naïvely: Łódź 支付 🙂."
    )
    assert [(h.level, extracted.text[h.start : h.end]) for h in extracted.headings] == [
        (1, "Backup policy"),
        (1, "Scope"),
        (2, "Tests"),
    ]
    assert extracted.place(quote(extracted, "支付")) == "page 2, under Tests"
    assert extracted.place(quote(extracted, "Finance")) == "page 1, under Scope"


def test_word_text_that_is_hidden_or_struck_out_is_left_out_and_said() -> None:
    def write(document: made.Document) -> None:
        paragraph = document.add_paragraph("Seen. ")
        paragraph.add_run("Unseen. ").font.hidden = True
        struck = OxmlElement("w:del")
        struck.append(document.add_paragraph("Gone. ").runs[0]._r)
        paragraph._p.append(struck)

    extracted = extract(made.word(write), ".docx")
    assert extracted.text == "Seen."
    assert set(extracted.warnings) == {
        "Hidden text was left out.",
        "Text struck out by tracked changes was left out.",
    }


def test_each_explicit_break_in_word_begins_a_page() -> None:
    def write(document: made.Document) -> None:
        paragraph = document.add_paragraph("One")
        paragraph.add_run().add_break(WD_BREAK.PAGE)
        paragraph.add_run("Two")
        document.add_paragraph("Three").paragraph_format.page_break_before = True
        document.add_section()
        document.add_paragraph("Four")

    extracted = extract(made.word(write), ".docx")
    assert [extracted.text[p.start : p.end].strip() for p in extracted.pages] == [
        "One",
        "Two",
        "Three",
        "Four",
    ]


def test_a_word_document_without_page_breaks_is_parted_at_its_headings() -> None:
    def write(document: made.Document) -> None:
        document.add_paragraph("Before")
        document.add_heading("Scope", 1)
        document.add_paragraph("All staff")

    extracted = extract(made.word(write), ".docx")
    assert (extracted.unit, len(extracted.pages)) == ("section", 2)
    assert extracted.place(0) == "section 1"
    assert extracted.place(quote(extracted, "staff")) == "under Scope"


def test_word_heading_numbers_are_counted_as_word_paints_them() -> None:
    def write(document: made.Document) -> None:
        numbering = document.part.numbering_part.element
        definition = OxmlElement("w:abstractNum")
        definition.set(qn("w:abstractNumId"), "77")
        for depth, (style, pattern) in enumerate(
            (("decimal", "%1."), ("decimal", "%1.%2"), ("lowerRoman", "(%3)"))
        ):
            level = OxmlElement("w:lvl")
            level.set(qn("w:ilvl"), str(depth))
            for name, value in (("w:start", "1"), ("w:numFmt", style), ("w:lvlText", pattern)):
                setting = OxmlElement(name)
                setting.set(qn("w:val"), value)
                level.append(setting)
            definition.append(level)
        numbering.insert(0, definition)
        entry = numbering.add_num(77)
        for depth, words in ((0, "A"), (1, "B"), (1, "C"), (2, "D"), (2, "E"), (0, "F"), (1, "G")):
            properties = document.add_paragraph(words)._p.get_or_add_pPr().get_or_add_numPr()
            properties.get_or_add_ilvl().val = depth
            properties.get_or_add_numId().val = entry.numId

    lines = extract(made.word(write), ".docx").text.splitlines()
    assert lines == ["1. A", "1.1 B", "1.2 C", "(i) D", "(ii) E", "2. F", "2.1 G"]


def test_markdown_text_is_the_file_itself_by_line() -> None:
    words = "# Retention\n\nKept for *five* years.\n\n```\n# no heading\n```\n## Erasure ##\nAt once."
    extracted = extract(words.encode(), "retention.md")
    assert (extracted.text, extracted.unit) == (words, "line")
    assert [extracted.text[h.start : h.end] for h in extracted.headings] == ["Retention", "Erasure"]
    assert extracted.place(quote(extracted, "At once")) == "line 9, under Erasure"


def test_a_csv_row_may_hold_several_lines() -> None:
    extracted = extract(b'name,note\r\nAda,"two\r\nlines"\r\nOtto,-5\r\n', "people.csv")
    assert extracted.text == 'name,note\nAda,"two\nlines"\nOtto,-5\n'
    assert extracted.place(quote(extracted, "lines")) == "row 2"
    assert extracted.place(quote(extracted, "Otto")) == "row 3"
    assert extracted.warnings == ()


def test_csv_formulas_and_ragged_rows_are_kept_and_said() -> None:
    extracted = extract(b"name,note\nAda,=HYPERLINK(1)\nOtto\n", "people.csv")
    assert "=HYPERLINK(1)" in extracted.text
    assert len(extracted.warnings) == 2


def test_a_web_page_is_read_without_scripts_styles_and_hidden_parts() -> None:
    page = """<!doctype html><html><head><title>t</title><style>p{}</style></head><body>
    <h1>Access</h1><p>Rights are <b>reviewed</b>&nbsp;each
    quarter.<script>steal()</script></p><ul><li>leavers<li>movers</ul><ol><li>ask<li>grant</ol>
    <p hidden>Unseen</p><div style="display: none">Unseen</div><!-- unseen -->
    <h2>Table</h2><table><tr><th>Role<th>Owner<tr><td>Officer<td>Otto <p>or</p> Ada</table><pre>a
      b</pre></body></html>"""
    extracted = extract(page.encode(), "access.html")
    assert extracted.text == (
        "Access\n\nRights are reviewed\xa0each quarter.\n\n- leavers\n- movers\n1. ask\n2. grant\n\n"
        "Table\n\nRole | Owner\nOfficer | Otto or Ada\n\na\n      b"
    )
    assert extracted.place(quote(extracted, "Officer")) == "under Table"
    assert extracted.warnings == ("Hidden text was left out.",)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_in_unicode_is_read_whatever_its_mark(encoding: str) -> None:
    assert extract("Łódź 支付 🙂\r\nline".encode(encoding), "note.txt").text == "Łódź 支付 🙂\nline"


def test_a_file_is_read_like_its_bytes_and_a_media_type_like_a_name() -> None:
    data = made.word(made.policy)
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    assert extract(io.BytesIO(data), "policy.docx") == extract(data, word)


def test_an_offset_outside_the_text_is_refused() -> None:
    with pytest.raises(Invalid, match="no such place"):
        extract(b"short", "note.txt").place(6)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), max_size=300))
def test_lines_tile_the_text(words: str) -> None:
    content = ("a" + words).encode()
    extracted = extract(content, "note.txt")
    assert extracted.text.encode() == content
    assert "".join(extracted.text[p.start : p.end] for p in extracted.pages) == extracted.text
    for page in extracted.pages:
        assert extracted.text[page.start : page.end].count("\n") <= 1
        assert extracted.page_at(page.start).number == page.number
