"""The command line: what an operator and a stranger's scripts may rely on.

Rules this package obeys: every command has ``--json``; exit 0 means done or true, 1 refused or false, 2 could not be
checked; a refusal is a sentence on standard error and never a trace. A command's module is loaded when the command is
asked for, with the settings of the folder that ``--home`` names, because they are read once in a process.
"""

from __future__ import annotations

from muniment.ops.cli.program import main

__all__ = ["main"]
