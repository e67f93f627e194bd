"""What people come for, from beginning to end, in a real browser on a real installation with its worker."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.browser.conftest import Tab, faults
from tests.support.seeded import Seeded

POLICY = b"""# Lantern breach procedure

## Notices

The data protection officer notifies a personal data breach to the supervisory authority not later than 120 hours
after having become aware of it.

## Register

All ICT-related incidents are recorded in the incident register by the duty manager.
"""


@pytest.mark.database  # the one journey that is made on PostgreSQL too
def test_a_document_is_filed_scanned_found_wanting_proposed_decided_and_proved(
    house: Seeded, window: Callable[..., Tab], tmp_path: Path
) -> None:
    ada, otto = window("analyst"), window("officer")
    file_a_document(ada)
    open_a_case_from_a_finding(ada)
    case = ada.path
    propose_and_see_that_one_cannot_decide(ada)

    otto.go(case)
    otto.fill(reason="The lantern act asks for 72 hours; the owner amends the procedure.")
    otto.press("Approve")
    assert otto.says("Decided") and not otto.says("void"), otto.page.locator("main").inner_text()
    assert faults(otto) == []

    pack = build_and_take_the_pack(otto, tmp_path)
    verify_it_as_a_stranger(otto, pack, tmp_path)

    otto.go("/ledger/")
    assert otto.says("Ada Analyst proposed to be remedied") or otto.says("Ada Analyst proposed")
    assert otto.says("Otto Officer decided case")


def file_a_document(tab: Tab) -> None:
    tab.go("/evidence/new/")
    file = {"name": "lantern-breach.md", "mimeType": "text/markdown", "buffer": POLICY}
    tab.page.locator("input[type=file]").set_input_files([file])
    tab.fill(title="Lantern breach procedure", owner="Harbour master")
    tab.press("File it")
    assert tab.path.startswith("/evidence/")
    assert tab.says("Lantern breach procedure") and tab.says("The document is filed.")
    tab.follow("Read it")
    assert tab.says("not later than 120 hours")


def open_a_case_from_a_finding(tab: Tab) -> None:
    tab.go("/scans/new/")
    tab.page.locator("main label", has_text=re.compile("2016/679|GDPR")).locator("input").check()
    tab.press("Start the scan")
    tab.until("Digest of the result")
    tab.follow(re.compile("Art. 33: Conflict found"))
    assert tab.page.locator("main tbody tr").count() < 4
    tab.follow(re.compile(r"Art\. 33\(1\)"))
    assert tab.path.startswith("/scans/findings/")
    assert tab.page.locator("main mark").count() >= 2
    tab.follow("Open a case")
    tab.fill(title="The breach procedure is too slow")
    tab.press("Open the case")
    assert tab.path.startswith("/cases/")


def propose_and_see_that_one_cannot_decide(tab: Tab) -> None:
    tab.choose("outcome", "to_remedy")
    tab.fill(rationale="The procedure allows 120 hours where the act allows 72.")
    tab.press("Propose")
    approve = tab.page.get_by_role("button", name="Approve")
    assert approve.is_disabled()
    reason = tab.page.locator("#decide").inner_text()
    assert "Otto Officer" in reason, reason
    assert faults(tab) == []


def build_and_take_the_pack(tab: Tab, folder: Path) -> Path:
    tab.press("Build the proof")
    assert tab.path.startswith("/packs/")
    tab.until("What it contains")
    tab.press("Verify it now")
    assert tab.says("Verified") or tab.says("VERIFIED") or tab.says("holds")
    tab.page.locator("[name=given_to]").fill("Supervisory authority, Ms Example")
    with tab.page.expect_download() as coming:
        tab.page.get_by_role("button", name="Download").click()
    pack = folder / "proof.zip"
    coming.value.save_as(pack)
    return pack


def verify_it_as_a_stranger(tab: Tab, pack: Path, folder: Path) -> None:
    keys = tab.page.context.request.get(f"{tab.address}/ledger/checkpoints/keys/").body()
    (folder / "vkeys").write_bytes(keys)
    with zipfile.ZipFile(pack) as held:
        [program] = [name for name in held.namelist() if name.endswith("verify.py")]
        (folder / "verify.py").write_bytes(held.read(program))
    command = [sys.executable, "-I", "-S", "verify.py", "proof.zip", "--trust", "vkeys"]

    done = subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

    raw = bytearray(pack.read_bytes())
    raw[len(raw) // 2] ^= 1
    pack.write_bytes(raw)
    done = subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr


def test_counterparties_come_in_are_screened_and_a_match_becomes_a_case(
    house: Seeded, window: Callable[..., Tab]
) -> None:
    tab = window("analyst")
    tab.go("/counterparties/")
    name = tab.page.locator("main tbody tr", has_text="Alert").first.get_by_role("link").first.inner_text()
    book = f"reference,kind,name\nB-7,person,{name}\nB-8,organisation,Quillfeather Apiaries Ltd\n".encode()
    tab.go("/counterparties/import/")
    file = {"name": "book.csv", "mimeType": "text/csv", "buffer": book}
    tab.page.locator("input[type=file]").set_input_files([file])
    tab.press("Look at the file")
    assert tab.says("Nothing in the register has changed yet.")
    assert faults(tab) == []
    tab.press("Confirm: do exactly this")
    assert tab.says("Nothing was left out.")

    tab.follow("Screen them")
    tab.press("Start the screening")
    assert tab.path.startswith("/screening/runs/")
    tab.until("4 of 4")
    with tab.page.expect_navigation():
        tab.page.locator("main tbody tr", has_text="B-7").get_by_role("link").first.click()
    assert tab.says("Names compared")
    tab.follow("Open a case")
    tab.fill(title="Is this the listed person?")
    tab.press("Open the case")
    assert tab.path.startswith("/cases/") and tab.says("1 match")


def test_a_token_is_shown_once(house: Seeded, window: Callable[..., Tab]) -> None:
    tab = window("analyst")
    tab.go("/settings/tokens/")
    tab.fill(label="Nightly export")
    tab.choose("permissions", "scans.read")
    tab.press("Make the token")
    secret = tab.page.locator("p.mono").inner_text()
    assert secret.startswith("mnt_")
    me = tab.page.context.request.get(
        f"{tab.address}/api/v1/settings/me", headers={"Authorization": f"Bearer {secret}"}
    )
    assert json.loads(me.text())["permissions"] == ["scans.read"]
    assert faults(tab) == []
    tab.follow("I have kept it")
    assert tab.says("Nightly export")
    assert secret[-20:] not in tab.page.content()
