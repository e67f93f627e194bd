"""Another process knew a name before its person was erased: within a second of the acknowledgement it does not."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from tests.lifecycle.lived import CARRY_OUT, ORDER
from tests.lifecycle.test_drill import NAMED, home_of
from tests.support.house import ROOT

from muniment.spine.keyring import HEED

#: Arguments: tenant, person. Prints "moment name" again and again, the moment taken before the name is read.
ANSWERING = """
import sys, time, django
django.setup()
from uuid import UUID
from muniment.counterparties.models import Counterparty
from muniment.spine.scope import tenant_scope
with tenant_scope(UUID(sys.argv[1])):
    while True:
        at = time.time()
        print(at, Counterparty.objects.get(id=sys.argv[2]).name, flush=True)
        time.sleep(0.02)
"""


@pytest.mark.timeout(900)  # each of its programs takes seconds
def test_no_process_answers_with_an_erased_name_a_second_after_it_was_acknowledged(db, tmp_path_factory):
    house = home_of(tmp_path_factory, "second")
    person, told = house.told["person"], house.told
    name = house.run(NAMED, house.tenant, person).strip()
    order = house.run(ORDER, house.tenant, told["officer"], told["administrator"], person).strip()
    said: list[tuple[float, str]] = []
    with subprocess.Popen(
        [sys.executable, "-c", ANSWERING, house.tenant, person],
        cwd=ROOT,
        env=house.environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        try:
            assert other.stdout is not None
            said.append(heard(other.stdout.readline()))
            assert house.run(CARRY_OUT, house.tenant, order).strip() == "executed"
            acknowledged = time.time()
            # However slow the machine is: what counts is when the other process began to read.
            while said[-1][0] < acknowledged + 2 * HEED:
                said.append(heard(other.stdout.readline()))
        finally:
            other.kill()
    assert said[0][1] == name
    late = {shown for at, shown in said if at > acknowledged + HEED}
    assert late == {"(erased)"}


def heard(line: str) -> tuple[float, str]:
    at, _, shown = line.strip().partition(" ")
    return float(at), shown
