"""The writer of the final container: the same bytes each time, in little memory, and other programs read them."""

from __future__ import annotations

import io
import json
import subprocess
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from tests.proof.boxed import AUTHORITY, NOON, PARTS, SIGNER, boxed, opened, stamper, verified

from muniment.packs.formats import container
from muniment.packs.formats.container import Part
from muniment.packs.formats.seal import seal
from muniment.proof.container.seal import verify_container
from muniment.proof.container.zipped import ASIC, SIGNATURE, Container
from muniment.proof.der import only
from muniment.proof.errors import Malformed
from muniment.proof.x509 import parse_certificates

VECTOR = Path(__file__).resolve().parents[1] / "vectors/container.json"


def test_the_same_parts_give_the_same_bytes_in_any_order_up_to_the_seal() -> None:
    one, two = boxed(), boxed(reversed(PARTS), stamp=stamper(at=NOON))
    start = Container(io.BytesIO(one)).members[SIGNATURE].start
    assert one[:start] == two[:start]
    # Without a time-stamp there is nothing that differs.
    assert boxed(stamp=None) == boxed(reversed(PARTS), stamp=None)


def test_everybodys_zip_reader_sees_the_same_members() -> None:
    raw = boxed()
    with zipfile.ZipFile(io.BytesIO(raw)) as held:
        assert {one.filename: held.read(one) for one in held.infolist()} == opened(raw)
        assert held.testzip() is None


def test_the_digests_of_all_members_are_given_back() -> None:
    out = io.BytesIO()
    also = {"pack": container.UUID(int=7), "made": NOON.date(), "stamped": False}
    found = container.write_container(out, PARTS, lambda told: seal(told, SIGNER, NOON), **also)  # type: ignore[arg-type]  # of three kinds
    assert found == Container(out).digests()


@pytest.mark.parametrize(
    "name", ["", "../x", "/x", "a//b", "x y", "é", "con", "a.", "1/2/3/4/5/6/7", "x" * 101]
)
def test_a_name_that_no_reader_would_take_is_not_written(name: str) -> None:
    with pytest.raises((Malformed, UnicodeEncodeError)):
        boxed([Part(name, b"x")])


def test_names_that_meet_and_packs_without_payload_are_not_written() -> None:
    for names in (("a", "a"), ("a", "A"), ("a", "a/b"), ("x/a", "X/b"), ()):
        with pytest.raises(Malformed):
            boxed([Part(name, b"x") for name in names])


def test_a_part_that_changes_between_the_readings_is_noticed() -> None:
    texts = iter([b"before", b"after!"])
    with pytest.raises(Malformed, match="changed") as why:
        boxed([Part("a.txt", lambda: [next(texts)])])
    assert why.value.where == "data/a.txt"


def test_what_is_too_large_or_too_many_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as small:
        small.setattr(container, "LARGEST_PACK", 4000)
        with pytest.raises(Malformed, match="too large"):
            boxed([Part("a", b"x" * 4001)])
        with pytest.raises(Malformed, match="too large"):
            boxed([Part("a", b"x" * 2000)])
    with monkeypatch.context() as small:
        small.setattr(container, "MOST_MEMBERS", 10)
        assert boxed([Part(f"{number}", b"x") for number in range(3)])
        with pytest.raises(Malformed, match="too many"):
            boxed([Part(f"{number}", b"x") for number in range(4)])


def test_a_large_pack_is_written_and_read_in_little_memory(tmp_path: Path) -> None:
    chunk = b"evidence" * 8192

    def chunks() -> Iterator[bytes]:
        return (chunk for _ in range(1024))

    path = tmp_path / "large.asice"
    tracemalloc.start()
    try:
        with path.open("w+b") as file:
            also = {"pack": container.UUID(int=7), "made": NOON.date()}
            parts = [Part(f"evidence/{number}", chunks) for number in range(2)]
            container.write_container(file, parts, lambda told: seal(told, SIGNER, NOON, stamper()), **also)  # type: ignore[arg-type]  # of two kinds
            held = Container(file)
            assert verify_container(held, held.digests()).stamped is not None
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert path.stat().st_size > 128 * 1024**2
    assert most < 16 * 1024**2


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pack, the folder that everybody's zip program makes of it, and the certificates that a reader trusts."""
    raw = boxed()
    (tmp_path / "pack.asice").write_bytes(raw)
    with zipfile.ZipFile(io.BytesIO(raw)) as held:
        held.extractall(tmp_path / "pack")
    (tmp_path / "signer.pem").write_bytes(SIGNER.certificate_pem())
    (tmp_path / "authority.pem").write_bytes(
        AUTHORITY.certificate.public_bytes(Encoding.PEM) + AUTHORITY.root_pem
    )
    return tmp_path


CMS = ("openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-no_check_time", "-out", "out")
SIGNED = ("-in", f"pack/{SIGNATURE}", "-content", f"pack/{ASIC}", "-CAfile", "signer.pem")


def test_openssl_accepts_the_signature_and_refuses_another_list(folder: Path) -> None:
    good = run(folder, *CMS, *SIGNED)
    assert (good.returncode, "CAdES Verification successful" in good.stderr) == (0, True)
    listed = folder / "pack" / ASIC
    listed.write_bytes(listed.read_bytes().replace(b"report", b"repord"))
    assert run(folder, *CMS, *SIGNED).returncode != 0


def test_openssl_accepts_the_time_stamp_over_the_signature(folder: Path) -> None:
    signer = only(only(only(opened(boxed())[SIGNATURE]).parts()[1].body).parts()[-1].body).parts()
    token = only(signer[6].body).parts()[1].body
    (folder / "token").write_bytes(token)
    (folder / "value").write_bytes(signer[5].body)
    ask = (
        "openssl",
        "ts",
        "-verify",
        "-token_in",
        "-no_check_time",
        "-in",
        "token",
        "-CAfile",
        "authority.pem",
        "-data",
    )
    assert "Verification: OK" in run(folder, *ask, "value").stdout
    assert run(folder, *ask, "signer.pem").returncode != 0


def test_file_names_the_kind_of_the_container(folder: Path) -> None:
    assert "application/vnd.etsi.asic-e+zip" in run(folder, "file", "pack.asice").stdout


def test_sha256sum_reads_both_lists_of_the_bag(folder: Path) -> None:
    for listed in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        assert run(folder / "pack", "sha256sum", "--check", "--strict", "--quiet", listed).returncode == 0
    (folder / "pack/data/report.pdf").write_bytes(b"other")
    assert run(folder / "pack", "sha256sum", "--check", "--quiet", "manifest-sha256.txt").returncode != 0


def test_the_vectors_are_read_as_they_say() -> None:
    told = json.loads(VECTOR.read_text("utf-8"))
    good = bytes.fromhex(told["pack"])
    roots = parse_certificates(told["authority"].encode())
    found = verified(good, [told["fingerprint"]], roots)
    assert found.stamped is not None
    assert [found.about.pack, found.claimed.isoformat(), found.stamped.at.isoformat()] == told["says"]
    assert {name: digest[:16] for name, digest in Container(io.BytesIO(good)).digests().items()} == told[
        "members"
    ]
    for one in told["refused"]:
        bent = good[: one["at"]] + bytes.fromhex(one["put"]) + good[one["at"] + one["take"] :]
        with pytest.raises(Malformed) as why:
            verified(bent, [told["fingerprint"]], roots)
        assert why.value.where == one["where"], one["what"]
