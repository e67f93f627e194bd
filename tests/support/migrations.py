"""Are the migrations complete? Runs Django's own check against an installation that lives for a moment."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from muniment.spine.keyfile import KeyFileProvider


def main() -> None:
    """Exit 1 when a model differs from its migrations."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("data", "keys"):
            (Path(folder) / name).mkdir()
        KeyFileProvider.create(Path(folder) / "keys" / "master.key")
        plain = {name: value for name, value in os.environ.items() if not name.startswith("MUNIMENT_")}
        plain |= {"MUNIMENT_HOME": folder, "DJANGO_SETTINGS_MODULE": "muniment.site.settings"}
        done = subprocess.run(
            [sys.executable, "-m", "django", "makemigrations", "--check", "--dry-run"], env=plain, check=False
        )
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
