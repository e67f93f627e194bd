"""Finds the public sources of the demonstration: the shared folder, else the starter package and an invented list."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from muniment.ops import loading
from muniment.sources.formats import eurlex_corpus
from muniment.sources.formats.starter import STARTER

DOWNLOAD_SECONDS = 90


@dataclass(slots=True)
class Material:
    """What there is to take in.

    :param kind: ``shared``, ``starter`` or ``none``; the lists of the last two are invented.
    :param words: the sentences that tell a stranger which it is.
    """

    kind: str
    words: list[str]
    folder: Path | None = None
    wheel: bytes = b""
    publications: list[eurlex_corpus.Publication] = field(default_factory=list)

    def acts(self) -> Iterator[loading.Act]:
        """Read the acts, one after the other."""
        if self.folder is not None:
            yield from (loading.publication(one) for one in self.publications)
        elif self.wheel:
            yield from loading.starter_acts(self.wheel)

    def lists(self) -> Iterator[loading.List]:
        """Read the lists, one after the other."""
        if self.folder is not None:
            yield from loading.shared_lists(self.folder)
        else:
            yield loading.invented_list()


def find(cache: Path) -> Material:
    """Find what there is to take in.

    :param cache: a folder that keeps the starter package between runs.
    """
    folder = loading.shared_folder()
    if folder is not None:
        chosen = eurlex_corpus.selected(folder / "regulatory" / "eu-lex-corpus")
        words = ["Real law and real lists, out of the shared folder (MUNIMENT_SHARED)."]
        return Material("shared", words, folder, publications=chosen)
    wheel, why = starter_wheel(cache)
    if wheel:
        words = [
            "There is no shared folder here, so the law comes out of a public package, pinned by its SHA-256.",
            "Its text is unofficial, without recitals and annexes; articles that it cut short say so.",
            "The list of parties is a small invented one: nobody on it exists.",
        ]
        return Material("starter", words, wheel=wheel)
    words = [
        f"There is no shared folder here, and the public package with law could not be fetched: {why}",
        "The demonstration goes on without law. The list of parties is a small invented one: nobody on it exists.",
    ]
    return Material("none", words)


def starter_wheel(cache: Path) -> tuple[bytes, str]:
    """Return the pinned starter package and no reason, or nothing and the reason why it is not here.

    It is only downloaded and read, never installed.
    """
    told = os.environ.get("MUNIMENT_STARTER", "")
    kept = Path(told) if told else cache / STARTER.filename
    if not kept.is_file() and not told:
        why = _download(cache)
        if why:
            return b"", why
    try:
        raw = kept.read_bytes()
    except OSError:
        return b"", "the file cannot be read."
    if hashlib.sha256(raw).hexdigest() != STARTER.sha256:
        return b"", "its SHA-256 is not the one that is pinned."
    return raw, ""


def _download(cache: Path) -> str:
    cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    wanted = cache / "wanted.txt"
    wanted.write_text(f"{STARTER.name}=={STARTER.version} --hash=sha256:{STARTER.sha256}\n", encoding="ascii")
    options = ["--no-deps", "--require-hashes", "--quiet", "--disable-pip-version-check", "--no-input"]
    # Where the environment came without pip, the Python that it was made from has one.
    for python in dict.fromkeys((sys.executable, str(Path(sys.base_prefix) / "bin" / "python3"))):
        command = [python, "-m", "pip", "download", *options, "-r", str(wanted), "-d", str(cache)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=DOWNLOAD_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            return ""
    return "pip could not download it."
