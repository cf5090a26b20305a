"""Query budgets: how many queries a view may make for one request, everything included.

A view declares its budget beside itself; the middleware counts; tests fail on an excess, production logs it
and counts it in the metrics.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from contextvars import ContextVar
from typing import Any, TypeVar

from django.db import connections
from django.dispatch import Signal
from django.http import HttpRequest, HttpResponse
from django.urls import URLResolver, get_resolver

from observability import metrics
from observability.cache import current_view
from observability.metrics import OTHER

View = TypeVar("View", bound=Callable[..., Any])

# Sent when a request made more queries than its view may. Sender: QueryBudgetMiddleware.
# Arguments: view (name), budget, statements (Counter of SQL without values).
budget_exceeded = Signal()

REPEATS = 10  # From here on the same statement in one request looks like one for each row.
LOG_EVERY = 60.0  # Seconds between two log lines about one view, in one process.
# Nested transactions: they cost no work of the database, and in production there are none.
NOT_COUNTED = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT")

log = logging.getLogger(__name__)
_allowed: ContextVar[int] = ContextVar("queries allowed beyond the budget", default=0)


def query_budget(most: int) -> Callable[[View], View]:
    """Declare that a view makes at most `most` queries a request: cold page cache, warm session."""

    def declare(view: View) -> View:
        view.query_budget = most  # type: ignore[attr-defined]
        return view

    return declare


def allow(queries: int) -> None:
    """Let this request make so many queries more: budgets are for a warm session, and this one was cold."""
    _allowed.set(_allowed.get() + queries)


def declared() -> dict[str, int]:
    """The budget of each view that has one, by the view's name in the URL configuration: `chats:inbox`."""
    budgets = {name: getattr(view, "query_budget", None) for name, view in views()}
    return {name: budget for name, budget in budgets.items() if budget is not None}


def views() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every view of the URL configuration, by the name that `resolver_match.view_name` has."""
    yield from _views(get_resolver(), [])


def _views(resolver: URLResolver, namespaces: list[str]) -> Iterator[tuple[str, Callable[..., Any]]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _views(entry, [*namespaces, entry.namespace] if entry.namespace else namespaces)
        else:
            yield ":".join([*namespaces, entry.name or entry.lookup_str]), entry.callback


@metrics.harmless
def tell() -> None:
    """Show the budgets beside what they are compared with, from the start."""
    for name, budget in declared().items():
        metrics.BUDGET.labels(name).set(budget)
        metrics.EXCEEDED.labels(name)
        metrics.REPEATED.labels(name)


class Tally:
    """The statements of one request, without their values, and the time that they took."""

    def __init__(self) -> None:
        self.statements: Counter[str] = Counter()
        self.seconds = 0.0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(NOT_COUNTED):
            return execute(sql, params, many, context)
        self.statements[" ".join(sql.split())] += 1
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.seconds += time.perf_counter() - began

    def repeats(self) -> bool:
        """Whether it looks as if one statement was made for each row."""
        return len(self.statements) > 0 and max(self.statements.values()) >= REPEATS


class QueryBudgetMiddleware:
    """Counts the queries of each request, on every database; stands before everything that may ask."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.logged: dict[str, float] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        tally = request.tally = Tally()  # type: ignore[attr-defined]  # For the metrics.
        _allowed.set(0)
        with ExitStack() as counting:
            counting.callback(current_view.set, OTHER)  # What this thread does next is no part of it.
            # All of them: a connection that this thread has not opened yet would be missed otherwise.
            for connection in connections.all():
                counting.enter_context(connection.execute_wrapper(tally))
            response = self.get_response(request)
        self.compare(request, response, tally.statements)
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        if request.resolver_match:
            current_view.set(request.resolver_match.view_name)

    def compare(self, request: HttpRequest, response: HttpResponse, statements: Counter[str]) -> None:
        match = request.resolver_match
        budget = getattr(match.func, "query_budget", None) if match else None
        if match is None or budget is None:
            return
        made = statements.total()
        # Not `request.user`: asking who it is could cost the query that was saved.
        if getattr(getattr(request, "_cached_user", None), "is_staff", False):
            response.headers["X-Query-Count"] = f"{made}/{budget}"
        if made > budget + _allowed.get():
            metrics.harmless(metrics.EXCEEDED.labels(match.view_name).inc)()
            budget_exceeded.send(
                sender=type(self), view=match.view_name, budget=budget, statements=statements
            )
            self.log_once(match.view_name, budget, statements)

    def log_once(self, view: str, budget: int, statements: Counter[str]) -> None:
        now = time.monotonic()
        if now - self.logged.get(view, -LOG_EVERY) >= LOG_EVERY:
            self.logged[view] = now
            shapes = "; ".join(f"{count}x {sql[:200]}" for sql, count in statements.most_common())
            log.warning("%s made %d queries, its budget is %d: %s", view, statements.total(), budget, shapes)
