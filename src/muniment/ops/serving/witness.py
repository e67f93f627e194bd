"""Serves a witness: Granian, TLS 1.3 and nothing older, one process. Nothing of an installation is loaded."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import Interfaces, SSLProtocols
from granian.log import LogLevels

from muniment.ops.serving.lifeline import tie_to
from muniment.witness import folder as place
from muniment.witness.application import Witness

LOGS: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(name)s %(message)s"}},
    "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "_granian": {"handlers": ["lines"], "level": "WARNING", "propagate": False},
        "muniment.witness": {"handlers": ["lines"], "level": "INFO", "propagate": False},
    },
    "root": {"handlers": ["lines"], "level": "WARNING"},
}


def load(parent: int, mirror: bool, target: str) -> Witness:  # noqa: FBT001  # bound by position in `serve`
    """Load the witness of a folder in the server's worker, tied to the server's own process."""
    tie_to(parent)
    return Witness(Path(target), mirror=mirror)


def serve(folder: Path, *, mirror: bool = False) -> None:
    """Serve until the process is asked to stop.

    :param mirror: whether it also keeps a copy of the logs.
    """
    settings = place.settings(folder)
    tls = folder / place.TLS
    server = Granian(
        str(folder),
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGINL,
        workers=1,
        websockets=False,
        log_dictconfig=LOGS,
        log_level=LogLevels.info,
        ssl_cert=tls / "server.pem",
        ssl_key=tls / "server.key",
        ssl_protocol_min=SSLProtocols.tls13,
        workers_kill_timeout=10,
        respawn_failed_workers=True,
    )
    server.serve(target_loader=partial(load, os.getpid(), mirror))
