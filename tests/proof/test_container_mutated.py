"""Whatever is done to a pack, it is refused, and the member that it was done to is named."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.proof.boxed import PARTS, boxed, opened, relisted, rezipped, verified, zipped

from muniment.packs.formats.container import Part
from muniment.proof.container import bag
from muniment.proof.container.zipped import (
    ASIC,
    BAG,
    BAG_INFO,
    BAGIT,
    FRAME,
    MIMETYPE,
    SIGNATURE,
    TAGS,
    Container,
    central_header,
    local_header,
)
from muniment.proof.errors import Malformed

GOOD = boxed()
HELD = opened(GOOD)
OTHER = opened(boxed([Part(one.name, one.chunks().__iter__().__next__() + b"!") for one in PARTS]))
NAMES = list(HELD)
#: What was done, the bytes, and the member that must be named.
Bent = tuple[str, bytes, str]


def done_to_bytes() -> Iterator[Bent]:
    for name, raw in HELD.items():
        changes: dict[str, Callable[[bytes], bytes]] = {
            "first byte": lambda raw: bytes([raw[0] ^ 1]) + raw[1:],
            "middle byte": lambda raw: (
                raw[: len(raw) // 2] + bytes([raw[len(raw) // 2] ^ 4]) + raw[len(raw) // 2 + 1 :]
            ),
            "last byte": lambda raw: raw[:-1] + bytes([raw[-1] ^ 1]),
            "halved": lambda raw: raw[: len(raw) // 2],
            "longer": lambda raw: raw + b"\n",
            "emptied": lambda _: b"",
        }
        for what, change in changes.items():
            yield f"{name}: {what}", rezipped({**HELD, name: change(raw)}), name
        if OTHER[name] != raw:
            yield f"{name}: of another pack", rezipped({**HELD, name: OTHER[name]}), name
        at = (
            GOOD.index(local_header(Container(io.BytesIO(GOOD)).members[name]))
            + 30
            + len(name)
            + len(raw) // 2
        )
        yield f"{name}: a byte in the file", GOOD[:at] + bytes([GOOD[at] ^ 1]) + GOOD[at + 1 :], name


def done_to_members() -> Iterator[Bent]:
    rows = list(HELD.items())
    for at, (name, raw) in enumerate(rows):
        yield f"{name}: dropped", zipped([*rows[:at], *rows[at + 1 :]]), name
        yield f"{name}: twice", zipped([*rows[: at + 1], *rows[at:]]), name
        yield (
            f"{name}: twice, the second other",
            zipped([*rows[: at + 1], (name, raw + b"x"), *rows[at + 1 :]]),
            name,
        )
        swapped = [*rows[:at], *reversed(rows[at : at + 2]), *rows[at + 2 :]]
        if at + 1 < len(rows):
            yield f"{name}: after the next", zipped(swapped), name
        if name not in FRAME:
            yield f"{name}: renamed", rezipped({k: v for k, v in rows if k != name} | {name + "x": raw}), name
            taken = {k: v for k, v in rows if k != name}
            yield f"{name}: dropped and listed anew", rezipped(relisted(taken)), SIGNATURE
            yield f"{name}: other and listed anew", rezipped(relisted({**HELD, name: b"other"})), SIGNATURE
            with_twin = {**HELD, name[: name.rindex("/") + 1] + name.rsplit("/", 1)[1].upper(): b"twin"}
            yield f"{name}: a twin in capitals", rezipped(relisted(with_twin)), name
            yield f"{name}: a folder of that name", rezipped(relisted({**HELD, name + "/x": b"x"})), name
    for name in ("data/more.txt", "data/evidence/zzz"):
        yield f"{name}: put in", rezipped({**HELD, name: b"more"}), name
        yield f"{name}: put in and listed", rezipped(relisted({**HELD, name: b"more"})), SIGNATURE


def done_to_headers() -> Iterator[Bent]:
    members = Container(io.BytesIO(GOOD)).members
    for name, one in members.items():
        for make, length in ((local_header, 30), (central_header, 46)):
            start = GOOD.index(make(one))
            for at in range(start, start + length, 3):
                bent = GOOD[:at] + bytes([GOOD[at] ^ 1 << at % 8]) + GOOD[at + 1 :]
                # Where the directory says otherwise what a member is called, another one or the rest is named.
                yield f"{name}: {make.__name__} {at - start}", bent, name if length == 30 else ""


ALL = [*done_to_bytes(), *done_to_members(), *done_to_headers()]


def test_the_pack_that_is_bent_here_is_good() -> None:
    assert verified(GOOD).stamped is not None
    assert len(ALL) > 300
    assert len({raw for _, raw, _ in ALL} - {GOOD}) == len(ALL)


@pytest.mark.parametrize(("what", "raw", "named"), ALL, ids=[what for what, _, _ in ALL])
def test_it_is_refused_and_the_member_is_named(what: str, raw: bytes, named: str) -> None:
    with pytest.raises(Malformed) as why:
        verified(raw)
    assert named.lower() in str(why.value).lower(), what
    assert why.value.where


def test_no_byte_of_the_file_is_free() -> None:
    for at in range(len(GOOD)):
        bent = GOOD[:at] + bytes([GOOD[at] ^ 1 << at % 8]) + GOOD[at + 1 :]
        with pytest.raises(Malformed):
            Container(io.BytesIO(bent)).digests()
    for at in range(0, len(GOOD), 7):
        for broken in (GOOD[:at], GOOD[:at] + GOOD[at + 1 :], GOOD[:at] + b"\0" + GOOD[at:]):
            with pytest.raises(Malformed):
                Container(io.BytesIO(broken)).digests()


def other_zip(
    name: str, change: Callable[[zipfile.ZipInfo], None] = lambda _: None, raw: bytes = b"x"
) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as held:
        one = zipfile.ZipInfo(name)
        one.external_attr, one.create_system, one.create_version = 0o100644 << 16, 3, 20
        change(one)
        held.writestr(one, raw)
    return out.getvalue()


def set_(**values: object) -> Callable[[zipfile.ZipInfo], None]:
    def change(one: zipfile.ZipInfo) -> None:
        for name, value in values.items():
            setattr(one, name, value)

    return change


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"#!/bin/sh\n" + GOOD, "header does not agree|end as a pack"),
        (GOOD + b"\0", "end as a pack"),
        (GOOD[:-2] + b"\x05\x00hello", "end as a pack"),
        (GOOD + GOOD, "end as a pack|header"),
        (GOOD[:-22], "end as a pack|too short"),
        (b"", "too short"),
        (other_zip("data/a", set_(compress_type=zipfile.ZIP_DEFLATED), b"0" * 5_000_000), "compressed"),
        (other_zip("data/a", set_(external_attr=0o120777 << 16)), "no regular file"),
        (other_zip("data/a", set_(external_attr=0o040755 << 16)), "no regular file"),
        (other_zip("data/a", set_(external_attr=0o100755 << 16)), "no regular file|form"),
        (other_zip("data/a", set_(comment=b"hello")), "form"),
        (other_zip("data/a", set_(extra=b"\x99\x99\x00\x00")), "form"),
        (other_zip("data/a", set_(date_time=(2026, 1, 1, 0, 0, 0))), "form"),
        (other_zip("/etc/passwd"), "name"),
        (other_zip("../x"), "name"),
        (other_zip("data/../x"), "name"),
        (other_zip("data/a\\b"), "name"),
        (other_zip("data/\u00e9"), "name"),
        (other_zip("data/e\u0301"), "name"),
        (other_zip("data/\uff41"), "name"),
        (other_zip("data/a "), "name"),
        (other_zip("data/a."), "name"),
        (other_zip("data/nul.txt"), "name"),
        (other_zip("data/COM1"), "name"),
        (other_zip("data/"), "name"),
        (other_zip("DATA/a"), "name"),
        (other_zip("META-INF/signature002.p7s"), "name"),
        (other_zip("META-INF/manifest.xml"), "name"),
        (other_zip("data/" + "x" * 101), "name"),
        (other_zip("data/1/2/3/4/5/6/7"), "name"),
        (zipped([]), "impossible"),
        (zipped((name, raw) for name, raw in HELD.items() if not name.startswith("data/")), "holds nothing"),
    ],
)
def test_none_of_zips_tricks_is_parsed(raw: bytes, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        Container(io.BytesIO(raw))


def patched(name: str, offset: int, form: str, value: int) -> bytes:
    """Return the good pack with one field of a member's entry in the directory changed."""
    at = GOOD.index(central_header(Container(io.BytesIO(GOOD)).members[name])) + offset
    return GOOD[:at] + struct.pack(form, value) + GOOD[at + struct.calcsize(form) :]


