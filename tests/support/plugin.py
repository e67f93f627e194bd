"""Loaded before Django: it gives each test process an installation of its own.

``MUNIMENT_TEST_DATABASE`` chooses ``sqlcipher`` (default) or ``postgresql``; the same tests run on both.

Property tests draw the same examples on every run, without a limit of time, so that a red is the change's own and
can be had again; ``--hypothesis-profile=anew`` goes looking for others.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from hypothesis import settings

from tests.support import postgres

settings.register_profile("alike", derandomize=True, deadline=None, database=None)
settings.register_profile("anew", deadline=None, database=None, max_examples=1000)
settings.load_profile("alike")

ON = os.environ.get("MUNIMENT_TEST_DATABASE", "sqlcipher")
if ON not in {"sqlcipher", "postgresql"}:
    raise RuntimeError(f"MUNIMENT_TEST_DATABASE is {ON}: use sqlcipher or postgresql")

for variable in [name for name in os.environ if name.startswith("MUNIMENT_")]:
    if variable != "MUNIMENT_SHARED" and not variable.startswith("MUNIMENT_TEST_"):
        del os.environ[variable]

_worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
HOME = Path(tempfile.mkdtemp(prefix="muniment-test-"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
os.environ["MUNIMENT_HOME"] = str(HOME)
os.environ["MUNIMENT_LOG_LEVEL"] = "error"

_open = ExitStack()
atexit.register(_open.close)
if ON == "postgresql":
    if "MUNIMENT_TEST_POSTGRES" not in os.environ:
        # Only the first process starts a server; the workers inherit its address.
        os.environ["MUNIMENT_TEST_POSTGRES"] = _open.enter_context(postgres.server())
    boss = os.environ["MUNIMENT_TEST_POSTGRES"]
    app, owner = postgres.new_database(boss, f"muniment_{_worker}")
    os.environ["MUNIMENT_DATABASE"], os.environ["MUNIMENT_DATABASE_OWNER"] = app, owner
