"""The cache at work, shown to whoever is logged in with a value of their own."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.requests import MemberRequest
from chats import cache, cache_test
from observability.budgets import query_budget

NUMBER, EPOCH = "cache_test_number", "cache_test_epoch"  # What the session keeps of it.


@query_budget(4)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def page(request: MemberRequest) -> HttpResponse:
    """GET looks twice; POST changes the number that is looked at, and ends the member's epoch."""
    number = request.session.get(NUMBER, 0)
    if request.method == "POST":
        request.session[EPOCH] = cache.epoch_of(request.user.pk)
        request.session[NUMBER] = number + 1
        request.session.save()  # The change is committed before the epoch ends.
        cache.forget_member([request.user.pk])
        return redirect("chats:cache_test")
    context = {
        "number": number,
        "before": request.session.get(EPOCH),
        "experiment": cache_test.look_twice(request.user.pk, number),
        "counts": cache_test.counts_by_family(),
    }
    return render(request, "chats/cache_test.html", context)
