"""Structured logs with identifiers only: one JSON object a line, on standard error.

Rules: no names, no query strings, no bodies, no messages of exceptions (they quote values). What Django and
others log through the standard library keeps its template and loses its arguments; a fault is its type and
where it arose.
"""

from __future__ import annotations

import logging
import logging.config
import sys
from pathlib import PurePath
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger


def _places(trace: TracebackType | None) -> list[str]:
    """Return where a fault arose, innermost last, as module file, line and function."""
    places = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{PurePath(code.co_filename).name}:{trace.tb_lineno}:{code.co_name}")
        trace = trace.tb_next
    return places[-12:]


def faults_by_type(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace an exception by its type and the places it came through; its words may quote people."""
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    if isinstance(found, BaseException):
        found = (type(found), found, found.__traceback__)
    if isinstance(found, tuple) and found[0] is not None:
        event["fault"] = f"{found[0].__module__}.{found[0].__qualname__}"
        event["places"] = _places(found[2])
    return event


class Templates(logging.Formatter):
    """Formats what comes through the standard library: the template without its arguments."""

    def __init__(self) -> None:
        super().__init__()
        self._json = structlog.processors.JSONRenderer()

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON."""
        event: EventDict = {
            "event": str(record.msg) if isinstance(record.msg, str) else type(record.msg).__name__,
            "level": record.levelname.lower(),
            "logger": record.name,
            **structlog.contextvars.get_contextvars(),
        }
        if record.exc_info:
            event["exc_info"] = record.exc_info
        return str(self._json(None, "", faults_by_type(None, "", event)))


class Stderr(logging.Handler):
    """Writes each line to the standard error stream as it is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line; a stream that is gone stops nobody's work."""
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except OSError:
            self.handleError(record)


def configure(wanted: dict[str, Any]) -> None:
    """Set logging up once; called by Django with the setting ``LOGGING``."""
    level = str(wanted.get("level", "info")).upper()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            faults_by_type,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        # Looked up for each line: whoever puts another stream in its place for a while may close that one.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": {"()": "muniment.site.logs.Templates"}},
            "handlers": {"lines": {"class": "muniment.site.logs.Stderr", "formatter": "json"}},
            "root": {"handlers": ["lines"], "level": "WARNING" if level == "INFO" else level},
        }
    )
