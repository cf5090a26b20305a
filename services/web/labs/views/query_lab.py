"""The query lab, for staff; in a demo for all users."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from accounts.concurrent_erasure import not_found
from accounts.decorators import member_view
from accounts.requests import MemberRequest, key_from
from labs.query_lab import LARGEST, MOST_QUERIES, compare, latest_thread, may_open
from messaging.models import Message


# MOST_QUERIES for the three ways, and five more: the user, the latest thread, the chosen thread, the check of
# its size, and the badges.
@never_cache
@member_view(budget=MOST_QUERIES + 5)
def query_lab(request: MemberRequest) -> HttpResponse:
    """Fetch one of the user's threads in three ways and show the costs."""
    if not may_open(request.user):
        raise Http404
    chosen = key_from(request, "thread") or latest_thread(request.user)
    if chosen is None:
        return render(request, "labs/query_lab.html", {"root": None})
    root = get_object_or_404(Message.objects.visible_to(request.user).with_people(), pk=chosen)
    if root.thread != root.pk:
        return redirect(reverse("labs:query_lab", query={"thread": root.thread}))
    costs = None
    if not Message.objects.in_thread(root.pk)[LARGEST:].exists():
        with not_found():  # The thread may be deleted meanwhile.
            costs = compare(root)
    context = {
        "root": root,
        "counterpart": root.receiver if root.sender_id == request.user.pk else root.sender,
        "largest": LARGEST,
        "costs": costs,
        "size": len(costs[-1].fetched) if costs else None,
    }
    return render(request, "labs/query_lab.html", context)
