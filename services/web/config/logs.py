"""Logging to standard error, one line per event: JSON, or coloured text for a terminal."""

import re
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


# psycopg appends PostgreSQL's DETAIL and CONTEXT to an error. They quote values of the row, such as messages.
_ROW_VALUES = re.compile(
    r"\n(?:DETAIL|CONTEXT): .*?(?=\n\n(?:The above exception|During handling)|\Z)", flags=re.DOTALL
)


def remove_values_of_rows(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Remove the row values that PostgreSQL quotes from a formatted traceback. A structlog processor."""
    if "exception" in event:
        event["exception"] = _ROW_VALUES.sub("", event["exception"])
    return event


def logging_settings(style: str, level: str) -> dict[str, Any]:
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
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if style == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    last = [structlog.processors.format_exc_info, remove_values_of_rows, renderer]
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
        "filters": {"routes": {"()": "observability.request_log.RoutesInsteadOfPaths"}},
        "handlers": {
            "terminal": {
                "class": "logging.StreamHandler",
                "formatter": "bobbin",
                "filters": ["routes"],
            }
        },
        "root": {"handlers": ["terminal"], "level": level},
        "loggers": {
            # Django's own handlers would write each event twice, and mail it to ADMINS, which is empty.
            "django": {"handlers": [], "propagate": True},
            # Each request is logged once, at its end. Django's own line would repeat a 404.
            "django.request": {"level": "ERROR"},
            # The same applies to errors such as a wrong host; the event at the end contains the reason.
            "django.security": {"level": "CRITICAL"},
            # django-axes logs each log-in in four lines. Only its warnings are needed.
            "axes": {"level": "WARNING"},
            "django.server": {"handlers": [], "propagate": True},
        },
    }
