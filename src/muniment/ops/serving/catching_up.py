"""Before anything is served: the erasure journal is held against what a restore brought back, and it is put on record.

Keys of a tenant that was begun and never made go as well. Rules: where the ledger cannot be written nothing is served.
"""

from __future__ import annotations

import sys

from django.db import DatabaseError

from muniment.access.rules import EDGE, OPERATOR
from muniment.lifecycle import closing
from muniment.ops import actions, machine
from muniment.spine import asking, ports
from muniment.spine.actor import system
from muniment.spine.errors import MunimentError
from muniment.spine.keys import KeyFault
from muniment.tenants import actions as tenants


def catch_up() -> int:
    """Carry out again what a restore brought back; returns 0, or 1 after saying why nothing may be served."""
    try:
        closing.catch_up_all()
        with asking.asked(ports.new_id().hex, "muniment serve") as asked:
            asked.user = machine.user()
            for one in tenants.clear_unfinished(system("operator", may=OPERATOR, via="cli")):
                sys.stderr.write(
                    f"The keys of the tenant {one}, which was begun and never made, were taken away.\n"
                )
            actions.read(system("operator", may=EDGE, via="cli"), asked=asked.what, target={})
    except (MunimentError, KeyFault) as why:
        sys.stderr.write(f"Nothing is served: {why}\n")
        return 1
    except DatabaseError as fault:
        sys.stderr.write(
            f"Nothing is served: the database did not answer or cannot be written ({type(fault).__name__})."
            " See that the disk has room and that the database accepts changes, then: muniment check.\n"
        )
        return 1
    return 0
