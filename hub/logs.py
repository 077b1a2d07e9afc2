"""Structured logs, one JSON object a line, in which personal values and what looks like one are masked."""

from __future__ import annotations

import logging
import sys
from typing import TextIO, cast

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from contracts.sensitive import scrub

_QUIET = ("httpx", "httpcore", "alembic")


class _StandardError:
    """Standard error as it is when a line is written, not as it was when the logger was made."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


_STREAM = cast(TextIO, _StandardError())


def _scrubbed(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Mask numbers in words that others wrote: a partner's reason, a library's error."""
    return {key: scrub(value) if isinstance(value, str) else value for key, value in event.items()}


_COMMON: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
    _scrubbed,
)


def set_up(level: str = "INFO") -> None:
    """Send every log line, other libraries' too, to standard error as JSON, at `level` and above."""
    handler = logging.StreamHandler(_STREAM)
    to_json = structlog.processors.JSONRenderer(ensure_ascii=False)
    drop_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processors=[drop_meta, to_json], foreign_pre_chain=_COMMON)
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*_COMMON, to_json],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(_STREAM),
        cache_logger_on_first_use=True,
    )


def get(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of a module."""
    return cast("structlog.stdlib.BoundLogger", structlog.get_logger(module=name))
