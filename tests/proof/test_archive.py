"""The container: the only zip of its members, readable by everybody, and none of zip's tricks."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muniment.proof import archive
from muniment.proof.archive import Archive, write_archive
from muniment.proof.errors import Malformed

TWO = {"a.txt": b"first", "b/c.txt": b""}


def made(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    write_archive(out, ((name, len(raw), zlib.crc32(raw), [raw]) for name, raw in members.items()))
    return out.getvalue()


def read(raw: bytes) -> dict[str, str]:
    return Archive(io.BytesIO(raw)).digests()


def test_everybodys_zip_reader_sees_the_same_members() -> None:
    with zipfile.ZipFile(io.BytesIO(made(TWO))) as held:
        assert {one.filename: held.read(one) for one in held.infolist()} == TWO
        assert {one.date_time for one in held.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert held.testzip() is None


def test_members_are_read_back() -> None:
    held = Archive(io.BytesIO(made(TWO)))
    assert held.read("a.txt") == b"first"
    assert set(held.digests()) == set(TWO)
    with pytest.raises(Malformed, match="missing"):
        held.read("z")
    with pytest.raises(Malformed, match="larger"):
        held.read("a.txt", largest=4)


def test_no_byte_can_be_changed_put_in_or_taken_away() -> None:
    raw = made(TWO)
    for at in range(len(raw)):
        for bit in range(8):
            bent = bytearray(raw)
            bent[at] ^= 1 << bit
            with pytest.raises(Malformed):
                read(bytes(bent))
        for broken in (raw[:at], raw[:at] + raw[at + 1 :], raw[:at] + b"\0" + raw[at:]):
            with pytest.raises(Malformed):
                read(broken)
    with pytest.raises(Malformed):
        read(raw + b"\0")


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_as_a_pack(raw: bytes) -> None:
    with pytest.raises(Malformed):
        read(raw)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/etc",
        "../x",
        "a/../b",
        "a//b",
        "a\\b",
        "C:x",
        ".hidden",
        "a/.b",
        "a b",
        "é",
        "a\x00b",
        "a/",
        "x" * 101,
    ],
)
def test_a_name_that_is_no_plain_relative_path_is_neither_written_nor_read(name: str) -> None:
    with pytest.raises((Malformed, UnicodeEncodeError)):
        made({name: b"x"})
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as held:
        held.writestr(zipfile.ZipInfo(name), b"x")
    with pytest.raises(Malformed):
        read(out.getvalue())


@pytest.mark.parametrize("names", [("b", "a"), ("a", "a"), ("A", "a")])
def test_names_out_of_order_or_alike_are_neither_written_nor_read(
    names: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [(name, 1, zlib.crc32(b"x"), [b"x"]) for name in names]
    with pytest.raises(Malformed):
        write_archive(io.BytesIO(), rows)
    out = io.BytesIO()
    with monkeypatch.context() as broken:
        broken.setattr(archive, "_require_names", lambda _names: None)
        write_archive(out, rows)
    with pytest.raises(Malformed):
        read(out.getvalue())


def info(change: Callable[[zipfile.ZipInfo], None]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as held:
        one = zipfile.ZipInfo("a.txt")
        one.external_attr = 0o100644 << 16
        change(one)
        held.writestr(one, b"0" * 1000)
    return out.getvalue()


def test_compressed_members_links_comments_and_extras_are_refused() -> None:
    def compressed(one: zipfile.ZipInfo) -> None:
        one.compress_type = zipfile.ZIP_DEFLATED

    def link(one: zipfile.ZipInfo) -> None:
        one.external_attr = 0o120777 << 16

    def comment(one: zipfile.ZipInfo) -> None:
        one.comment = b"hello"

    def extra(one: zipfile.ZipInfo) -> None:
        one.extra = b"\x99\x99\x00\x00"

    for change, words in ((compressed, "compressed"), (link, "regular"), (comment, "form"), (extra, "form")):
        with pytest.raises(Malformed, match=words):
            read(info(change))


def test_an_encrypted_member_is_refused_by_name() -> None:
    raw = bytearray(made(TWO))
    at = raw.index(b"PK\x01\x02")
    raw[at + 8] |= 1
    with pytest.raises(Malformed, match="encrypted"):
        read(bytes(raw))


def test_zip64_and_lying_counts_are_refused() -> None:
    raw = bytearray(made(TWO))
    for fields in ((0xFFFF, 0xFFFF), (0, 0), (1, 1), (3, 3)):
        raw[-14:-10] = struct.pack("<2H", *fields)
        with pytest.raises(Malformed):
            read(bytes(raw))


def test_bytes_before_the_directory_that_belong_to_no_member_are_refused() -> None:
    raw = made({"a": b"x"})
    start = raw.index(b"PK\x01\x02")
    end = archive.end_record(1, len(raw) - 22 - start, start + 3)
    with pytest.raises(Malformed, match="belong to no member"):
        read(raw[:start] + b"???" + raw[start:-22] + end)


def test_a_member_that_changes_while_it_is_written_is_noticed() -> None:
    with pytest.raises(Malformed, match="changed while"):
        write_archive(io.BytesIO(), [("a", 1, zlib.crc32(b"x"), [b"y"])])


def test_a_pack_that_grows_too_large_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LARGEST_PACK", 10)
    with pytest.raises(Malformed, match="too large"):
        made(TWO)


def test_a_file_that_shrinks_while_it_is_read_is_noticed() -> None:
    file = io.BytesIO(made({"a": b"x" * 100}))
    held = Archive(file)
    file.truncate(50)
    with pytest.raises(Malformed, match="shorter"):
        held.digests()
