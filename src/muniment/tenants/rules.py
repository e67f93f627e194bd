"""What a tenant may be called. Pure: no database, no clock, no request."""

from __future__ import annotations

import re

from muniment.spine.errors import Invalid
from muniment.spine.wording import require_wording

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")


def require_name(name: str) -> str:
    """Return the name without surrounding space.

    :raises Invalid: when it is empty, longer than 120 characters or holds control characters.
    """
    return require_wording(name, called="name of a tenant", field="name", shortest=1, longest=120)


def require_slug(slug: str) -> str:
    """Return the short name that stands in addresses.

    :raises Invalid: unless it is lower-case letters, digits and hyphens.
    """
    if not _SLUG.fullmatch(slug):
        raise Invalid(
            "The short name has lower-case letters, digits and hyphens only.",
            todo="Use up to 60 of them, beginning and ending with a letter or digit.",
            where="slug",
        )
    return slug
