"""Error pages with the navigation. They make no database queries."""

import sys
from types import SimpleNamespace
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts import names
from chats.cache import known_badges
from messaging.content import MAX_LENGTH, grouped

Text = str | Promise  # A text of this module is translated when a page shows it.
RETRY = {"Retry-After": "5"}
# Status, title and advice of the pages that are the same for every request.
BAD_REQUEST = 400, _("We could not understand that request"), _("Go back and try again.")
FORBIDDEN = 403, _("You do not have permission to do that"), _("Contact the operators of this site.")
OLD_FORM = (
    403,
    _("This page is out of date"),
    _(
        "You have probably logged in or out since it was opened, or cookies are off. Go back, copy your "
        "text, reload the page and send it again."
    ),
)
NOT_ALLOWED = 405, _("This address does not work that way"), _("Go back, or begin again from the inbox.")
BROKEN = 500, _("Something went wrong"), _("The error was logged. Your earlier messages are safe.")
BUSY = (
    503,
    _("Too many requests at once"),
    _("Your request was not carried out, and nothing was changed. Try again in a few seconds."),
)
UNAVAILABLE = (
    503,
    format_lazy(_("{site} is not available right now"), site=settings.SITE.name),
    _(
        "Your messages are safe. Try again in a few seconds. Were you sending one? Go back and send it "
        "again: it will not arrive twice."
    ),
)
GONE = _("It may have been deleted, or you may not have access.")
WITH_AN_ACCOUNT = _(
    "It may have been deleted, or you may not have access. Deleting an account also deletes everything that "
    "was written to it and by it."
)
NO_CONVERSATION = _(
    "You have no conversation with a member of this name. Their account may have been deleted, and with it "
    "everything that you wrote to each other. Or they have another name now: then the conversation is in "
    "your inbox, under that name."
)
ONESELF = _("This is your own name. Nobody has a conversation with themselves.")

# The values of the frame that context processors provide to other pages. Some of them would need a query.
WITHOUT_QUERIES = {
    "messages": [],
    "badges": {},
    "view_name": "",
}


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if exception is not None:
        _log_reason(type(exception).__name__)
    return _page(request, *BAD_REQUEST)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, *FORBIDDEN)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    # Omit the rest of the reason: it quotes the Referer header, which contains the path of a page.
    _log_reason(reason.partition(" - ")[0])
    return _page(request, *OLD_FORM)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Return 404, with the submitted text: a message may be deleted while a form for it is open."""
    match = request.resolver_match
    kept = request.POST.get("content", "") if match and request.method == "POST" else ""
    wanted = match.kwargs if match else {}
    advice = WITH_AN_ACCOUNT if "pk" in wanted else GONE
    # The same for a deactivated account and for a name that no account has.
    if "username" in wanted:
        advice = ONESELF if _is_own(wanted["username"], request) else NO_CONVERSATION
    return _page(request, 404, _("Page not found"), advice, kept)


def not_allowed(request: HttpRequest) -> HttpResponse:
    """Return 405, for a URL that accepts only POST, or that does not accept POST."""
    return _page(request, *NOT_ALLOWED)


def busy(request: HttpRequest) -> HttpResponse:
    """Return 503, for a request that has waited too long for memory (caching/memory.py)."""
    return _page(request, *BUSY, headers=RETRY)


def too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    """Return 429 with the submitted text, which a browser without JavaScript may lose otherwise."""
    advice = ngettext(
        "Wait %(count)s second, go back and try again.",
        "Wait %(count)s seconds, go back and try again.",
        seconds,
    )
    kept = request.POST.get("content", "")
    return _page(
        request, 429, _("Too many requests"), advice % {"count": seconds}, kept, {"Retry-After": str(seconds)}
    )


def too_large() -> HttpResponse:
    """Return 413 for a request whose size was refused before it was read, so without its session."""
    advice = _("A message can have at most %(most)s characters. Go back and shorten it.")
    return _page(None, 413, _("This message is too long"), advice % {"most": grouped(MAX_LENGTH)})


def server_error(request: HttpRequest) -> HttpResponse:
    """Return 500, or 503 if PostgreSQL cannot be reached, which is usually temporary."""
    if not isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return _page(request, *BROKEN)
    return _page(request, *UNAVAILABLE, headers=RETRY)


def _is_own(name: str, request: HttpRequest) -> bool:
    return names.key(name) == names.key(getattr(_known_user(request), "username", ""))


def _log_reason(reason: str) -> None:
    """Add the reason to the log line of this request."""
    structlog.contextvars.bind_contextvars(reason=reason)


def _page(
    request: HttpRequest | None, status: int, title: Text, advice: Text, kept: str = "", headers: Any = None
) -> HttpResponse:
    user = _known_user(request)
    context = {"status": status, "title": title, "advice": advice, "kept": kept, "user": user}
    if user and user.is_authenticated:
        context["badges"] = known_badges(user.pk)
    body = render_to_string("error.html", WITHOUT_QUERIES | context)
    return HttpResponse(body, status=status, headers=headers)


def _known_user(request: HttpRequest | None) -> Any:
    """Return the user without a query: the loaded user, or one with the id from the cached session.

    Return None if a query would be necessary. The navigation shows no more than two numbers, so it does not
    matter if the session has ended.
    """
    user = getattr(request, "_cached_user", None)
    session: Any = getattr(request, "session", None)
    if user is not None or session is None or not session.load_without_query():
        return user
    user_id = session.get(SESSION_KEY)
    if user_id is None:
        return AnonymousUser()
    return SimpleNamespace(pk=user_id, is_authenticated=True, is_staff=False, username="")
