"""Search among one's own messages."""

import math
import re

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.requests import MemberRequest
from chats.pages import LARGEST_KEY, split
from messaging.search import MOST_RANKED, Found, parse, search
from observability.budgets import query_budget

PAGE_SIZE = 25
KEY = re.compile(r"(\d{1,3}(?:\.\d{1,20})?(?:e-\d{1,3})?)_(\d{1,19})", re.ASCII)


@query_budget(3)
@require_safe
@login_required
def page(request: MemberRequest) -> HttpResponse:
    """The best matches first, and of equally good ones the latest."""
    text, last = request.GET.get("q", "").strip(), _last(request)
    context = {"q": text, "most": MOST_RANKED}
    if not text:
        return render(request, "chats/search.html", context)
    try:
        found = search(request.user.pk, parse(text, request.user.username), PAGE_SIZE + 1, last)
    except ValidationError as error:
        return render(request, "chats/search.html", context | {"error": error.message}, status=422)
    rows, more = split(found, PAGE_SIZE)
    context |= {"rows": rows, "last": last, "following": _key(rows[-1]) if more else None}
    return render(request, "chats/search.html", context)


def _key(row: Found) -> str:
    return f"{row.rank!r}_{row.id}"


def _last(request: HttpRequest) -> tuple[float, int] | None:
    """The rank and id of the last row of the page before. A made-up one is an address that does not exist."""
    text = request.GET.get("last")
    if text is None:
        return None
    found = KEY.fullmatch(text)
    if not found or int(found[2]) > LARGEST_KEY or not math.isfinite(float(found[1])):
        raise Http404
    return float(found[1]), int(found[2])
