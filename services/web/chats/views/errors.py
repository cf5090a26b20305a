"""What a member sees when something is wrong. These pages ask the database nothing."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

RETRY_SECONDS = "5"


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(400, "We could not understand that request", "Go back and try again.")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(403, "You may not do that", "If you think you should, ask whoever runs this Bobbin.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(
        403,
        "This form is too old",
        "You logged in or out since it was opened, or cookies are off. Go back, reload the page and send "
        "it again; copy your text first.",
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(404, "There is nothing here", "It was deleted, it never was, or it is not for you to see.")


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 when it is PostgreSQL that cannot be reached: that comes back by itself."""
    if not isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return _page(
            500, "That went wrong on our side", "It has been noted. Nothing you sent before is lost."
        )
    response = _page(
        503,
        "Bobbin is not available right now",
        "Your messages are safe. Try again in a few seconds. Were you sending one? Go back and send it "
        "again: it will not arrive twice.",
    )
    response.headers["Retry-After"] = RETRY_SECONDS
    return response


def _page(status: int, title: str, advice: str) -> HttpResponse:
    body = render_to_string("chats/error.html", {"status": status, "title": title, "advice": advice})
    return HttpResponse(body, status=status)
