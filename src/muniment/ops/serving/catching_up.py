"""Before anything is served: the erasure journal is held against what a restore may have brought back."""

from __future__ import annotations

import sys

from django.db import DatabaseError

from muniment.lifecycle import closing
from muniment.spine.errors import MunimentError
from muniment.spine.keys import KeyFault


def catch_up() -> int:
    """Carry out again what a restore brought back; returns 0, or 1 after saying why nothing may be served."""
    try:
        closing.catch_up_all()
    except (MunimentError, KeyFault) as why:
        sys.stderr.write(f"Nothing is served: {why}\n")
        return 1
    except DatabaseError as fault:
        sys.stderr.write(f"Nothing is served: the database did not answer ({type(fault).__name__}).\n")
        return 1
    return 0
