"""`muniment docs`: the reference pages, written or checked."""

from __future__ import annotations

from pathlib import Path

import click

from muniment.ops.cli.answers import answer, common
from muniment.ops.reference import pages


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when a page is not what the code says.")
@click.option(
    "--into", type=click.Path(path_type=Path), help="Folder of the pages; docs/reference of the checkout."
)
@common
def docs(*, check: bool, into: Path | None, as_json: bool) -> int:
    """Write the reference pages out of the code, or check that they say what the code says."""
    folder = into or pages.folder()
    if check:
        stale = pages.differing(folder)
        words = [f"{name} is not what the code says." for name in stale]
        words.append("Run: make docs" if stale else "Every reference page says what the code says.")
        answer({"stale": stale}, as_json=as_json, words=words)
        return 1 if stale else 0
    done = pages.write(folder)
    answer(
        {"written": done},
        as_json=as_json,
        words=[f"Written: {name}" for name in done] or ["Nothing has changed."],
    )
    return 0
