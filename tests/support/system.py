"""What tests need from Debian: Chromium, PostgreSQL, Pango, pdfsig. Installs them as root, or names them and stops."""

from __future__ import annotations

import ctypes.util
import os
import shutil
import subprocess
import sys
from pathlib import Path


def missing() -> list[str]:
    """Return the Debian packages that are not here yet."""
    wanted = []
    if shutil.which("chromium") is None:
        wanted.append("chromium")
    if not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        wanted.append("postgresql")
    for program, package in (("pdfsig", "poppler-utils"), ("openssl", "openssl"), ("file", "file")):
        if shutil.which(program) is None:
            wanted.append(package)
    if ctypes.util.find_library("pangoft2-1.0") is None:
        wanted += ["libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"]
    return wanted


def main() -> None:
    """Install what is missing."""
    wanted = missing()
    if not wanted:
        return
    if os.geteuid() != 0:
        sys.exit(
            f"The tests need Debian packages that are not here. Run: sudo apt-get install {' '.join(wanted)}"
        )
    print(f"Installing from Debian: {', '.join(wanted)} …", flush=True)
    quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
    subprocess.run(["apt-get", "update", "-q"], check=True, **quiet)
    subprocess.run(
        ["apt-get", "install", "-q", "-y", "--no-install-recommends", *wanted], check=True, **quiet
    )


if __name__ == "__main__":
    main()
