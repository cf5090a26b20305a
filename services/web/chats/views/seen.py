"""Marking of messages as read (docs/decisions/0015).

With JavaScript, the messages that were visible are marked. Without it, the rendered messages are marked.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import redirect

from accounts.decorators import READ_AND_SEND, member_view
from accounts.requests import MemberRequest, is_id, is_in_advance
from chats.cache import badges
from messaging.models import Message

MOST = 100  # Messages in one request.
COOKIE = "script"  # seen.js sets "yes". The response to a request of a `noscript` element sets "no".

COOKIE_SECONDS = 60 * 60 * 24 * 365
PLAIN = "no"


@member_view(budget=4, methods=READ_AND_SEND)
def seen(request: MemberRequest) -> HttpResponse:
    """Mark those of the messages in `ids` as read that the user received. Return the badges as JSON.

    A GET, after a log-in, only redirects to the inbox.
    """
    if request.method != "POST":
        return redirect("chats:inbox")
    texts = request.POST.get("ids", "").split(",")
    if len(texts) > MOST or not all(is_id(text) for text in texts):
        return HttpResponseBadRequest("ids: at most 100 numbers with commas between them.\n")
    Message.objects.mark_seen(request.user, [int(text) for text in texts])
    return JsonResponse({"member": request.user.pk} | badges(request.user.pk))


def is_shown(request: HttpRequest) -> bool:
    """Return whether the user will see the response.

    False for HEAD, for a prefetch by the browser, and for a part of another page, such as an image.
    """
    is_page = request.headers.get("Sec-Fetch-Dest", "document") == "document"
    return request.method == "GET" and is_page and not is_in_advance(request)


def marks_by_script(request: HttpRequest) -> bool:
    """Return whether a script on the page will report the seen messages.

    A browser without the cookie is treated as a browser with JavaScript. If it has none, the `noscript`
    element makes it load the page again (`is_plain`). Programs that are not browsers send none of these
    headers.
    """
    if is_plain(request):
        return False
    is_browser = "Sec-Fetch-Mode" in request.headers or "Upgrade-Insecure-Requests" in request.headers
    return is_browser or request.COOKIES.get(COOKIE) == "yes"


def is_plain(request: HttpRequest) -> bool:
    """Return whether this browser has no JavaScript: it has followed a `noscript` element, now or before."""
    return _followed_noscript(request) or request.COOKIES.get(COOKIE) == PLAIN


def remember_plain(request: HttpRequest, response: HttpResponse) -> None:
    if _followed_noscript(request) and is_shown(request):
        response.set_cookie(
            COOKIE, PLAIN, COOKIE_SECONDS, secure=settings.SESSION_COOKIE_SECURE, samesite="Lax"
        )


def plain_address(request: HttpRequest) -> str:
    """Return the URL of the same page for a browser without JavaScript.

    A reload drops the fragment, so it is made from `?at=` again.
    """
    query = request.GET.copy()
    query[COOKIE] = PLAIN
    at = query.get("at", "")
    return f"?{query.urlencode()}{f'#m{at}' if is_id(at) else ''}"


def has_script(request: HttpRequest) -> bool:
    """Return whether a script of Bobbin has run in this browser, so its pages depend on no cookie."""
    return request.COOKIES.get(COOKIE) == "yes" and COOKIE not in request.GET


def _followed_noscript(request: HttpRequest) -> bool:
    # Another site must not choose which messages of a user are marked as read.
    is_same_origin = request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
    return is_same_origin and request.GET.get(COOKIE) == PLAIN
