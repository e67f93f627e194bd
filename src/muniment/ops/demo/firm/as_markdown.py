"""A policy as a Markdown file."""

from __future__ import annotations

from muniment.ops.demo.firm.markup import Policy, facts


def render(policy: Policy, firm: str) -> bytes:
    """Write a policy as Markdown with a title block and line feeds.

    :returns: UTF-8 without byte-order mark, the same bytes each time.
    """
    parts = [f"# {policy.head['title']}"]
    parts.append(
        "\n".join(["| | |", "| --- | --- |", *(f"| {key} | {value} |" for key, value in facts(policy, firm))])
    )
    for block in policy.blocks:
        if block.kind == "heading":
            parts.append(f"## {block.lines[0]}")
        elif block.kind == "bullets":
            parts.append("\n".join(f"- {line}" for line in block.lines))
        elif block.kind == "steps":
            parts.append("\n".join(f"{number}. {line}" for number, line in enumerate(block.lines, start=1)))
        elif block.kind == "table":
            head, *rows = block.lines
            ruler = "|" + " --- |" * len(block.rows[0])
            parts.append("\n".join([head, ruler, *rows]))
        else:
            parts.append(block.lines[0])
    return ("\n\n".join(parts) + "\n").encode("utf-8")
