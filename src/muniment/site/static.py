"""Style sheets, scripts and symbols, served from the package itself under names that carry their digest.

There is no collecting step and no copy on the disk: what is served is what was installed. A name with a
digest may be kept by browsers for ever; the plain name is served too, since style sheets name each other
plainly.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from whitenoise.middleware import WhiteNoiseMiddleware


@cache
def digest_name(name: str) -> str:
    """Return the name with twelve digits of the contents' SHA-256 before its ending.

    :raises ValueError: when no such file is installed (always our bug).
    """
    found = finders.find(name)
    if not isinstance(found, str):
        raise ValueError("a page names a static file that is not installed")  # noqa: TRY004  # not about types
    digest = hashlib.sha256(Path(found).read_bytes()).hexdigest()[:12]
    stem, dot, ending = name.rpartition(".")
    return f"{stem}.{digest}.{ending}" if dot else f"{name}.{digest}"


class NamedByDigest(StaticFilesStorage):
    """Gives static files their address."""

    def url(self, name: str | None) -> str:
        """Return the address of a static file, with its digest in the name."""
        return super().url(digest_name(name or ""))


class StaticFiles(WhiteNoiseMiddleware):
    """Serves the files under both names."""

    def add_files_from_finders(self) -> None:
        """Register each installed file under its plain name and the one with its digest."""
        super().add_files_from_finders()
        for url in list(self.files):
            name = url.removeprefix(self.static_prefix)
            path = finders.find(name)
            if isinstance(path, str):
                self.add_file_to_dictionary(f"{self.static_prefix}{digest_name(name)}", path)

    def immutable_file_test(self, _path: Any, url: str) -> bool:
        """Say whether a name carries the digest of what it names."""
        name = url.removeprefix(self.static_prefix)
        plain = self.get_name_without_hash(name)
        return plain != name and isinstance(finders.find(plain), str) and digest_name(plain) == name
