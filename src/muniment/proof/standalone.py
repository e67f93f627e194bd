"""Makes `verify.py`: the verification modules joined into one file that needs Python 3.9 and nothing else.

Rules: the file is generated from the very modules that the application runs, so there is one implementation.
Imports within the room are dropped, names are unique across the modules (a test makes sure), and what each
module says about itself stays in place as a comment for the reader.
"""

from __future__ import annotations

import ast
from functools import lru_cache
from importlib import resources

MODULES = (
    "errors",
    "canonical",
    "ed25519",
    "merkle",
    "leaf",
    "note",
    "checkpoint",
    "tlogproof",
    "streamheads",
    "streamproof",
    "dsse",
    "statement",
    "archive",
    "layout",
    "policy",
    "succession",
    "cosigned",
    "der",
    "publickey",
    "x509",
    "timestamp",
    "timed",
    "report",
    "examine",
    "entryfile",
    "proven",
    "exported",
    "certificate",
    "streamfile",
    "receipt",
    "honoured",
    "command",
)
HEAD = '''#!/usr/bin/env python3
"""Verifies a Muniment proofpack (version 0, draft) or an export of a ledger. Generated; do not edit.

python3 verify.py PACK [--trust FILE] [--policy FILE] [--authorities FILE] [--json]
                                                    exit 0 verified, 1 refused, 2 could not be checked
python3 verify.py EXPORT --manifest FILE [--trust FILE] [--succession FILE] [--json]
python3 verify.py CERTIFICATE --certificate [--trust FILE] [--succession FILE] [--json]
python3 verify.py ENTRY --entry [--trust FILE] [--policy FILE] [--authorities FILE] [--json]
python3 verify.py STREAM --stream --trust FILE [--succession FILE] [--json]
python3 verify.py RECEIPTS --log FOLDER --trust FILE [--json]

Needs Python 3.9 or later and nothing else. With the package `cryptography` (48 or later) beside it, ML-DSA-44
signatures are checked too; without it they are reported as not checked. No network, no account, no clock.
Use the copy of this program that you already have: one that lies in a pack can be forged together with it.
"""

from __future__ import annotations

'''
TAIL = """

if __name__ == "__main__":
    sys.exit(main())
"""


@lru_cache(maxsize=1)
def verifier_source() -> str:
    """Write the single-file verifier as text; the same for every pack of this version of the program."""
    imports: set[str] = set()
    bodies = []
    for name in MODULES:
        source = (resources.files("muniment.proof") / f"{name}.py").read_text("utf-8")
        bodies.append(_body(name, source, imports))
    return HEAD + "\n".join(sorted(imports)) + "\n" + "".join(bodies) + TAIL


def _body(name: str, source: str, imports: set[str]) -> str:
    """Return a module without docstring and imports; those of the standard library are collected."""
    tree = ast.parse(source)
    lines = source.splitlines()
    dropped: set[int] = set()
    for at, node in enumerate(tree.body):
        is_docstring = at == 0
        if is_docstring or isinstance(node, (ast.Import, ast.ImportFrom)):
            dropped.update(range(node.lineno - 1, (node.end_lineno or node.lineno)))
        if isinstance(node, ast.Import) or (
            isinstance(node, ast.ImportFrom) and node.module != "__future__" and not _ours(node)
        ):
            imports.add(ast.unparse(node))
    said = ast.get_docstring(tree) or ""
    comment = "".join(f"# {line}".rstrip() + "\n" for line in said.splitlines())
    kept = "\n".join(line for at, line in enumerate(lines) if at not in dropped)
    return f"\n\n# ---- {name} ----\n{comment}\n\n{kept.replace('layout.', '').strip()}\n"


def _ours(node: ast.ImportFrom) -> bool:
    return (node.module or "").startswith("muniment")