@pytest.mark.parametrize(
    ("offset", "form", "value", "words"),
    [
        (8, "<H", 1, "encrypted"),
        (8, "<H", 8, "form"),
        (8, "<H", 0x800, "form"),
        (10, "<H", 8, "compressed"),
        (20, "<I", 5, "compressed"),
        (20, "<I", 0xFFFFFFFF, "compressed"),
        (24, "<I", 0xFFFFFFFF, "compressed"),
        (6, "<H", 45, "form"),
        (28, "<H", 5000, "name"),
        (30, "<H", 4, "form"),
        (32, "<H", 4, "form"),
        (34, "<H", 1, "form"),
        (42, "<I", 0, "form"),
        (42, "<I", 0xFFFFFFFF, "form"),
    ],
)
def test_what_the_directory_says_wrongly_of_a_member_is_refused_under_its_name(
    offset: int, form: str, value: int, words: str
) -> None:
    with pytest.raises(Malformed, match=words) as why:
        Container(io.BytesIO(patched("data/report.pdf", offset, form, value)))
    assert why.value.where == "data/report.pdf" or offset == 28


def test_sizes_that_lie_in_both_places_are_refused() -> None:
    one = Container(io.BytesIO(GOOD)).members["data/report.pdf"]
    for size in (one.size + 1, one.size - 1, 0xFFFFFFFF, 0):
        lying = type(one)(one.name, one.start, size, one.crc)
        bent = GOOD.replace(local_header(one), local_header(lying)).replace(
            central_header(one), central_header(lying)
        )
        with pytest.raises(Malformed):
            Container(io.BytesIO(bent)).digests()


