"""Begins one of the processes: ``python -m muniment.ops.serving catch-up|web|worker PARENT``."""

from __future__ import annotations

import os
import sys

from muniment.ops.serving.lifeline import tie_to


def main(which: str, parent: str) -> None:
    """Begin the process that is named, tied to the one that asked for it."""
    os.umask(0o077)
    tie_to(int(parent))
    if which == "web":
        from muniment.ops.serving.web import serve  # noqa: PLC0415  # the worker does without it

        serve()
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "muniment.site.settings")
    import django  # noqa: PLC0415  # loaded with the settings of the folder

    django.setup()
    if which == "catch-up":
        from muniment.ops.serving.catching_up import catch_up  # noqa: PLC0415  # as above

        sys.exit(catch_up())
    from muniment.ops.serving.worker import work  # noqa: PLC0415  # models need Django set up

    work()


if __name__ == "__main__":
    main(*sys.argv[1:3])
