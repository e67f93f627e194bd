"""The proof of one entry as a ladder: from its leaf up to the root that was signed, the path marked.

The picture works the path out itself (RFC 6962, 2.1 and 2.1.1): each marked value is hashed from the two
beneath it, and
the last one is compared with the root. A proof that does not hold is drawn as one that does not hold.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from muniment.ui.marks.svg import node
from muniment.ui.words.digests import shortened
from muniment.ui.words.numbers import counted

#: Three boxes and two gaps fit beside each other on a narrow screen, 366 px wide.
ROW, BOX_W, BOX_H, GUTTER = 52.0, 112.0, 28.0, 14.0
WIDTH = 3 * BOX_W + 2 * GUTTER
MOST_STEPS = 64


class Step(NamedTuple):
    """One rung: the neighbour, on which side it stands, and the value both hash to."""

    sibling: bytes
    sibling_is_left: bool
    parent: bytes


def climb(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> list[Step]:
    """Work out the rungs from a leaf hash to the root.

    :param index: place of the entry, from 0; :param size: entries in the tree.
    :raises ValueError: when index, size and length of the proof do not belong together.
    """
    if not 0 <= index < size or len(proof) > MOST_STEPS:
        msg = "the entry lies outside the tree"
        raise ValueError(msg)
    place, last, value = index, size - 1, leaf
    steps: list[Step] = []
    for sibling in proof:
        if last == 0:
            msg = "the proof is longer than the tree is high"
            raise ValueError(msg)
        is_left = place % 2 == 1 or place == last
        if is_left:
            while place % 2 == 0 and place:
                place, last = place >> 1, last >> 1
        pair = sibling + value if is_left else value + sibling
        value = hashlib.sha256(b"\x01" + pair).digest()
        steps.append(Step(sibling, is_left, value))
        place, last = place >> 1, last >> 1
    if last:
        msg = "the proof is shorter than the tree is high"
        raise ValueError(msg)
    return steps


def proof_path(index: int, size: int, leaf: str, proof: Sequence[str], root: str) -> SafeString:
    """Draw the ladder and say in words whether it ends at the root.

    :param leaf, proof, root: hashes in hex, as the ledger gives them.
    """
    try:
        steps = climb(index, size, bytes.fromhex(leaf), [bytes.fromhex(one) for one in proof])
        reached = steps[-1].parent if steps else bytes.fromhex(leaf)
        holds = reached == bytes.fromhex(root)
    except ValueError:
        return node(
            "p", {"class": "status status--fault"}, _("This proof does not belong to this entry and tree.")
        )
    height = ROW * len(steps) + BOX_H + 2
    middle = BOX_W + GUTTER
    shapes: list[SafeString] = []
    for level, step in enumerate(steps):
        y = height - BOX_H - 1 - ROW * level
        side = 1.0 if step.sibling_is_left else WIDTH - BOX_W - 1
        inner, path_side = (side + BOX_W, middle) if step.sibling_is_left else (side, middle + BOX_W)
        top = y - ROW + BOX_H
        bend = y - (ROW - BOX_H) / 2
        centre = WIDTH / 2
        shapes.append(
            node(
                "path",
                {"class": "proof__edge", "d": f"M{(side + BOX_W / 2):.0f} {y:.0f}V{bend:.0f}H{centre:.0f}"},
            )
        )
        shapes.append(node("path", {"class": "proof__edge is-path", "d": f"M{centre:.0f} {y:.0f}V{top:.0f}"}))
        shapes.append(
            node(
                "path",
                {
                    "class": "proof__pair",
                    "d": f"M{inner:.0f} {y + BOX_H / 2:.0f}H{path_side:.0f}",
                },
            )
        )
        shapes.append(_box(side, y, step.sibling.hex(), "proof__box", _("given: %(hash)s")))
    values = [bytes.fromhex(leaf), *(step.parent for step in steps)]
    for level, value in enumerate(values):
        y = height - BOX_H - 1 - ROW * level
        cls = "proof__box is-path"
        if level == len(values) - 1:
            cls += " is-root" if holds else " is-broken"
        shapes.append(
            _box(
                middle, y, value.hex(), cls, _("worked out: %(hash)s") if level else _("this entry: %(hash)s")
            )
        )
    entry_is_right = bool(steps) and steps[0].sibling_is_left
    shapes.append(_name(middle + BOX_W + 8, 1, _("signed root") if holds else _("not the signed root")))
    shapes.append(
        _name(
            middle + BOX_W + 8 if entry_is_right or not steps else middle - 8,
            height - BOX_H - 1,
            _("this entry"),
            ends=not entry_is_right and bool(steps),
        )
    )
    words = (
        _("Entry %(index)s of %(size)s leads to the signed root in %(steps)d steps.")
        if holds
        else _("Entry %(index)s of %(size)s does not lead to the signed root; %(steps)d steps were given.")
    ) % {"index": counted(index), "size": counted(size), "steps": len(steps)}
    svg = node(
        "svg",
        {
            "class": "proof__shape",
            "viewBox": f"0 0 {WIDTH:.0f} {height:.0f}",
            "width": WIDTH,
            "height": height,
            "role": "img",
        },
        node("title", None, words),
        node(
            "desc",
            None,
            _("From the bottom: the entry; at each step its neighbour and what both hash to; the root."),
        ),
        *shapes,
    )
    return node(
        "figure",
        {"class": "proof"},
        node(
            "div",
            {"class": "scroll", "role": "region", "aria-label": _("Path of the proof"), "tabindex": 0},
            svg,
        ),
        node("figcaption", {"class": "t-proven" if holds else "t-fault"}, words),
    )


def _name(x: float, y: float, words: str, *, ends: bool = False) -> SafeString:
    anchor = "end" if ends else "start"
    return node("text", {"class": "proof__name", "x": x, "y": y + 18.5, "text-anchor": anchor}, words)


def _box(x: float, y: float, value: str, cls: str, words: str) -> SafeString:
    return node(
        "g",
        {"class": cls},
        node("title", None, words % {"hash": value}),
        node("rect", {"x": x, "y": y, "width": BOX_W, "height": BOX_H, "rx": 3}),
        node("text", {"x": x + BOX_W / 2, "y": y + 18.5, "text-anchor": "middle"}, shortened(value)),
    )
