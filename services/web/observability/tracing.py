"""Traces with OpenTelemetry: a span for each request, and in it one for each query and each call of Redis.

Only processes with the setting OTEL_EXPORTER_OTLP_ENDPOINT import it (docs/decisions/0036-traces.md).
A span contains routes, SQL without values, and names of operations. It never contains a path, an id of a user
or an error message, because PostgreSQL quotes rows in its messages.
"""

import functools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from django.db.backends.signals import connection_created
from django.http import HttpRequest, HttpResponse
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode

from observability.measuring import METHODS
from observability.request_log import NO_ROUTE, route_of

LONGEST_SQL = 2_000
# The SQL of a query has placeholders for values. A literal could still be part of a handwritten statement.
LITERAL = re.compile(r"'(?:[^']|'')*'|\b\d+(?:\.\d+)?\b")
TABLE = re.compile(r'\b(?:FROM|INTO|UPDATE)\s+"?(\w+)')

_tracer = trace.get_tracer("bobbin")


def begin(service: str, release: str) -> None:
    """Send the spans of this process, in a background thread. The SDK reads the variables OTEL_*."""
    resource = Resource.create({"service.name": service, "service.version": release})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    connection_created.connect(_trace_connection)


@contextmanager
def span(name: str, kind: SpanKind, attributes: dict[str, str]) -> Iterator[Span]:
    with _tracer.start_as_current_span(
        name, kind=kind, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield current
        except Exception as error:
            failed(current, type(error).__name__)
            raise


def request_span(method: str) -> Any:
    """Return a span for a request. A `traceparent` of the client is ignored: it could request any trace."""
    return span(method, SpanKind.SERVER, {"http.request.method": method})


def answered(current: Span, route: str, status: int) -> None:
    if route != NO_ROUTE:
        current.update_name(f"{current.name} {route}")
        current.set_attribute("http.route", route)
    current.set_attribute("http.response.status_code", status)
    if status >= 500:
        failed(current, str(status))


def failed(current: Span, kind: str) -> None:
    current.set_attribute("error.type", kind)
    current.set_status(StatusCode.ERROR)


def is_traced() -> bool:
    """Return whether the current request is sampled. Work outside of a request is not traced."""
    return bool(trace.get_current_span().is_recording())


class TraceMiddleware:
    """Makes the span of each request. Log lines of a sampled request contain its `trace_id`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        method = request.method if request.method in METHODS else "_OTHER"
        with request_span(method) as current:
            if not current.is_recording():
                return self.get_response(request)
            trace_id = trace.format_trace_id(current.get_span_context().trace_id)
            with structlog.contextvars.bound_contextvars(trace_id=trace_id):
                response = self.get_response(request)
            answered(current, route_of(request), response.status_code)
            return response


def _trace_connection(sender: Any, connection: Any, **kwargs: Any) -> None:
    if _trace_query not in connection.execute_wrappers:  # The signal is sent again after a reconnection.
        # First: `connection.execute_wrapper()` removes the last wrapper at its end.
        connection.execute_wrappers.insert(0, _trace_query)


def _trace_query(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    if not is_traced():
        return execute(sql, params, many, context)
    name, attributes = _described(sql)
    with span(name, SpanKind.CLIENT, attributes):
        return execute(sql, params, many, context)


@functools.lru_cache(maxsize=1_000)
def _described(sql: str) -> tuple[str, dict[str, str]]:
    """Return the name and the attributes of the span of a statement."""
    text = LITERAL.sub("?", " ".join(sql.split()))
    operation = text.partition(" ")[0].upper()
    table = TABLE.search(text)
    attributes = {
        "db.system.name": "postgresql",
        "db.operation.name": operation,
        "db.query.text": text[:LONGEST_SQL],
    }
    if table:
        attributes["db.collection.name"] = table[1]
    return f"{operation} {table[1]}" if table else operation, attributes
