"""Who runs this on the machine, as the kernel knows it: the user, and who signed in before becoming that user."""

from __future__ import annotations

import os
import pwd
from contextlib import suppress
from pathlib import Path
from typing import Final

#: What Linux answers where nobody has signed in to the machine.
NO_LOGIN: Final = 2**32 - 1
LOGIN: Final = Path("/proc/self/loginuid")


def user(login_file: Path = LOGIN) -> str:
    """Return the name of the user, and of who signed in to the machine when that is somebody else.

    :param login_file: where Linux tells who signed in; ``sudo`` does not change it.
    """
    effective = os.geteuid()
    login = effective
    with suppress(OSError, ValueError):
        login = int(login_file.read_text(encoding="ascii"))
    if login in {effective, NO_LOGIN}:
        return _name(effective)
    return f"{_name(effective)}, signed in as {_name(login)}"


def _name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except (KeyError, OverflowError):
        return f"user {number}"
