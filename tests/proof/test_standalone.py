"""The single-file verifier: the same source, no dependency, no environment, three exit codes."""

from __future__ import annotations

import ast
import io
import json
import runpy
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from tests.proof.small_log import Log

from muniment.proof.command import main
from muniment.proof.standalone import MODULES, verifier_source

ALLOWED = set(sys.stdlib_module_names) | {"cryptography"}


@pytest.fixture
def placed(tmp_path: Path, pack: bytes, log: Log) -> Path:
    """A folder with the verifier, a good pack, a bent one and the trusted keys."""
    (tmp_path / "verify.py").write_text(verifier_source(), "utf-8")
    (tmp_path / "good.zip").write_bytes(pack)
    (tmp_path / "bent.zip").write_bytes(pack[:5000] + bytes([pack[5000] ^ 1]) + pack[5001:])
    (tmp_path / "keys").write_bytes(log.signer.vkeys())
    return tmp_path


def run(folder: Path, *arguments: str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    command = [python, "-I", "verify.py", *arguments]
    return subprocess.run(
        command, cwd=folder, env={}, capture_output=True, text=True, timeout=60, check=False
    )


def test_it_is_read_by_python_3_9_and_imports_nothing_but_the_standard_library() -> None:
    tree = ast.parse(verifier_source(), feature_version=(3, 9))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert {one.name.split(".")[0] for one in node.names} <= ALLOWED
        elif isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] in ALLOWED


def test_no_two_modules_share_a_name() -> None:
    names: Counter[str] = Counter()
    for node in ast.parse(verifier_source()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names[node.name] += 1
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names.update(
                one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)
            )
    assert [name for name, count in names.items() if count > 1] == []


def test_the_source_is_the_same_each_time_and_names_every_module() -> None:
    source = verifier_source()
    verifier_source.cache_clear()
    assert verifier_source() == source
    assert all(f"# ---- {name} ----" in source for name in MODULES)
    assert "muniment.proof" not in source


def test_a_good_pack_passes_in_an_empty_environment(placed: Path) -> None:
    done = run(placed, "good.zip", "--trust", "keys", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["verdict"] == "verified"
    assert {one["name"]: one["state"] for one in told["checks"]}["keys"] == "passed"


def test_a_bent_pack_is_refused_and_a_missing_one_not_judged(placed: Path) -> None:
    assert run(placed, "bent.zip").returncode == 1
    assert "REFUSED" in run(placed, "bent.zip").stdout
    for arguments in (
        ["none.zip"],
        ["good.zip", "--trust", "none"],
        ["good.zip", "--trust", "verify.py"],
        [],
    ):
        done = run(placed, *arguments)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("version", ["3.9", "3.10", "3.12", "3.13"])
def test_other_pythons_agree(placed: Path, version: str) -> None:
    found = sorted((Path(sys.base_prefix).parent).glob(f"{version}.*/bin/python{version}"))
    if not found:
        pytest.skip(f"there is no Python {version} beside this one")
    done = run(placed, "good.zip", "--trust", "keys", python=str(found[0]))
    assert done.returncode == 0, done.stderr
    assert "[not checked] quantum" in done.stdout
    assert run(placed, "bent.zip", python=str(found[0])).returncode == 1


def test_the_command_says_the_same_when_it_runs_inside_the_application(
    placed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bent, keys = (str(placed / name) for name in ("good.zip", "bent.zip", "keys"))
    assert main([good]) == 0
    assert main([bent, "--trust", keys]) == 1
    assert main([good, "--trust", keys, "--json"]) == 0
    assert main([good, "--trust", str(placed / "none")]) == 2
    assert main([str(placed / "none.zip")]) == 2
    assert "cannot be read" in capsys.readouterr().err
    monkeypatch.setattr(sys, "argv", ["verify.py", good])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(placed / "verify.py"), run_name="__main__")
    assert ended.value.code == 0


def test_it_prints_names_of_any_script_on_a_narrow_terminal(placed: Path) -> None:
    with (placed / "out").open("w", encoding="ascii") as narrow, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", narrow)
        assert main([str(placed / "good.zip")]) == 0
    assert "VERIFIED" in (placed / "out").read_text()
    with pytest.MonkeyPatch.context() as patch:
        page = io.StringIO()
        patch.setattr(sys, "stdout", page)
        assert main([str(placed / "good.zip")]) == 0
        assert "VERIFIED" in page.getvalue()
