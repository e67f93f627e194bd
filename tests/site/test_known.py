"""The process that answers people has a sentence for everything that any other process puts on record."""

import json
import subprocess
import sys

from tests.ops.commands import environment

from muniment.ops.reference.acts import known_actions

LOADED = """
import json
import django
django.setup()
import muniment.site.urls
from muniment.ledger.action import REGISTRY
print(json.dumps(sorted(REGISTRY)))
"""


def test_no_entry_is_of_a_kind_that_the_pages_do_not_know(tmp_path):
    told = environment(MUNIMENT_HOME=str(tmp_path), DJANGO_SETTINGS_MODULE="muniment.site.settings")
    done = subprocess.run(
        [sys.executable, "-c", LOADED], env=told, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    assert set(known_actions()) - set(json.loads(done.stdout)) == set()
