"""The request log contains routes, not paths: paths and queries contain user names and search words."""

import logging
import re

import structlog
from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware

from observability.client import address_of

NO_ROUTE = "(no route)"
# gunicorn quotes the request line or the header after the reason.
REFUSAL = re.compile(r"(Invalid request from ip=\S*: [^:]*).*", re.DOTALL)


class RequestLogMiddleware(RequestMiddleware):
    """Like that of django-structlog, but logs `GET /chats/with/<username:username>/`, not path and query."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {route_of(request)}"

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        """Log the address that rate limits use. django-structlog would trust any of 30 headers."""
        structlog.contextvars.bind_contextvars(ip=address_of(request))


class RoutesInsteadOfPaths(logging.Filter):
    """Replace the path of the request in the log records that Django writes itself.

    Django passes the path as an argument of the record, in `django.request` and `django.security.*`.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest) and isinstance(record.args, tuple):
            paths = {request.path, request.get_full_path()}
            record.args = tuple(route_of(request) if value in paths else value for value in record.args)
        return True


class RefusalsWithoutTheirRequest(logging.Filter):
    """Remove what gunicorn quotes of a request that it cannot parse: the path, the query or a header."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.msg, str):
            record.msg = REFUSAL.sub(r"\1", record.msg)
            if record.msg.startswith("Error handling request"):
                record.msg, record.args = "Error handling request", ()
        return True


def route_of(request: HttpRequest) -> str:
    """Return the matched route, as written in the URL configuration, or "(no route)"."""
    match = request.resolver_match
    return f"/{match.route}" if match else NO_ROUTE
