"""The less usual parts of Word documents: notes, text boxes, content controls, odd lists; each in its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from tests.vault.extraction import extraction_files as made

from muniment.spine.errors import Invalid
from muniment.vault.extraction import extract
from muniment.vault.extraction.numbering import WORD, Numbering, step

SPACE = WORD[0][1:-1]
NOTES = (
    f'<w:footnotes xmlns:w="{SPACE}"><w:footnote w:id="7"><w:p><w:r><w:t>Read with</w:t></w:r></w:p>'
    "<w:p><w:r><w:t>Article 4.</w:t></w:r></w:p></w:footnote></w:footnotes>"
)
LINK = (
    '<Relationship Id="rIdNotes" Target="footnotes.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"/>'
)


def document(body: str, *, notes: bool = False) -> bytes:
    """A Word document with this body."""
    whole = (
        f'<w:document xmlns:w="{SPACE}" '
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        f"<w:body>{body}</w:body></w:document>"
    )

    def change(parts: dict[str, bytes]) -> None:
        parts["word/document.xml"] = whole.encode()
        if notes:
            parts["word/footnotes.xml"] = NOTES.encode()
            links = parts["word/_rels/document.xml.rels"].decode()
            parts["word/_rels/document.xml.rels"] = links.replace(
                "</Relationships>", f"{LINK}</Relationships>"
            ).encode()

    return made.repacked(made.word(made.policy), change)


def paragraph(words: str, *inside: str, properties: str = "") -> str:
    return (
        f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t xml:space='preserve'>{words}</w:t></w:r>"
        f"{''.join(inside)}</w:p>"
    )


def read(body: str, **more: bool):
    return extract(document(body, **more), "policy.docx")


def test_a_footnote_stands_at_the_end_under_the_number_it_was_called_by() -> None:
    call = '<w:r><w:footnoteReference w:id="7"/></w:r>'
    lost = '<w:r><w:footnoteReference w:id="99"/></w:r>'
    found = read(paragraph("Report at once", call, lost), notes=True)
    assert "Report at once[1][2]" in found.text
    assert found.text.rstrip().endswith("[1] Read with Article 4.")


def test_a_footnote_without_its_part_leaves_its_number_only() -> None:
    call = '<w:r><w:endnoteReference w:id="7"/></w:r>'
    assert read(paragraph("Report at once", call)).text.strip() == "Report at once[1]"


def test_an_embedded_document_is_not_read_and_that_is_said() -> None:
    found = read(paragraph("Kept.") + "<w:altChunk/>")
    assert found.text.strip() == "Kept."
    assert any("embedded document" in one for one in found.warnings)


def test_the_words_of_a_box_come_after_its_paragraph_and_inside_a_cell_in_it() -> None:
    box = f"<w:r><w:pict><w:txbxContent>{paragraph('In the box.')}</w:txbxContent></w:pict></w:r>"
    assert read(paragraph("Beside it.", box)).text.split("\n\n")[:2] == ["Beside it.", "In the box."]
    cell = (
        f"<w:tbl><w:tr><w:tc>{paragraph('Cell', box)}</w:tc><w:tc>{paragraph('Next')}</w:tc></w:tr></w:tbl>"
    )
    assert "Cell In the box. | Next" in read(cell).text


def test_a_table_inside_a_cell_and_a_row_inside_a_content_control_are_read() -> None:
    inner = f"<w:tbl><w:tr><w:tc>{paragraph('deep')}</w:tc></w:tr></w:tbl>"
    row = f"<w:sdt><w:sdtContent><w:tr><w:tc>{paragraph('controlled')}{inner}</w:tc></w:tr></w:sdtContent></w:sdt>"
    assert "controlled deep" in read(f"<w:tbl>{row}</w:tbl>").text


def test_a_cell_that_no_person_wrote_is_refused() -> None:
    with pytest.raises(Invalid, match="table cell is longer"):
        read(f"<w:tbl><w:tr><w:tc>{paragraph('word ' * 60_000)}</w:tc></w:tr></w:tbl>")


def test_of_two_renderings_the_first_is_read() -> None:
    both = (
        f"<mc:AlternateContent><mc:Choice>{paragraph('New form.')}</mc:Choice>"
        f"<mc:Fallback>{paragraph('Old form.')}</mc:Fallback></mc:AlternateContent>"
    )
    assert read(both).text.strip() == "New form."


def test_text_that_nobody_accepted_is_read_and_that_is_said() -> None:
    found = read("<w:p><w:ins><w:r><w:t>Perhaps so.</w:t></w:r></w:ins></w:p>")
    assert found.text.strip() == "Perhaps so."
    assert any("tracked changes" in one for one in found.warnings)


def test_a_break_of_section_and_a_break_before_a_paragraph_begin_a_page() -> None:
    first = paragraph("One.", properties='<w:sectPr><w:type w:val="nextPage"/></w:sectPr>')
    same = paragraph("Still one.", properties='<w:sectPr><w:type w:val="continuous"/></w:sectPr>')
    later = paragraph("Two.", properties="<w:pageBreakBefore/>")
    assert len(read(same + first + paragraph("Then.")).pages) == 2
    assert len(read(paragraph("One.") + later).pages) == 2


@given(st.integers(1, 3999))
def test_a_roman_number_reads_back(number: int) -> None:
    values = {"m": 1000, "d": 500, "c": 100, "l": 50, "x": 10, "v": 5, "i": 1}
    digits = [values[sign] for sign in step(number, "lowerRoman")]
    back = sum(
        -one if any(later > one for later in digits[at + 1 : at + 2]) else one
        for at, one in enumerate(digits)
    )
    assert back == number
    assert step(number, "upperRoman") == step(number, "lowerRoman").upper()


@pytest.mark.parametrize(
    ("number", "style", "written"),
    [
        (1, "lowerLetter", "a"),
        (27, "upperLetter", "AA"),
        (10_000, "lowerLetter", "p" * 9),
        (0, "lowerLetter", "0"),
        (0, "upperRoman", "0"),
        (7, "decimalZero", "07"),
        (4, "something new", "4"),
    ],
)
def test_a_counter_is_written_as_its_level_says(number: int, style: str, written: str) -> None:
    assert step(number, style) == written


LISTS = f"""<w:numbering xmlns:w="{SPACE}" xmlns:x="urn:other"><!-- a remark --><x:other/>
<w:abstractNum w:abstractNumId="1">
  <w:lvl w:ilvl="0"><w:start w:val="3"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>
  <w:lvl w:ilvl="1"><w:lvlText w:val="%1.%2"/></w:lvl>
  <w:lvl w:ilvl="2"><w:numFmt w:val="none"/></w:lvl>
  <w:lvl w:ilvl="3"><w:numFmt w:val="bullet"/></w:lvl>
  <w:lvl w:ilvl="far"/>
</w:abstractNum>
<w:num w:numId="5"><w:abstractNumId w:val="1"/></w:num>
</w:numbering>"""


def test_lists_count_as_word_paints_them() -> None:
    lists = Numbering.of(etree.fromstring(LISTS))
    assert [lists.label("5", depth) for depth in (1, 0, 1, 1, 0, 1)] == [
        "3.1",
        "4.",
        "4.1",
        "4.2",
        "5.",
        "5.1",
    ]
    assert [lists.label("5", depth) for depth in (2, 3)] == ["", "-"]
    assert [lists.label("6", 0), lists.label("5", 9)] == ["", ""]
    assert Numbering.of(None).label("5", 0) == ""
