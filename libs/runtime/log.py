"""Structured logs: ids only, never a text or a name. Colour on a terminal, JSON otherwise."""

from __future__ import annotations

import logging
import sys
import time
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

QUIET = ("aiokafka", "pymongo", "asyncio", "httpx", "httpcore", "uvicorn.error", "uvicorn.access")
SAME_LINE_SECONDS = 10.0


def configure(level: str = "INFO", stream: TextIO = sys.stderr) -> None:
    """Set up logging for a process, libraries included."""
    tty = stream.isatty()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=True)
        if tty
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _frames_only,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    handler.addFilter(_OncePerWhile())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _frames_only(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """An exception as its type and its frames: its message may hold what a citizen wrote."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["frames"] = _frames(error)
    return event


def _frames(error: BaseException) -> list[str]:
    frames = []
    trace = error.__traceback__
    while trace:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return frames[-8:]


class _OncePerWhile(logging.Filter):
    """Lets a library's repeated line through once in a while: an outage makes thousands."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith(("aiokafka", "pymongo")):
            return True
        key = (record.name, str(record.msg))
        ago = time.monotonic() - self._last.get(key, float("-inf"))
        if ago < SAME_LINE_SECONDS:
            return False
        self._last[key] = time.monotonic()
        return True
