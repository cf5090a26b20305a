"""Search in the messages of the user, and for people."""

import math
import re
from typing import Any
from urllib.parse import quote, urlencode

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from accounts import names
from accounts.decorators import member_view
from accounts.models import User
from accounts.requests import LARGEST_KEY, MemberRequest
from caching.generations import generation_of
from chats.cache import suggestions
from chats.formatting import without_markers
from chats.limits import seconds_to_next
from chats.requests import PageRequest
from messaging import counterparts
from messaging.search import MOST_FOUND, MOST_RANKED, Found, Results, parse, search
from messaging.search.fields import RECEIVED, SENT, Fields, read

PAGE_SIZE = 25
# Position in the order, id, and number of results up to this one.
KEY = re.compile(r"(\d{1,18}(?:\.\d{1,20})?(?:e-\d{1,3})?)_(\d{1,19})(?:_(\d{1,4}))?", re.ASCII)
BEST = "best"
# In the finder. A search for fewer letters would find too much, but one character of Chinese may be a word.
SHORTEST = 3
FIRST_OF_EASTERN_SCRIPTS = "\u2e80"  # Radicals of Chinese. Letters of Japanese and Korean, and emoji, follow.
MOST_IN_FINDER = 5
SECONDS_IN_FINDER = 0.5  # Its people wait for its messages.
PARAMETERS = {"person": "with", "way": "way", "after": "after", "before": "before"}


@member_view(budget=4)
def page(request: PageRequest) -> HttpResponse:
    """Show the newest matches first. With `?order=best`, sort by rank; if the rank is equal, by time."""
    # Read the generation before the database. If the page did not contain it, its script would search again.
    request.generation = request.as_of = generation_of(request.user.pk)
    text, fields, last = request.GET.get("q", "").strip(), _fields(request), _last(request)
    best = request.GET.get("order") == BEST
    context: dict[str, Any] = {
        "q": text,
        "fields": fields,
        "best": best,
        "most": MOST_RANKED if best else MOST_FOUND,
    }
    context |= dict.fromkeys(("error", "results", "rows", "last", "wordless", "links"))
    if not text and not any(fields):
        return render(request, "chats/search.html", context)
    place, shown = last[:2] if last else None, last[2] if last else 0
    try:
        wanted, text, fields = read(text, request.user.username, fields)
        results = search(
            request.user.pk, wanted, PAGE_SIZE, best=best, last=place, shown=shown, plain=without_markers
        )
    except ValidationError as error:
        return render(request, "chats/search.html", context | {"error": error.message}, status=422)
    context |= {"q": text, "fields": fields, "results": results, "rows": results.rows, "last": last}
    context |= {"wordless": wanted.is_wordless, "links": _links(text, fields, best, results, shown)}
    return render(request, "chats/search.html", context)


def _fields(request: HttpRequest) -> Fields:
    """Return the values of the fields beside the text."""
    given = {name: request.GET.get(parameter, "").strip() for name, parameter in PARAMETERS.items()}
    return Fields(**given | {"way": given["way"] if given["way"] in {SENT, RECEIVED} else ""})


def _links(text: str, fields: Fields, best: bool, results: Results, shown: int) -> dict[str, str]:
    """Return the queries of the first page in each order, and of the next page."""
    given = {"q": text} | {PARAMETERS[name]: value for name, value in fields._asdict().items() if value}
    newest, ranked = (
        f"?{urlencode(one, quote_via=quote, safe='')}" for one in (given, given | {"order": BEST})
    )
    links = {"newest": newest, "best": ranked, "first": ranked if best else newest, "next": ""}
    if results.more:
        final = results.rows[-1]
        links["next"] = f"{links['first']}&last={final.place!r}_{final.id}_{shown + len(results.rows)}"
    return links


@member_view(budget=5)
def find(request: MemberRequest) -> HttpResponse:
    """Return the rows of the finder for `?q=`: people, messages, and links to a search for the text.

    `?with=` is the name of the counterpart whose conversation the page shows, if it does.
    """
    given = (request.GET.get(name, "")[: names.LONGEST_KEY] for name in ("q", "with"))
    text, counterpart = (names.INVISIBLE.sub("", one).strip() for one in given)
    people = counterparts.find(request.user.pk, text, suggestions(text, request.user))
    context = {"q": text, "counterpart": counterpart, "people": people, "found": _found(request.user, text)}
    return render(request, "chats/find.html", context)


def _found(user: User, text: str) -> list[Found]:
    """Return the latest messages for the finder. Return none if the page of the search would refuse `text`.

    Searches are counted apart from those of the page, since each typed letter may make one.
    """
    if (len(text) < SHORTEST and max(text, default="") < FIRST_OF_EASTERN_SCRIPTS) or seconds_to_next(
        "searches", user.pk, "finder"
    ):
        return []
    try:
        wanted = parse(text, user.username)
        return search(user.pk, wanted, MOST_IN_FINDER, seconds=SECONDS_IN_FINDER, plain=without_markers).rows
    except ValidationError:
        return []


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
