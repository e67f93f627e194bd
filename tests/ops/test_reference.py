"""The reference pages come out of the code, say what it says, and are checked."""

from __future__ import annotations

import json

from muniment.ledger.action import REGISTRY
from muniment.ops.reference import pages
from muniment.spine.config import Settings
from muniment.spine.guard import guarded_tables


def test_pages_are_written_once_and_then_hold(command, tmp_path):
    assert command("docs", "--check", "--into", str(tmp_path)).code == 1
    written = command("docs", "--into", str(tmp_path), "--json").json["written"]
    assert set(written) == {*pages.PAGES, "openapi.json"}
    assert command("docs", "--check", "--into", str(tmp_path)).code == 0
    assert command("docs", "--into", str(tmp_path), "--json").json["written"] == []


def test_a_page_that_somebody_edited_or_added_is_found_and_mended(command, tmp_path):
    command("docs", "--into", str(tmp_path))
    (tmp_path / "roles.md").write_text("An auditor may do everything.\n")
    (tmp_path / "more.md").write_text("More.\n")
    ran = command("docs", "--check", "--into", str(tmp_path), "--json")
    assert (ran.code, ran.json["stale"]) == (1, ["roles.md", "more.md"])
    command("docs", "--into", str(tmp_path))
    assert not (tmp_path / "more.md").exists()
    assert command("docs", "--check", "--into", str(tmp_path)).code == 0


def test_every_action_setting_and_column_is_on_its_page(command):
    written = pages.written()
    for kind, known in REGISTRY.items():
        assert not known.module.startswith("muniment.") or f"`{kind}`" in written["actions.md"]
    for name in Settings.__dataclass_fields__:
        assert f"`{name}`" in written["settings.md"]
    for item in guarded_tables():
        assert f"## {item.table}\n" in written["columns.md"]
    assert "| `name_sealed` | text | yes | the person's own |" in written["columns.md"]
    assert "proposed --> decided: cases.decide" in written["states.md"]
    assert "nobody_decides_their_own_proposal" in written["errors.md"]
    assert "muniment ledger verify" in written["commands.md"]
    assert "/api/v1/" in "".join(json.loads(written["openapi.json"])["paths"])
