"""Writes the entries of commands into the ledger (``recording`` says when).

Rules: Django is loaded when the first entry is written, since the commands are listed without it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from muniment.spine import config
from muniment.spine.errors import MunimentError

if TYPE_CHECKING:
    from muniment.ops.cli.recording import Running
    from muniment.spine.actor import Actor


class Ink:
    """Entries of commands in the installation's own ledger."""

    def leave(self, running: Running) -> None:
        """Leave the entry of a command: who, what, about what, what came of it."""
        from muniment.ops import acting, actions  # noqa: PLC0415  # models need Django set up

        actor = replace(running.actor or acting.operator(), may=frozenset({"ops.read"}))
        actions.read(actor, asked=running.asked.what, target=running.asked.target, came=running.came)

    def refuse(self, actor: Actor | None, fault: BaseException) -> None:
        """Put on record that a command ended without doing what it should, if there is a ledger.

        The refusal stands either way; that it is not on record is only told in the program's own log.
        """
        code = fault.code if isinstance(fault, MunimentError) else type(fault).__name__
        with suppress(Exception):
            settings = config.current()
            if not settings.master_key.exists():
                return
            # Looking for the ledger must not make a file that looks like one.
            if not settings.on_postgres and not settings.database_file.exists():
                return
            os.environ.setdefault("DJANGO_SETTINGS_MODULE", "muniment.site.settings")
            import django  # noqa: PLC0415  # commands are listed without Django
            from django.apps import apps  # noqa: PLC0415  # as above

            if not apps.ready:
                django.setup()
            from muniment.ledger import action  # noqa: PLC0415  # models need Django set up
            from muniment.ops import acting  # noqa: PLC0415  # as above

            action.refuse(actor or acting.operator(), "ops.read", f"The answer was: {code}.")
