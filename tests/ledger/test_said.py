"""What a deep check remembers of rows: a file of its own, encrypted, whose memory does not grow with the rows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from muniment.ledger.said import Said, standing

MARK = ("cases_case", "0" * 32)


def open_files() -> list[Path]:
    """Return what this process holds open; the folder that is being listed is not there any more afterwards."""
    return [one for one in list(Path("/proc/self/fd").iterdir()) if one.is_symlink()]


@pytest.mark.parametrize("there", [True, False], ids=["in a file", "in memory, where no file can be made"])
def test_it_answers_as_a_mapping_does(tmp_path, there):
    held = Said([(MARK, ("aa", "entry 1"))], tmp_path if there else tmp_path / "none")
    assert list(tmp_path.iterdir()) == [], "nothing is left to be cleaned up"
    held[MARK] = ("bb", "entry 2")
    held["cases_case", "1" * 32] = ("", "entry 3")
    assert held[MARK] == ("bb", "entry 2")
    assert held.get(("cases_case", "2" * 32)) is None
    assert (len(held), list(held)) == (2, [MARK, ("cases_case", "1" * 32)])
    del held[MARK]
    with pytest.raises(KeyError):
        del held[MARK]


def test_a_disk_that_takes_no_more_is_told_as_such(tmp_path):
    held = Said(folder=tmp_path)
    held._file.execute("PRAGMA max_page_count = 8")
    with pytest.raises(OSError, match="no room"):
        held.update({("cases_case", f"{number:032x}"): ("d" * 64, "entry") for number in range(10_000)})


@pytest.mark.parametrize("kind", [Said, dict])
def test_rows_that_must_be_there_come_in_their_order_and_removed_ones_not_at_all(kind):
    held = kind([])
    for row, digest in (("c", "3"), ("a", "1"), ("b", "")):
        held["one", row] = (digest, "entry 1")
    held["two", "a"] = ("9", "entry 1")
    assert list(standing(held, "one")) == [("a", "1", "entry 1"), ("c", "3", "entry 1")]


def test_what_lies_in_the_file_is_not_readable_and_memory_stays_within_bounds(tmp_path):
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def fill(first: int, behind: int) -> None:
        for number in range(first, behind):
            held["cases_case", f"{number * 0x9E3779B1 % (1 << 128):032x}"] = ("d" * 64, f"entry {number}")

    held = Said(folder=tmp_path, cache_kib=4096)
    fill(0, 60_000)
    grown = resident()
    fill(60_000, 200_000)
    assert resident() - grown < 8 << 20, "140,000 more rows take no more memory"
    files = [one.read_bytes() for one in open_files() if ".said-" in str(one.readlink())]
    assert files, "it was spilled into a file"
    assert all(b"cases_case" not in raw and b"d" * 64 not in raw for raw in files)
