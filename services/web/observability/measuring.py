"""The middlewares that measure requests: our own around everything, and django-prometheus'.

What they look up by labels they keep: looking up takes as long as counting.
"""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django_prometheus import middleware as theirs

from observability import budgets, metrics
from observability.metrics import OTHER

# What browsers use. A made-up method would become a label of django-prometheus' metrics.
METHODS = ("GET", "HEAD", "POST", "OPTIONS")
STATIC = "static"


class KnownMethodsMiddleware:
    """Answers 405 to any other method, before anything is counted: labels come from closed sets."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        return self.get_response(request)


class MeasureMiddleware:
    """Counts each request by view, method and status, with its time and what it asked of the database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.counts = _Counts()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begin()
        began = time.perf_counter()
        try:
            response = self.get_response(request)
        finally:
            end()
        self.counts.count(request, response.status_code, time.perf_counter() - began)
        return response


begin = metrics.harmless(metrics.IN_PROGRESS.inc)
end = metrics.harmless(metrics.IN_PROGRESS.dec)


class _Counts:
    def __init__(self) -> None:
        self.requests: dict[tuple[str, str | None, int], Any] = {}
        self.views: dict[str, tuple[Any, Any, Any]] = {}

    @metrics.harmless
    def count(self, request: HttpRequest, status: int, seconds: float) -> None:
        view = view_of(request)
        what = (view, request.method, status)
        if what not in self.requests:
            self.requests[what] = metrics.REQUESTS.labels(*what).inc
        self.requests[what]()
        if view not in self.views:
            of_a_view = (metrics.SECONDS, metrics.QUERIES, metrics.DB_SECONDS)
            self.views[view] = tuple(metric.labels(view).observe for metric in of_a_view)  # type: ignore
        observe_seconds, observe_queries, observe_db_seconds = self.views[view]
        observe_seconds(seconds)
        tally: budgets.Tally | None = getattr(request, "tally", None)
        if tally is None:
            return  # Answered before anything could ask.
        observe_queries(tally.statements.total())
        observe_db_seconds(tally.seconds)
        if any(times >= budgets.REPEATS for times in tally.statements.values()):
            metrics.REPEATED.labels(view).inc()


def view_of(request: HttpRequest) -> str:
    """The name of its view in the URL configuration: a closed set, whatever is asked for."""
    if request.resolver_match:
        return request.resolver_match.view_name
    return STATIC if request.path_info.startswith(settings.STATIC_URL) else OTHER


class _Harmless:
    """A middleware of django-prometheus whose failures fail no request."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.before = metrics.harmless(super().process_request)  # type: ignore[misc]
        self.after = metrics.harmless(super().process_response)  # type: ignore[misc]

    def process_request(self, request: HttpRequest) -> None:
        self.before(request)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        self.after(request, response)
        return response


class BeforeMiddleware(_Harmless, theirs.PrometheusBeforeMiddleware):
    """Outermost."""


class AfterMiddleware(_Harmless, theirs.PrometheusAfterMiddleware):
    """Innermost."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.children: dict[tuple[Any, ...], Any] = {}

    def label_metric(self, metric: Any, request: Any, response: Any = None, **labels: Any) -> Any:
        if not labels:
            return metric
        key = (metric, *labels.values())
        child = self.children.get(key)
        if child is None:
            child = self.children[key] = metric.labels(**labels)
        return child

    @metrics.harmless
    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Theirs, without the time: it is observed once more when the answer is made."""
        name = type(exception).__name__
        self.label_metric(self.metrics.exceptions_by_type, request, type=name).inc()
        self.label_metric(self.metrics.exceptions_by_view, request, view=self._get_view_name(request)).inc()