def test_two_entries_for_the_same_bytes_and_bytes_for_no_entry_are_refused() -> None:
    rows = list(HELD.items())
    twice = zipped([*rows, rows[-1]])
    size = len(local_header(Container(io.BytesIO(GOOD)).members[SIGNATURE])) + len(rows[-1][1])
    end = zipped(rows).index(central_header(Container(io.BytesIO(GOOD)).members[MIMETYPE]))
    assert twice[: end + size] == zipped(rows)[:end] + twice[end : end + size]
    with pytest.raises(Malformed):
        Container(io.BytesIO(twice[:end] + twice[end + size :]))
    hidden = GOOD[:end] + b"hidden" + GOOD[end:]
    moved = hidden[:-6] + struct.pack("<I", end + 6) + hidden[-2:]
    with pytest.raises(Malformed, match="belong to no member"):
        Container(io.BytesIO(moved))


def test_a_hostile_name_is_not_repeated() -> None:
    with pytest.raises(Malformed) as why:
        Container(io.BytesIO(other_zip("data/\x1b[2Jgone")))
    assert why.value.where == "a name that is not shown"


def test_a_pack_that_changes_while_it_is_read_is_refused() -> None:
    file = io.BytesIO(GOOD)
    held = Container(file)
    file.truncate(held.members["data/report.pdf"].offset + 3)
    with pytest.raises(Malformed, match="shorter") as why:
        held.digests()
    assert why.value.where == "data/report.pdf"


def test_a_member_is_read_only_if_it_is_there_and_small_enough() -> None:
    held = Container(io.BytesIO(GOOD))
    assert held.read("data/report.pdf") == b"%PDF-1.7 report"
    with pytest.raises(Malformed, match="missing"):
        held.read("data/none")
    with pytest.raises(Malformed, match="larger"):
        held.read("data/report.pdf", largest=3)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"2026-11-22", b"2026-11-23"),
        (b"Payload-Oxum: ", b"Payload-Oxum: 1"),
        (b"CAdES-B-T", b"CAdES-B-B"),
        (b"proofpack/1", b"proofpack/2"),
        (b"\nExternal", b"\nContact-Name: M\nExternal"),
    ],
)
def test_what_the_bag_says_of_itself_cannot_be_changed(old: bytes, new: bytes) -> None:
    assert old in HELD[BAG_INFO]
    bent = {**HELD, BAG_INFO: HELD[BAG_INFO].replace(old, new)}
    for name, make in ((TAGS, bag.write_tags), (ASIC, bag.write_asic)):
        bent[name] = make({one: hashlib.sha256(raw).hexdigest() for one, raw in bent.items()})
    with pytest.raises(Malformed) as why:
        verified(rezipped(bent))
    assert why.value.where in (BAG_INFO, SIGNATURE)


def test_lists_in_another_order_or_with_other_spaces_are_refused_under_their_own_name() -> None:
    lines = HELD[BAG].splitlines(keepends=True)
    for name, bent in (
        (BAG, b"".join(reversed(lines))),
        (TAGS, HELD[TAGS] + b"\n"),
        (ASIC, HELD[ASIC].replace(b"\n", b"\r\n", 1)),
    ):
        with pytest.raises(Malformed, match=name) as why:
            verified(rezipped({**HELD, name: bent}))
        assert why.value.where == name


def test_the_fixed_members_are_what_other_programs_expect() -> None:
    assert HELD[MIMETYPE] == b"application/vnd.etsi.asic-e+zip"
    assert HELD[BAGIT] == b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    # At these places `file` looks for the kind of a container.
    assert GOOD[30:38] == b"mimetype" and GOOD[38:69] == HELD[MIMETYPE]
    assert NAMES[0] == MIMETYPE and NAMES[-2:] == [ASIC, SIGNATURE]
    assert zlib.crc32(HELD[MIMETYPE]) == Container(io.BytesIO(GOOD)).members[MIMETYPE].crc


def test_a_directory_with_fewer_members_than_the_end_claims_is_refused() -> None:
    count = len(HELD) + 1
    bent = GOOD[:-14] + struct.pack("<2H", count, count) + GOOD[-10:]
    with pytest.raises(Malformed, match="cut off"):
        Container(io.BytesIO(bent))


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=300))
def test_any_bytes_are_refused_as_a_seal_and_as_a_pack(raw: bytes) -> None:
    with pytest.raises(Malformed):
        verified(rezipped({**HELD, SIGNATURE: raw}))
    with pytest.raises(Malformed):
        verified(raw)
