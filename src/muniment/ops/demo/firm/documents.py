"""The policies of the invented firms as finished documents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from importlib.resources import files

from muniment.ops.demo.firm import as_markdown, as_pdf, as_word
from muniment.ops.demo.firm.markup import Policy, read_policy
from muniment.ops.demo.firm.people import EXAMPLE_PAY, FIRMS, HARBOUR_LENDING

_FOLDERS = {EXAMPLE_PAY.slug: "policies", HARBOUR_LENDING.slug: "policies/harbour"}
_RENDERERS = {
    "pdf": (as_pdf.render, "application/pdf"),
    "docx": (as_word.render, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "md": (as_markdown.render, "text/markdown"),
}


@dataclass(frozen=True, slots=True)
class FirmDocument:
    """One document as the firm would upload it.

    :param name: file name with suffix.
    :param effective: date from which the policy holds, apart from `received`, when the firm handed it in.
    """

    name: str
    media_type: str
    data: bytes
    effective: date
    received: date
    title: str
    owner: str


def documents(firm: str = EXAMPLE_PAY.slug) -> list[FirmDocument]:
    """Render the policies of one firm, in the order of their names, the same bytes each time.

    :param firm: slug of a firm in `people.FIRMS`.
    """
    name = next(entry.name for entry in FIRMS if entry.slug == firm)
    return [_finished(policy, name) for policy in policies(firm)]


def policies(firm: str = EXAMPLE_PAY.slug) -> list[Policy]:
    """Read the sources of one firm's policies, in the order of their names."""
    folder = files(__package__).joinpath(_FOLDERS[firm])
    sources = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".md")), key=lambda entry: entry.name
    )
    return [read_policy(source.name.removesuffix(".md"), source.read_text("utf-8")) for source in sources]


def _finished(policy: Policy, firm: str) -> FirmDocument:
    suffix = policy.head["format"]
    render, media_type = _RENDERERS[suffix]
    return FirmDocument(
        name=f"{policy.name}.{suffix}",
        media_type=media_type,
        data=render(policy, firm),
        effective=date.fromisoformat(policy.head["effective"]),
        received=date.fromisoformat(policy.head["received"]),
        title=policy.head["title"],
        owner=policy.head["owner"],
    )
