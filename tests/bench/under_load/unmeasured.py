"""Bobbin with nothing measured: what its metrics cost is the difference. Budgets are tallied in both."""

from chats import cached_pages
from config.postgresql import base
from observability import cache


def leave_out() -> None:
    """Before the first request: no counting of reads from the cache, of statements, of connections."""
    cached_pages.count = cache.count = _nothing
    base.counting = lambda cursor_class, alias, vendor: cursor_class
    base._count_attempt = base._count_failure = base._count_open = base._count_closed = _nothing


def _nothing(*args: object) -> None:
    pass
