"""A tenant that could not be made leaves no key behind; one that was made keeps its keys, whatever was said of it.

Each fault as a pair: failed and not persisted, failed but persisted. Where the program was killed, or could not know,
the next `tenant create` and the next start decide by the register, and say what they took away.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest
from tests.support.house import ROOT, build

pytestmark = pytest.mark.database


class Place:
    """An installation in which tenants are made that fail."""

    def __init__(self, house, hand):
        self.house, self.hand = house, hand
        self.drawn = 0

    def do(self, what, *words, status=0):
        self.hand.stdin.write(json.dumps([what, *words]) + "\n")
        self.hand.stdin.flush()
        ended = json.loads(self.hand.stdout.readline())
        assert ended["status"] == status, ended
        return ended["said"]

    def slug(self):
        self.drawn += 1
        return f"wick-{self.drawn}"

    def look(self):
        return self.do("look")

    def strike(self, where, how, slug):
        """Let one fail; returns what is left."""
        said = self.do("strike", where, how, slug, status=-signal.SIGKILL if "killed" in how else 0)
        return {**self.look(), "fault": said["fault"] if said else "killed"}

    def create(self, slug):
        """Make one by the command; returns what it told people."""
        said = self.do("create", slug)
        assert said["code"] == 0, said["err"]
        return said["err"]

    def start(self):
        said = self.do("start")
        assert said["code"] == 0, said["err"]
        return said["err"]

    def told(self, tenant):
        return self.do("told", tenant)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    home = tmp_path_factory.mktemp("founding") / "home"
    house = build(home, f"muniment_founding_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}")
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.run_founding"],
        cwd=ROOT,
        env=house.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as hand:
        yield Place(house, hand)
        hand.stdin.close()


def whole(seen):
    """Return whether there is one key, one log and one pair of signing keys for each tenant and the deployment."""
    count = len(seen["tenants"]) + 1
    return (seen["keyless"], seen["logs"], len(seen["signing"]), seen["others"]) == (
        [],
        count,
        count,
        [],
    ) and (seen["keys"] >= count)


@pytest.mark.parametrize(
    ("where", "how"),
    [(where, how) for where in ("key", "signing key", "entry") for how in ("fails", "late")],
)
def test_what_fails_before_it_is_committed_leaves_nothing_behind(place, where, how):
    before, slug = place.look(), place.slug()
    after = place.strike(where, how, slug)
    assert after.pop("fault") in {"Busy", "OSError", "DatabaseError"}
    assert before == after
    assert whole(after)


@pytest.mark.parametrize(
    ("where", "how"),
    [("key", "killed"), ("key", "killed late"), ("signing key", "killed late"), ("entry", "killed late")],
)
def test_keys_of_one_that_was_killed_are_taken_away_by_the_next_try_which_says_so(place, where, how):
    before, slug = place.look(), place.slug()
    left = place.strike(where, how, slug)
    assert left["tenants"] == before["tenants"]
    [mark] = left["others"]
    tenant = mark.split(".")[0]
    said = place.create(slug)
    assert f"The keys of the tenant {tenant}, which was begun and never made, were taken away." in said
    after = place.look()
    assert after["tenants"].keys() == before["tenants"].keys() | {slug}
    assert whole(after)
    assert after["keys"] == before["keys"] + 1
    assert place.told(tenant) == ["system:operator"]


def test_the_next_start_takes_them_away_as_well_and_says_so(place):
    before = place.look()
    [mark] = place.strike("entry", "killed", place.slug())["others"]
    tenant = mark.split(".")[0]
    said = place.start()
    assert f"The keys of the tenant {tenant}" in said
    assert place.look() == before
    assert place.told(tenant) == ["system:operator"]
    assert place.start() == "", "it says it once"


@pytest.mark.parametrize(
    ("where", "how"), [("commit", "late"), ("commit", "killed late"), ("mark", "killed")]
)
def test_one_that_was_made_after_all_keeps_its_keys(place, where, how):
    before, slug = place.look(), place.slug()
    left = place.strike(where, how, slug)
    assert left["keyless"] == []
    assert left["tenants"].keys() == before["tenants"].keys() | {slug}
    assert len(left["others"]) == 1
    said = place.create(place.slug())
    assert "taken away" not in said
    after = place.look()
    assert whole(after)
    assert after["tenants"][slug] == left["tenants"][slug]
    assert place.told(after["tenants"][slug]) == []


def test_a_commit_that_failed_is_not_judged_by_the_program_that_saw_it_fail(place):
    before, slug = place.look(), place.slug()
    left = place.strike("commit", "fails", slug)
    assert left["fault"] == "OperationalError"
    assert left["tenants"] == before["tenants"]
    [mark] = left["others"]
    place.create(slug)
    assert whole(place.look())
    assert place.told(mark.split(".")[0]) == ["system:operator"]


HELD = """
import sys, django
django.setup()
from uuid import UUID
from muniment.spine import config
from muniment.tenants import begun
with begun.marked(config.current().signing_keys, UUID(sys.argv[1]), "0" * 32) as mark:
    print("held", flush=True)
    sys.stdin.readline()
    mark.done()
"""


def test_one_that_is_just_being_made_is_left_alone(place):
    tenant = "11111111-2222-4333-8444-555555555555"
    with place.house.start(HELD, tenant) as other:
        assert other.stdout.readline() == "held\n"
        assert "taken away" not in place.create(place.slug())
        assert [one.split(".")[0] for one in place.look()["others"]] == [tenant]
        other.stdin.write("go on\n")
        other.stdin.flush()
        other.communicate()
    assert place.told(tenant) == []
    assert whole(place.look())
