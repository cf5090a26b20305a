"""Logs go to standard error, one line an event: JSON for machines, or coloured text for a terminal."""

import logging
import sys
from typing import Any

import structlog

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso"),
    structlog.stdlib.PositionalArgumentsFormatter(),
]


class EndedRequests(logging.Filter):
    """Leaves out that a request began: the line of its end says the same and more."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (isinstance(record.msg, dict) and record.msg.get("event") == "request_started")


def logging_settings(style: str, level: str) -> dict:
    """Configure structlog, and return Django's `LOGGING` for `style` ("json" or "console")."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    last: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if style == "json"
        else [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "bobbin": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
            }
        },
        "filters": {"ended": {"()": EndedRequests}},
        "handlers": {
            "terminal": {"class": "logging.StreamHandler", "formatter": "bobbin", "filters": ["ended"]}
        },
        "root": {"handlers": ["terminal"], "level": level},
        "loggers": {
            # Its own handlers would write each event a second time, and mail it to nobody.
            "django": {"handlers": [], "propagate": True},
            # Each request is logged once, by its end; Django's own line would tell a 404 again.
            "django.request": {"level": "ERROR"},
            # It tells every log-in in four lines; what matters of it is a warning.
            "axes": {"level": "WARNING"},
            "django.server": {"handlers": [], "propagate": True},
        },
    }
