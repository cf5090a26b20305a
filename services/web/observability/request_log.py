"""The request log contains routes, not paths: paths and queries contain user names and search words."""

import logging
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse

from observability.client import address_of

NO_ROUTE = "(no route)"
LEVELS = {4: logging.WARNING, 5: logging.ERROR}
# gunicorn quotes the request line or the header after the reason.
REFUSAL = re.compile(r"(Invalid request from ip=\S*: [^:]*).*", re.DOTALL)


log = structlog.get_logger(__name__)


class RequestLogMiddleware:
    """Logs one line at the end of each request, except for static files.

    All log lines of a request contain its `request_id` and `ip`. The address is the one that rate limits use.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(settings.STATIC_URL):
            return self.get_response(request)
        start = time.perf_counter()
        structlog.contextvars.bind_contextvars(request_id=_id_of(request), ip=address_of(request))
        response = self.get_response(request)
        log.log(
            LEVELS.get(response.status_code // 100, logging.INFO),
            "request_finished",
            request=f"{request.method} {route_of(request)}",
            code=response.status_code,
            seconds=round(time.perf_counter() - start, 4),
            user_id=_user_id_of(request),
        )
        structlog.contextvars.clear_contextvars()  # Including what views have added, such as the reason.
        return response


def _id_of(request: HttpRequest) -> str:
    """Return the id that our proxy validated. Without a proxy, a client could choose any text."""
    return (settings.PROXY_COUNT and request.META.get("HTTP_X_REQUEST_ID")) or str(uuid.uuid4())


def _user_id_of(request: HttpRequest) -> int | None:
    """Return the id of the user, if this request has loaded the user or the session."""
    user: Any = getattr(request, "_cached_user", None)
    session: Any = getattr(request, "session", None)
    user_id: int | str | None = getattr(request, "reader_id", None)  # Of a stored page.
    if user is not None:
        user_id = user.pk
    elif session is not None and session.accessed and session.load_without_query():
        user_id = session.get(SESSION_KEY)
    return int(user_id) if user_id else None


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
