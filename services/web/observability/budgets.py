"""Query budgets: the number of queries that a view may make in one request, including middleware.

A view declares its budget with the decorator `query_budget`, and the middleware counts. Tests fail when a
request exceeds its budget; in production it is logged and counted in the metrics. docs/recipes.md, "Add a
page", lists the files of a page with a budget. docs/architecture.md lists all budgets.
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
from observability.log_limit import LogLimit
from observability.metrics import OTHER

View = TypeVar("View", bound=Callable[..., Any])

# Sent when a request made more queries than the budget of its view. Sender: QueryBudgetMiddleware.
# Arguments: view (name), budget, statements (Counter of SQL without values).
budget_exceeded = Signal()

REPEATS = 10  # So many executions of one statement in a request look like N+1 queries.
# Savepoints cost the database little, and tests, which run in a transaction, have more of them.
NOT_COUNTED = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT")

log = logging.getLogger(__name__)
# The name of the current view, a label of the cache counters.
current_view: ContextVar[str] = ContextVar("current_view", default=OTHER)
_allowed: ContextVar[int] = ContextVar("queries allowed beyond the budget", default=0)


def query_budget(most: int) -> Callable[[View], View]:
    """Declare that a view makes at most `most` queries per request.

    The budget assumes that the page is not in the cache and that the session is.
    """

    def declare(view: View) -> View:
        view.query_budget = most  # type: ignore[attr-defined]  # an attribute of our own
        return view

    return declare


def allow(queries: int) -> None:
    """Allow this request more queries: budgets assume a warm session, and this session was not cached."""
    _allowed.set(_allowed.get() + queries)


def declared() -> dict[str, int]:
    """Return the declared budgets, by the view name in the URL configuration, such as `chats:inbox`."""
    return {name: view.query_budget for name, view in views() if hasattr(view, "query_budget")}


def views() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the name and the callback of every view. The name equals `resolver_match.view_name`."""
    yield from _views(get_resolver(), [])


def _views(resolver: URLResolver, namespaces: list[str]) -> Iterator[tuple[str, Callable[..., Any]]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _views(entry, [*namespaces, entry.namespace] if entry.namespace else namespaces)
        else:
            yield ":".join([*namespaces, entry.name or entry.lookup_str]), entry.callback


@metrics.suppress_errors
def publish_budgets() -> None:
    """Set the gauges of all budgets at the start, and create the counters of exceeded budgets."""
    for name, budget in declared().items():
        metrics.BUDGET.labels(name).set(budget)
        metrics.EXCEEDED.labels(name)
        metrics.REPEATED.labels(name)


class Tally:
    """Counts how often a request makes each SQL statement (without its values), and adds up their time."""

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
        """Return whether the request repeated one statement at least REPEATS times, as N+1 queries do."""
        return max(self.statements.values(), default=0) >= REPEATS


class QueryBudgetMiddleware:
    """Counts the queries of each request, on all databases. It precedes all middleware that makes queries."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.log_limit = LogLimit()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        tally = request.tally = Tally()  # type: ignore[attr-defined]  # For the metrics.
        _allowed.set(0)
        with ExitStack() as counting:
            counting.callback(current_view.set, OTHER)  # Later work of the thread is not part of it.
            # Wrap all connections, including those that this thread has not opened yet.
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
        # Not `request.user`: evaluating it could make the query that the view avoided.
        if getattr(getattr(request, "_cached_user", None), "is_staff", False):
            response.headers["X-Query-Count"] = f"{made}/{budget}"
        if made > budget + _allowed.get():
            metrics.suppress_errors(metrics.EXCEEDED.labels(match.view_name).inc)()
            budget_exceeded.send(
                sender=type(self), view=match.view_name, budget=budget, statements=statements
            )
            if self.log_limit.allows(match.view_name):
                shapes = "; ".join(f"{count}x {sql[:200]}" for sql, count in statements.most_common())
                log.warning("%s made %d queries, its budget is %d: %s", match.view_name, made, budget, shapes)
