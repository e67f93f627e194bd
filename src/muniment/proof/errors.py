"""How the proof room says no.

It has an error of its own because this room stands below every other one and is also run alone, as
`verify.py`. The shape is that of `muniment.spine.errors.Invalid` (`what`, `todo`, `where`), so that a room
above can hand the words on. No message repeats the input: it may be hostile or somebody's data.
"""

from __future__ import annotations


class Malformed(ValueError):  # a plain word, like the five of spine.errors
    """The bytes break a rule of their format, or do not prove what they claim.

    :param what: one sentence that says which rule is broken.
    :param todo: one sentence that says what to do next; may be empty.
    :param where: the member, line or field that is meant; may be empty.
    """

    def __init__(self, what: str, *, todo: str = "", where: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.todo = todo
        self.where = where

    def __str__(self) -> str:
        return self.what + (f" ({self.where})" if self.where else "") + (f" {self.todo}" if self.todo else "")


class Unreadable(OSError):  # a plain word, like the five of spine.errors
    """The file could not be read at all, so nothing is known about it, neither good nor bad."""
