"""What nobody should upload, one by one: each is refused in a sentence."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
from tests.vault.extraction import extraction_files as made

from muniment.spine.errors import Invalid
from muniment.vault.extraction import extract, text

PDF = made.pdf(["Head", "Words of the first page."])
WORD = made.word(made.policy)
DOCUMENT = "word/document.xml"
CONTENT_TYPES = "[Content_Types].xml"


def changed(old: str, new: str, part: str = DOCUMENT) -> bytes:
    def change(parts: dict[str, bytes]) -> None:
        assert old.encode() in parts[part]
        parts[part] = parts[part].replace(old.encode(), new.encode())

    return made.repacked(WORD, change)


def archive(*members: tuple[str, bytes]) -> bytes:
    sheet = io.BytesIO()
    with zipfile.ZipFile(sheet, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in members:
            package.writestr(name, content)
    return sheet.getvalue()


def with_member(name: str) -> bytes:
    return made.repacked(WORD, lambda parts: parts.update({name: b"x"}))


def lying_sizes() -> bytes:
    """A bomb whose directory says it is small."""
    data = bytearray(made.repacked(WORD, lambda parts: parts.update({DOCUMENT: b" " * 60_000_000})))
    for mark, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        start = 0
        while (start := data.find(mark, start)) >= 0:
            if struct.unpack_from("<I", data, start + at)[0] == 60_000_000:
                struct.pack_into("<I", data, start + at, 1000)
            start += 4
    return bytes(data)


def overlapping() -> bytes:
    """Two members of the directory that point to the same bytes (Fifield's bomb)."""
    data = bytearray(archive(("a" * 19, b"x" * 100), ("b" * 19, b"y" * 100)))
    second = data.rfind(b"PK\x01\x02")
    struct.pack_into("<I", data, second + 42, 0)
    return bytes(data)


XXE = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><w:document>&e;</w:document>'
)
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><w:document>&b;</w:document>'
DEEP = "<w:sdt><w:sdtContent>" * 100 + "</w:sdtContent></w:sdt>" * 100

