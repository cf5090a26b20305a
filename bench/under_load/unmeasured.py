"""Disables the metrics, to measure their cost. Query budgets are still counted."""

from caching import backend, private_pages
from config.postgresql import base


def leave_out() -> None:
    """Disable the counting of cache reads, statements and connections. Call it before the first request."""
    private_pages.count = backend.count = _nothing
    base.counting = lambda cursor_class, alias, vendor: cursor_class
    base._count_attempt = base._count_failure = base._count_open = base._count_closed = _nothing


def _nothing(*args: object) -> None:
    pass
