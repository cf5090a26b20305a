"""What a member sees when something is wrong, with the navigation. These pages ask the database nothing."""

import logging
import sys
from types import SimpleNamespace
from typing import Any

import structlog
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

RETRY_SECONDS = "5"
GONE = "It was deleted, it never was, or it is not for you to see."
WITH_AN_ACCOUNT = f"{GONE} Deleting an account also deletes everything that was written to it and by it."
# By the name of the view. The same whether a member of this name exists: it must not tell a stranger.
NOT_FOUND = {
    "chats:conversation": "You have no conversation with a member of this name. Their account may have been "
    "deleted, and with it everything that you wrote to each other. Or they have another name now: then the "
    "conversation is in your inbox, under that name.",
    **dict.fromkeys(
        [f"chats:{name}" for name in ("conversation_by_id", "thread", "message", "history", "reply", "edit",
                                      "first_unread", "mark_unread", "notification_read")],
        WITH_AN_ACCOUNT,
    ),
}  # fmt: skip

log = logging.getLogger(__name__)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if exception is not None:
        _log_reason(type(exception).__name__)
    return _page(request, 400, "We could not understand that request", "Go back and try again.")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(
        request, 403, "You may not do that", "If you think you should, ask whoever runs this Bobbin."
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    # What follows quotes the header: a referrer holds the path of a page.
    _log_reason(reason.partition(" - ")[0])
    return _page(
        request,
        403,
        "This form is too old",
        "You logged in or out since it was opened, or cookies are off. Go back, copy your text, reload the "
        "page and send it again.",
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404, with the text of a form whose message was deleted meanwhile."""
    match = request.resolver_match
    kept = request.POST.get("content", "") if match and request.method == "POST" else ""
    advice = NOT_FOUND.get(match.view_name if match else "", GONE)
    return _page(request, 404, "There is nothing here", advice, kept=kept)


def not_allowed(request: HttpRequest) -> HttpResponse:
    """405: an address that only forms are sent to, or that no form is."""
    return _page(
        request, 405, "This address does not work that way", "Go back, or begin again from the inbox."
    )


def too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    """429, with the text that was sent: a browser without JavaScript has it nowhere else."""
    advice = f"Wait {seconds} second{'' if seconds == 1 else 's'}, go back and try again."
    response = _page(request, 429, "That was too often", advice, kept=request.POST.get("content", ""))
    response.headers["Retry-After"] = str(seconds)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 when it is PostgreSQL that cannot be reached: that comes back by itself."""
    if not isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return _page(
            request, 500, "That went wrong on our side", "It has been noted. Nothing you sent before is lost."
        )
    response = _page(
        request,
        503,
        "Bobbin is not available right now",
        "Your messages are safe. Try again in a few seconds. Were you sending one? Go back and send it "
        "again: it will not arrive twice.",
    )
    response.headers["Retry-After"] = RETRY_SECONDS
    return response


def _log_reason(reason: str) -> None:
    """Add it to the line that the end of this request writes, or log it by itself when there will be none."""
    if "request_id" in structlog.contextvars.get_contextvars():
        structlog.contextvars.bind_contextvars(reason=reason)
    else:  # Refused before the request log begins, where HTTPS is enforced.
        log.warning("A request was refused: %s", reason)


def _page(request: HttpRequest, status: int, title: str, advice: str, kept: str = "") -> HttpResponse:
    context = {"status": status, "title": title, "advice": advice, "kept": kept}
    body = render_to_string("chats/error.html", context | {"user": _known_user(request)})
    return HttpResponse(body, status=status)


def _known_user(request: HttpRequest) -> Any:
    """Who asks, as far as that costs no query: the loaded user, or the id in the session's copy in Redis.

    None when it would cost one. The navigation shows nothing private, so an ended session may see it.
    """
    user = getattr(request, "_cached_user", None)
    session: Any = getattr(request, "session", None)
    if user is not None or session is None or not session.load_without_query():
        return user
    user_id = session.get(SESSION_KEY)
    if user_id is None:
        return AnonymousUser()
    return SimpleNamespace(pk=user_id, is_authenticated=True, username="Account")
