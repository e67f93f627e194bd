"""Reference pages of the command line and of the settings."""

from __future__ import annotations

from dataclasses import fields
from importlib import import_module

import click

from muniment.ops.reference.marks import table
from muniment.spine import config


def settings() -> str:
    """Write every setting with its variable and default."""
    rows = [
        (
            f"`{item.name}`",
            f"`{config.PREFIX}{item.name.upper()}`",
            _default(item.default),
            item.metadata["doc"]
            + (" Secret: `_FILE` reads it from a file." if item.metadata["secret"] else ""),
        )
        for item in fields(config.Settings)
    ]
    return "\n".join(
        [
            "# Settings\n",
            "From `muniment.toml` in the installation's folder, or from variables, which go first. Unknown names and",
            "malformed values stop the start and name the line to mend. `muniment check` prints what is in force.\n",
            table(("in muniment.toml", "variable", "default", "what for"), rows),
        ]
    )


def _default(value: object) -> str:
    return "(empty)" if value in ("", ()) else f"`{value}`"


def commands() -> str:
    """Write every command with its options."""
    program: click.Group = import_module("muniment.ops.cli.program").program
    parts = [
        "# Commands\n",
        "Every command has `--home FOLDER` and `--json`. Exit 0 means done or true, 1 refused or false, 2 could not",
        "be checked.\n",
    ]
    context = click.Context(program, info_name="muniment", obj={"help": True})
    for name in program.list_commands(context):
        command = program.get_command(context, name)
        if command is not None:
            parts += _command(command, f"muniment {name}")
    return "\n".join(parts)


def _command(command: click.Command, name: str) -> list[str]:
    if isinstance(command, click.Group):
        return [
            line
            for under in sorted(command.commands)
            for line in _command(command.commands[under], f"{name} {under}")
        ]
    places = [
        one.make_metavar(click.Context(command)) for one in command.params if isinstance(one, click.Argument)
    ]
    told = [f"\n## {' '.join([name, *places])}\n", " ".join((command.help or "").split()) + "\n"]
    options = [
        one for one in command.params if isinstance(one, click.Option) and one.name not in {"home", "as_json"}
    ]
    if options:
        rows = [
            (f"`{', '.join(one.opts)}`", one.help or "", "required" if one.required else "")
            for one in options
        ]
        told.append(table(("option", "what for", ""), rows))
    return told
