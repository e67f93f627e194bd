"""What a verification found out, in words that an auditor can quote.

Rules: every check is passed, failed or not checked, with the sentence that it proves; there is no single
green tick. Text that came out of the pack is shown without control characters, so that a pack cannot write
on the reader's screen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

PASSED = "passed"
FAILED = "failed"
NOT_CHECKED = "not checked"


@dataclass(frozen=True)
class Check:
    """One question put to the pack.

    :param name: short name that stays the same between versions.
    :param state: `PASSED`, `FAILED` or `NOT_CHECKED`.
    :param proves: the sentence that holds when it passed.
    :param note: what was found; why it failed or was not checked.
    """

    name: str
    state: str
    proves: str
    note: str = ""


@dataclass(frozen=True)
class Report:
    """All checks of one pack, with what is disclosed and what is withheld.

    :param withheld: member and field of each commitment that the pack does not open.
    :param shown: facts for the reader: case, question, origin, size, root, counts.
    """

    checks: tuple[Check, ...]
    withheld: tuple[str, ...] = ()
    shown: dict[str, Any] = field(default_factory=dict)

    @property
    def verified(self) -> bool:
        """Whether nothing failed; what was not checked is listed, never counted as good."""
        return all(check.state != FAILED for check in self.checks)

    def state(self, name: str) -> str:
        """Return the state of the check with this name."""
        return next(check.state for check in self.checks if check.name == name)

    def outcomes(self) -> dict[str, str]:
        """Return the outcomes that are never merged into one green tick."""
        told = {"authentic": "statement", "included": "inclusion"}
        names = ("witnessed", "timed", "complete")
        return {
            **{key: self.state(of) for key, of in told.items()},
            **{key: self.state(key) for key in names},
        }

    def as_json(self) -> dict[str, Any]:
        """Return the report as an object for other programs."""
        return {
            "checks": [
                {"name": one.name, "note": one.note, "proves": one.proves, "state": one.state}
                for one in self.checks
            ],
            "outcomes": self.outcomes(),
            "pack": self.shown,
            "verdict": "verified" if self.verified else "refused",
            "withheld": list(self.withheld),
        }

    def text(self) -> str:
        """Return the report as lines for a person."""
        lines = []
        for key, value in self.shown.items():
            lines.append(f"{key}: {plain(str(value))}")
        lines.append("")
        for one in self.checks:
            lines.append(f"[{one.state:^11}] {one.name}: {one.proves}")
            if one.note:
                lines.append(f"              {plain(one.note)}")
        if self.withheld:
            lines += ["", "Withheld (committed to, not shown):"]
            lines += [f"  {plain(one)}" for one in self.withheld]
        lines += ["", "VERIFIED, within the limits named above." if self.verified else "REFUSED."]
        return "\n".join(lines) + "\n"


def plain(text: str) -> str:
    """Return a text with everything that is not printable replaced, for a terminal."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
