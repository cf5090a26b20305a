"""Callbacks that run after the commit of a transaction."""

import functools
from collections.abc import Callable
from typing import Any

from django.db import connections, transaction


def on_commit(using: str, call: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    """Call `call` with the arguments once the transaction on `using` is committed; log its errors.

    A cache or a metric that fails must not make a committed message look as if it had failed. The callback is
    not a partial: Django logs the `__qualname__` of a failed callback, and a partial does not have one.
    """

    @functools.wraps(call)
    def run() -> None:
        call(*args, **kwargs)

    transaction.on_commit(run, using=using, robust=True)


def on_commit_once(using: str, call: Callable[[], Any]) -> None:
    """Like `on_commit`, but register `call` only once in a transaction."""
    waiting = (entry[1] for entry in connections[using].run_on_commit)
    if not any(getattr(run, "__wrapped__", None) is call for run in waiting):
        on_commit(using, call)