CASES = {
    "empty": ("a.pdf", b"", "empty"),
    "unknown name": ("a.exe", b"MZ", "this kind are not read"),
    "no suffix": ("policy", b"words", "this kind are not read"),
    "macro name": ("a.docm", WORD, "macros"),
    "pdf named docx": ("a.docx", PDF, "content is a PDF"),
    "docx named pdf": ("a.pdf", WORD, "content is a zip package"),
    "text named pdf": ("a.pdf", b"hello", "content is not one"),
    "pdf named text": ("a.txt", PDF, "content is a PDF"),
    "picture": ("a.md", b"\x89PNG\r\n\x1a\n", "picture"),
    "old office": ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "password-protected"),
    "page named text": ("a.txt", b" <!DOCTYPE html><p>x", "content is a web page"),
    "text named page": ("a.html", b"no tags here", "not HTML"),
    "nul": ("a.txt", b"a\x00b", "NUL"),
    "control": ("a.txt", b"a\x1b[31mb", "control characters"),
    "latin-1": ("a.md", "Zürich".encode("latin-1"), "not valid UTF-8"),
    "utf-16 unmarked": ("a.md", "words".encode("utf-16-le"), "NUL"),
    "utf-16 cut": ("a.md", "words".encode("utf-16")[:-1], "not valid UTF-16"),
    "utf-32": ("a.md", "words".encode("utf-32"), "UTF-32"),
    "lone surrogate": ("a.md", "a\ud800b".encode("utf-8", "surrogatepass"), "not valid UTF-8"),
    "lone surrogate 16": ("a.md", b"\xff\xfe\x00\xd8a\x00", "not valid UTF-16"),
    "huge line": ("a.txt", b"x" * 1_000_000, "single line"),
    "huge cell": ("a.csv", b'a,"' + b"x\n" * 500_000 + b'"\n', "longer|far too long|more than"),
    "wide cell": ("a.csv", b'a,"' + b"x" * 120_000 + b'"\n', "cell is longer"),
    "open quote": ("a.csv", b'a,"b\n', "well-formed CSV"),
    "many lines": ("a.txt", b"\n" * 300_000, "more than 200,000 lines"),
    "html entities": ("a.html", b'<!doctype html [<!ENTITY a "b">]><p>&a;', "entities"),
    "html huge cell": ("a.html", b"<table><tr><td>" + b"x" * 120_000 + b"</table>", "table cell"),
    "cut pdf": ("a.pdf", PDF[: len(PDF) // 2], "cut off"),
    "hollow pdf": ("a.pdf", b"%PDF-1.4\n%%EOF", "damaged"),
    "locked pdf": ("a.pdf", made.pdf(["x", "y"], password="p"), "encrypted"),
    "cut docx": ("a.docx", WORD[: len(WORD) // 2], "damaged or cut off"),
    "other zip": ("a.docx", archive(("a.txt", b"x")), "not a Word document"),
    "climbing name": ("a.docx", with_member("../../evil"), "leads out"),
    "absolute name": ("a.docx", with_member("/evil"), "leads out"),
    "drive name": ("a.docx", with_member("C:evil"), "leads out"),
    "backslash name": ("a.docx", with_member("a\\b"), "leads out"),
    "twin names": ("a.docx", with_member("WORD/document.XML"), "two members"),
    "many members": ("a.docx", archive(*((f"m{n}", b"") for n in range(2_001))), "more than 2,000 members"),
    "bomb": ("a.docx", made.repacked(WORD, lambda p: p.update({"b": b"\0" * 210_000_000})), "zip bomb"),
    "part bomb": (
        "a.docx",
        made.repacked(WORD, lambda p: p.update({DOCUMENT: b" " * 40_000_000})),
        "zip bomb",
    ),
    "lying bomb": ("a.docx", lying_sizes(), "zip bomb|damaged"),
    "overlap": ("a.docx", overlapping(), "overlap"),
    "macros": (
        "a.docx",
        changed("wordprocessingml.document.main+xml", "x", CONTENT_TYPES),
        "not a Word document",
    ),
    "macro type": (
        "a.docx",
        changed(
            "</Types>",
            '<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>',
            CONTENT_TYPES,
        ),
        "macros",
    ),
    "xxe": ("a.docx", made.repacked(WORD, lambda p: p.update({DOCUMENT: XXE.encode()})), "document type"),
    "xxe utf-16": (
        "a.docx",
        made.repacked(
            WORD,
            lambda p: p.update({DOCUMENT: XXE.replace('"1.0"', '"1.0" encoding="utf-16"').encode("utf-16")}),
        ),
        "document type",
    ),
    "laughs": (
        "a.docx",
        made.repacked(WORD, lambda p: p.update({DOCUMENT: LAUGHS.encode()})),
        "document type",
    ),
    "broken xml": ("a.docx", changed("</w:body>", ""), "not well-formed"),
    "utf-7 xml": (
        "a.docx",
        made.repacked(WORD, lambda p: p.update({DOCUMENT: b'<?xml version="1.0" encoding="UTF-7"?><a/>'})),
        "encoding|well-formed",
    ),
    "nested": ("a.docx", changed("<w:sectPr", DEEP + "<w:sectPr"), "nested deeper|well-formed"),
    "docx cell": ("a.docx", changed("Finance", "x" * 120_000), "table cell"),
    "no body": ("a.docx", made.repacked(WORD, lambda p: p.update({DOCUMENT: b"<a/>"})), "no body"),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_refused_in_a_sentence(case: str) -> None:
    name, data, reason = CASES[case]
    with pytest.raises(Invalid, match=reason) as refused:
        extract(data, name)
    assert refused.value.what.endswith(".")
    assert "Error" not in str(refused.value)


def test_a_document_that_is_too_large_is_not_even_read() -> None:
    class Endless(io.RawIOBase):
        asked = 0

        def read(self, size: int = -1) -> bytes:
            self.asked += size
            return b"x" * size

    endless = Endless()
    with pytest.raises(Invalid, match="larger than 32 MB"):
        extract(endless, "a.txt")  # type: ignore[arg-type]  # only `read` is asked of it
    assert endless.asked == text.MAX_BYTES + 1


def test_a_refusal_never_repeats_the_document_or_its_name() -> None:
    with pytest.raises(Invalid) as refused:
        extract(b"\x00 Erika Mustermann", "Erika Mustermann.txt")
    assert "Erika" not in str(refused.value)


def test_links_to_the_outside_are_passed_over() -> None:
    link = (
        '<Relationship Id="r9" TargetMode="External" Target="file:///etc/passwd" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles"/>'
    )
    rels = "word/_rels/document.xml.rels"
    data = changed("<Relationship ", link + "<Relationship ", rels)
    assert extract(data, "a.docx").text == extract(WORD, "a.docx").text
