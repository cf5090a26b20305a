"""Search in the messages of the user."""

import math
import re
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.decorators import member_view
from accounts.requests import LARGEST_KEY
from caching.generations import generation_of
from chats.requests import PageRequest
from messaging.search import MOST_FOUND, MOST_RANKED, parse, search

PAGE_SIZE = 25
# Position in the order, id, and number of results up to this one.
KEY = re.compile(r"(\d{1,18}(?:\.\d{1,20})?(?:e-\d{1,3})?)_(\d{1,19})(?:_(\d{1,4}))?", re.ASCII)
BEST = "best"


@member_view(budget=4)
def page(request: PageRequest) -> HttpResponse:
    """Show the newest matches first. With `?order=best`, sort by rank; if the rank is equal, by time."""
    # Read the generation before the database. If the page did not contain it, its script would search again.
    request.generation = request.as_of = generation_of(request.user.pk)
    text, last = request.GET.get("q", "").strip(), _last(request)
    best = request.GET.get("order") == BEST
    context: dict[str, Any] = {"q": text, "best": best, "most": MOST_RANKED if best else MOST_FOUND}
    context |= dict.fromkeys(("error", "results", "rows", "last", "wordless", "following"))
    if not text:
        return render(request, "chats/search.html", context)
    place, shown = last[:2] if last else None, last[2] if last else 0
    try:
        wanted = parse(text, request.user.username)
        results = search(request.user.pk, wanted, PAGE_SIZE, best=best, last=place, shown=shown)
    except ValidationError as error:
        return render(request, "chats/search.html", context | {"error": error.message}, status=422)
    context |= {"results": results, "rows": results.rows, "last": last, "wordless": wanted.is_wordless}
    if results.more:
        final = results.rows[-1]
        context["following"] = f"{final.place!r}_{final.id}_{shown + len(results.rows)}"
    return render(request, "chats/search.html", context)


def _last(request: HttpRequest) -> tuple[float, int, int] | None:
    """Return position and id of the last row of the previous page, and the number of results up to it.

    Return None for the first page. Raise Http404 for an invalid key.
    """
    text = request.GET.get("last")
    if text is None:
        return None
    found = KEY.fullmatch(text)
    if not found or int(found[2]) > LARGEST_KEY or not math.isfinite(float(found[1])):
        raise Http404
    place = int(found[1]) if found[1].isdigit() else float(found[1])
    return place, int(found[2]), int(found[3] or 0)
