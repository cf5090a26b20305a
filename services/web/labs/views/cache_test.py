"""The cache test page: shows reads of the cache with a value of the logged-in user."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from accounts.decorators import READ_AND_SEND, member_view
from accounts.requests import MemberRequest
from caching.generations import generation_of, invalidate_users
from caching.read_counts import RESULTS
from labs import cache_test

NUMBER, GENERATION = "cache_test_number", "cache_test_generation"  # Keys in the session.


@never_cache
@member_view(budget=4, methods=READ_AND_SEND)
def page(request: MemberRequest) -> HttpResponse:
    """GET reads a number twice through the cache; POST changes the number and invalidates the entry."""
    number = request.session.get(NUMBER, 0)
    if request.method == "POST":
        request.session[GENERATION] = generation_of(request.user.pk)
        request.session[NUMBER] = number + 1
        request.session.save()  # The change is committed before the invalidation.
        invalidate_users([request.user.pk])
        return redirect("labs:cache_test")
    context = {
        "before": request.session.get(GENERATION),
        "experiment": cache_test.read_twice(request.user.pk, number),
        "counts": cache_test.counts_by_family(),
        "results": RESULTS,
    }
    return render(request, "labs/cache_test.html", context)
