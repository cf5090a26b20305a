"""The query lab, for staff; in a demo for everybody."""

from typing import NamedTuple

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.requests import MemberRequest
from chats.pages import key_from
from chats.query_lab import LARGEST, MOST_QUERIES, Cost, compare, may_open, recent_threads
from messaging.models import Message
from observability.budgets import query_budget


# What the three ways may make, which their limits bound; the member, the list of threads, the thread chosen,
# whether it is too large, and the badges.
@query_budget(MOST_QUERIES + 5)
@require_safe
@never_cache
@login_required
def query_lab(request: MemberRequest) -> HttpResponse:
    """One of the member's own threads, fetched in three ways."""
    if not may_open(request.user):
        raise Http404
    threads = recent_threads(request.user)
    chosen = key_from(request, "thread") or (threads[0].id if threads else None)
    if chosen is None:
        return render(request, "chats/query_lab.html")
    root = get_object_or_404(Message.objects.visible_to(request.user).with_people(), pk=chosen)
    if root.thread != root.pk:
        return redirect(f"{reverse('chats:query_lab')}?thread={root.thread}")
    costs = _costs(root)
    context = {
        "root": root,
        "counterpart": root.receiver if root.sender_id == request.user.pk else root.sender,
        "others": [thread for thread in threads if thread.id != root.pk],
        "largest": LARGEST,
        "costs": costs,
        "size": len(costs[-1].cost.fetched) if costs else None,
    }
    return render(request, "chats/query_lab.html", context)


class Compared(NamedTuple):
    """A way's cost, and its queries and its time as multiples of the last's."""

    cost: Cost
    queries: float
    time: float


def _costs(root: Message) -> list[Compared] | None:
    """What each way costs; None for a thread too large."""
    if Message.objects.in_thread(root.pk)[LARGEST:].exists():
        return None
    try:
        costs = compare(root)
    except ObjectDoesNotExist:
        raise Http404 from None  # Deleted just now.
    best = costs[-1]
    return [Compared(cost, cost.queries / best.queries, cost.total / best.total) for cost in costs]
