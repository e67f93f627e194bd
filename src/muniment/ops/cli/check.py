"""`muniment check`: the settings in force, secrets masked, and what is wrong."""

from __future__ import annotations

import os
from dataclasses import asdict

import click

from muniment.ops.cli.answers import answer, common
from muniment.ops.cli.program import prepare
from muniment.spine import config
from muniment.spine.errors import MunimentError


@click.command()
@common
def check(*, as_json: bool) -> int:
    """Print the settings in force and what is wrong.

    Exit 0 when all is well, 1 when something is wrong, 2 when something could not be seen.
    """
    try:
        settings = config.load(os.environ)
    except MunimentError as why:
        wrong = {"about": "settings", "what": why.what, "todo": why.todo, "where": why.where, "known": True}
        answer({"settings": None, "wrong": [wrong]}, as_json=as_json, words=f"settings: {why}")
        return 1
    prepare(keys=False)
    from muniment.ops import checking  # noqa: PLC0415  # it needs Django, and Django the settings

    found = checking.troubles()
    masked = config.masked(settings)
    words = [f"{name} = {value}" for name, value in masked.items()]
    words += ["", *(f"{one.about}: {one.what} {one.todo}".rstrip() for one in found)]
    if not found:
        words.append("Nothing is wrong.")
    answer({"settings": masked, "wrong": [asdict(one) for one in found]}, as_json=as_json, words=words)
    if any(one.known for one in found):
        return 1
    return 2 if found else 0
