"""Structured logs on standard error: what happened, never what documents, queries or keys hold."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog

from api.settings import Settings

SECRET_NAMES = ("authorization", "cookie", "key", "password", "secret", "token")
"""A value logged under a name with one of these words is struck out, should anybody log one by mistake."""
PUBLIC_NAMES = frozenset({"key_id"})
STRUCK_OUT = "…"
PLACES = 8
"""Calls that a failure is traced back."""


def configure(settings: Settings) -> None:
    """Send everything, our own events and those of libraries, through one form of log."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        strike_out,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_last(settings)],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
    # Every request is logged once, by us, with its route instead of its address.
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)
    # Libraries log addresses and statements, which hold what people search for.
    for name in ("httpx", "httpcore", "sqlalchemy", "alembic", "stamina"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _last(settings: Settings) -> Sequence[structlog.typing.Processor]:
    as_console = settings.log_format == "console" or (settings.log_format == "auto" and sys.stderr.isatty())
    if as_console:
        return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    # Frames without local variables: those hold documents.
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]


def strike_out(logger: Any, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Replace values whose name tells that they are secret."""
    for name in event:
        if name not in PUBLIC_NAMES and any(word in name.lower() for word in SECRET_NAMES):
            event[name] = STRUCK_OUT
    return event


def trace(error: BaseException) -> dict[str, object]:
    """What failed and where, the innermost place last. Messages of errors stay out: they may quote documents."""
    frames = traceback.extract_tb(error.__traceback__)[-PLACES:]
    places = [f"{'/'.join(Path(frame.filename).parts[-2:])}:{frame.lineno} {frame.name}" for frame in frames]
    return {"error": type(error).__name__, "places": places}


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger for a module."""
    found: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return found
