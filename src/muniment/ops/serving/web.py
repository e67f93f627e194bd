"""The process that serves the pages: Granian, TLS 1.3 and nothing older, HTTP/2 where the browser speaks it."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import Any

from granian import Granian
from granian.constants import Interfaces, SSLProtocols
from granian.log import LogLevels

from muniment.ops.serving.lifeline import tie_to
from muniment.spine import config
from muniment.spine.errors import MunimentError
from muniment.spine.installation import keyring
from muniment.spine.keys import KeyFault

APPLICATION = "muniment.site.asgi:application"
#: Seconds that a page which is being answered gets when the server is asked to stop.
PATIENCE = 10
#: Seconds between two looks of a server that rests at whether somebody was erased.
HEED_EVERY = 1.0
LOGS: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "muniment.site.logs.Templates"}},
    "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "json"}},
    "loggers": {"_granian": {"handlers": ["lines"], "level": "WARNING", "propagate": False}},
    "root": {"handlers": ["lines"], "level": "WARNING"},
}


def load(parent: int, target: str) -> Any:
    """Load the application in a worker of the server, tied to the server's own process."""
    tie_to(parent)
    module, _, name = target.partition(":")
    application = getattr(import_module(module), name)
    threading.Thread(target=_heed, name="heed", daemon=True).start()
    return application


def _heed() -> None:
    """Forget what another process erased even while nobody asks for a page."""
    while True:
        time.sleep(HEED_EVERY)
        with suppress(MunimentError, KeyFault):
            keyring().heed()


def serve() -> None:
    """Serve until the process is asked to stop."""
    settings = config.current()
    tls = settings.home / "tls"
    server = Granian(
        APPLICATION,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGINL,
        workers=settings.web_workers,
        websockets=False,
        log_dictconfig=LOGS,
        log_level=LogLevels.warning,
        ssl_cert=tls / "server.pem",
        ssl_key=tls / "server.key",
        ssl_protocol_min=SSLProtocols.tls13,
        workers_kill_timeout=PATIENCE,
        respawn_failed_workers=True,
    )
    server.serve(target_loader=partial(load, os.getpid()))
