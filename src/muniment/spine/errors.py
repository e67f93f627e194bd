"""The five ways Muniment says no, and nothing else.

Every error says *what happened* and *what to do next* in words fit for a screen. One middleware maps them
to a page or to a problem document (RFC 9457); views never catch them. Anything else that is raised is our
own bug and becomes a 500 with an identifier.

Rules: no message holds a secret, a person's data, a path of the machine or a version.
"""

from __future__ import annotations

from typing import ClassVar


class MunimentError(Exception):
    """What Muniment refuses, with the words for the person in front of it.

    :param what: one sentence that says what happened.
    :param todo: one sentence that says what to do next; empty when there is nothing to do.
    :param where: the line, member, cell or field that is meant; empty when it is the whole.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "error"
    title: ClassVar[str] = "Something went wrong"

    def __init__(self, what: str, *, todo: str = "", where: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.todo = todo
        self.where = where

    def __str__(self) -> str:
        parts = [self.what]
        if self.where:
            parts.append(f"({self.where})")
        if self.todo:
            parts.append(self.todo)
        return " ".join(parts)


class Invalid(MunimentError):
    """The input cannot be read or breaks a rule of form."""

    status = 422
    code = "invalid"
    title = "This cannot be read"


class Refused(MunimentError):
    """The actor may not do this, or not in this state."""

    status = 403
    code = "refused"
    title = "This is not allowed"


class Absent(MunimentError):
    """There is no such thing, or it belongs to somebody else; both answer alike."""

    status = 404
    code = "absent"
    title = "There is no such thing"

    def __init__(
        self, what: str = "There is no such thing here.", *, todo: str = "", where: str = ""
    ) -> None:
        super().__init__(what, todo=todo, where=where)


class Clash(MunimentError):
    """The thing changed meanwhile, or exists already."""

    status = 409
    code = "clash"
    title = "This has changed meanwhile"


class Busy(MunimentError):
    """A part that is needed cannot answer now; trying again later may help."""

    status = 503
    code = "busy"
    title = "This is not available just now"
