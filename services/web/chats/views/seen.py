"""Marking as read: with JavaScript what was seen, without it what was rendered (docs/decisions/0015)."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.views.decorators.http import require_POST

from accounts.requests import MemberRequest
from chats.context import badges_of
from chats.pages import LARGEST_KEY
from messaging.models import Message
from observability.budgets import query_budget

MOST = 100  # Messages in one request.
COOKIE = "script"  # "yes" is set by seen.js, "no" by a page that its `noscript` asked for again.

COOKIE_SECONDS = 60 * 60 * 24 * 365
PLAIN = "no"
AT = "at"  # The message of the fragment, for the address of the `noscript`.


@query_budget(4)
@require_POST
@login_required
def seen(request: MemberRequest) -> HttpResponse:
    """Mark the messages of `ids` as read, of those that the member received; answer with the badges."""
    texts = request.POST.get("ids", "").split(",")
    if len(texts) > MOST or not all(_is_key(text) for text in texts):
        return HttpResponseBadRequest("ids: at most 100 numbers with commas between them.\n")
    Message.objects.mark_seen(request.user, [int(text) for text in texts])
    return JsonResponse({"member": request.user.pk} | badges_of(request.user.pk, None))


def is_shown(request: HttpRequest) -> bool:
    """Whether somebody looks at the answer: not for HEAD, nor when a browser fetches a page in advance."""
    purposes = (request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"))
    return request.method == "GET" and not any(
        word in purpose.lower() for purpose in purposes for word in ("prefetch", "prerender", "preview")
    )


def marks_by_script(request: HttpRequest) -> bool:
    """Whether a script on the page will say what was seen.

    A browser that has not told yet is taken for one with JavaScript; if it has none, the page asks it to come
    again (`is_plain`). Programs send none of these headers.
    """
    if is_plain(request):
        return False
    is_browser = "Sec-Fetch-Mode" in request.headers or "Upgrade-Insecure-Requests" in request.headers
    return is_browser or request.COOKIES.get(COOKIE) == "yes"


def is_plain(request: HttpRequest) -> bool:
    """Whether this browser has no JavaScript: it followed the page's `noscript`, now or before."""
    return _followed_noscript(request) or request.COOKIES.get(COOKIE) == PLAIN


def remember_plain(request: HttpRequest, response: HttpResponse) -> None:
    if _followed_noscript(request):
        response.set_cookie(
            COOKIE, PLAIN, COOKIE_SECONDS, secure=settings.SESSION_COOKIE_SECURE, samesite="Lax"
        )


def plain_address(request: HttpRequest) -> str:
    """The same page for a browser without JavaScript."""
    query = request.GET.copy()
    query[COOKIE] = PLAIN
    at = query.pop(AT, [""])[-1]
    return f"?{query.urlencode()}{f'#m{at}' if _is_key(at) else ''}"


def may_come_again(request: HttpRequest) -> bool:
    """Whether the page's `noscript` may ask this browser again, which drops the fragment of the address."""
    return COOKIE not in request.COOKIES and marks_by_script(request)


def _followed_noscript(request: HttpRequest) -> bool:
    # Another site must not choose for a member how much of a page counts as read.
    is_ours = request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
    return is_ours and request.GET.get(COOKIE) == PLAIN


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20 and 0 < int(text) <= LARGEST_KEY
