"""The middleware that measures requests. It also sets the metrics of django-prometheus (django_http_*).

The middleware of django-prometheus looks up each metric by its labels in each request. That takes half of the
time allowed for a cached page. This module looks up each combination of labels once and keeps the result.
"""

import time
from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django_prometheus.middleware import Metrics

from observability import budgets, metrics
from observability.metrics import OTHER, suppress_errors
from observability.worker_metrics.counting import incrementer, observer

# The methods that browsers use. An invented method would create new series of django-prometheus.
METHODS = ("GET", "HEAD", "POST", "OPTIONS")
STATIC = "static"
ADMIN, ADMIN_LOGIN, ADMIN_REFUSED = "admin", "admin:login", "admin:refused"
UNNAMED = "<unnamed view>"  # The label value of django-prometheus.

Handler = Callable[[HttpRequest], HttpResponse]


class MeasureMiddleware:
    """Counts each request by view, method and status, and observes its time, queries and query time.

    Only HealthMiddleware precedes it. It answers other methods with 405 and does not count them, because
    label values come from closed sets.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        self.begin = suppress_errors(incrementer(metrics.IN_PROGRESS))
        django_metrics = Metrics.get_instance()
        self.begun = incrementer(django_metrics.requests_total)
        self.ended = incrementer(django_metrics.responses_total)
        self.latency = observer(django_metrics.requests_latency_before)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in METHODS:
            return HttpResponseNotAllowed(
                METHODS, "This method is not served here.\n", content_type="text/plain"
            )
        self.begin(1)
        began = time.perf_counter()
        try:
            response = self.get_response(request)
        finally:
            self.begin(-1)
        self.count(request, response.status_code, time.perf_counter() - began)
        return response

    @suppress_errors
    def count(self, request: HttpRequest, status: int, seconds: float) -> None:
        view = view_of(request)
        _requests(view, request.method, status)(1)
        observe_seconds, observe_queries, observe_db_seconds = _observers(view)
        observe_seconds(seconds)
        self.begun(1)
        self.ended(1)
        self.latency(seconds)
        tally: budgets.Tally | None = getattr(request, "tally", None)
        if tally is None:
            return  # The response was made before QueryBudgetMiddleware.
        observe_queries(tally.statements.total())
        observe_db_seconds(tally.seconds)
        if tally.repeats():
            metrics.REPEATED.labels(view).inc()


@cache
def _requests(view: str, method: str | None, status: int) -> Callable[[float], None]:
    return incrementer(metrics.REQUESTS.labels(view, method, status))


@cache
def _observers(view: str) -> list[Callable[[float], None]]:
    return [
        observer(metric.labels(view)) for metric in (metrics.SECONDS, metrics.QUERIES, metrics.DB_SECONDS)
    ]


def view_of(request: HttpRequest) -> str:
    """Return the name of the view in the URL configuration, or a constant: a closed set for any request.

    All refused pages of the admin site share one name. Otherwise an anonymous client that requests each of
    them with each method would create thousands of series (measured: 12,219 instead of 275).
    """
    match = request.resolver_match
    if match:
        is_refused = match.namespace == ADMIN and not getattr(request, "is_admitted_to_admin", False)
        return ADMIN_REFUSED if is_refused and match.view_name != ADMIN_LOGIN else match.view_name
    return STATIC if request.path_info.startswith(settings.STATIC_URL) else OTHER


class DjangoPrometheusMiddleware:
    """Sets the metrics of PrometheusAfterMiddleware of django-prometheus, with the same names and labels.

    It is the innermost middleware. A request that raises an exception is timed once, not twice.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        self.metrics = Metrics.get_instance()
        self.body_in = observer(self.metrics.requests_body_bytes)
        self.body_out = observer(self.metrics.responses_body_bytes)
        self.kind = cache(self.metrics_for)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        self.count(request, response, time.perf_counter() - began)
        return response

    @suppress_errors
    def count(self, request: HttpRequest, response: HttpResponse, seconds: float) -> None:
        status = response.status_code
        view = view_of(request) if request.resolver_match else None
        kind = (view, request.method, status, request.scheme, response.charset)
        observe_seconds, *counters = self.kind(*kind)
        observe_seconds(seconds)
        for increment in counters:
            increment(1)
        length = request.META.get("CONTENT_LENGTH") or "0"
        self.body_in(int(length) if length.isdecimal() else 0)
        if response.streaming:
            self.metrics.responses_streaming.inc()
        else:
            self.body_out(len(response.content))
        if request.META.get("HTTP_X_REQUESTED_WITH") == "XMLHttpRequest":
            self.metrics.requests_ajax.inc()

    def metrics_for(
        self, view: str | None, method: str | None, status: int, transport: str | None, charset: str
    ) -> tuple[Callable[[float], None], ...]:
        """Return the functions that count a request of this kind: a histogram of its time, then counters."""
        django_metrics, name = self.metrics, view or UNNAMED
        counters = [
            django_metrics.requests_by_method.labels(method=method),
            django_metrics.requests_by_transport.labels(transport=transport),
            django_metrics.responses_by_status.labels(status=status),
            django_metrics.responses_by_status_view_method.labels(status=status, view=name, method=method),
            django_metrics.responses_by_charset.labels(charset=charset),
        ]
        if view:
            labels = {"view": view, "transport": transport, "method": method}
            counters.append(django_metrics.requests_by_view_transport_method.labels(**labels))
        seconds = django_metrics.requests_latency_by_view_method.labels(view=name, method=method)
        return observer(seconds), *map(incrementer, counters)

    @suppress_errors
    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        self.metrics.exceptions_by_type.labels(type=type(exception).__name__).inc()
        view = view_of(request) if request.resolver_match else UNNAMED
        self.metrics.exceptions_by_view.labels(view=view).inc()

    def process_template_response(self, request: HttpRequest, response: Any) -> Any:
        self.count_template(response)
        return response

    @suppress_errors
    def count_template(self, response: Any) -> None:
        if hasattr(response, "template_name"):
            self.metrics.responses_by_templatename.labels(templatename=str(response.template_name)).inc()
