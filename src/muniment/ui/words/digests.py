"""Digests, keys and other long identifiers, short enough to compare by eye: `3cf89d5c…4473`.

Rule: shortening never changes what is copied; the whole text always travels with the short one.
"""

from __future__ import annotations

HEAD, TAIL = 8, 4
ELLIPSIS = "…"


def shortened(text: str) -> str:
    """Keep the first eight and last four characters, which is what people compare; leave short ones whole.

    A prefix that names the algorithm (`sha256:`) says nothing to the eye and is left out.
    """
    bare = text.rpartition(":")[2] or text
    if len(bare) <= HEAD + TAIL + len(ELLIPSIS):
        return bare
    return f"{bare[:HEAD]}{ELLIPSIS}{bare[-TAIL:]}"
