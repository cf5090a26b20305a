"""Redirects to a place in a thread. A user who is not a participant gets 404."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from accounts.concurrent_erasure import not_found
from accounts.decorators import READ_AND_SEND, member_view
from accounts.requests import MemberRequest
from chats.views import seen
from chats.views.reading import ROOT
from messaging.models import Message
from messaging.paging import PAGE_SIZE

CONTEXT = PAGE_SIZE // 2  # Messages shown before the one that a link points to.


@member_view(budget=3)
def message(request: MemberRequest, pk: int) -> HttpResponse:
    """Redirect to the page of the thread that shows this message, after some earlier messages."""
    found = get_object_or_404(Message.objects.visible_to(request.user).only("thread"), pk=pk)
    earlier = Message.objects.in_thread(found.thread).filter(pk__lte=pk).order_by("-pk")
    nearby = list(earlier.values_list("pk", flat=True)[: CONTEXT + 1])
    if pk not in nearby:
        raise Http404  # The message was deleted between the two queries.
    query = {} if nearby[-1] == found.thread else {"from": nearby[-1]}
    if seen.may_come_again(request):
        query[seen.AT] = pk
    return redirect(reverse("chats:thread", args=[found.thread], query=query, fragment=f"m{pk}"))


@member_view(budget=3)
def first_unread(request: MemberRequest, pk: int) -> HttpResponse:
    """Redirect to the first unread message of a thread, or to the latest message if all are read."""
    root = next(iter(ROOT(request.user.pk, pk)), None)
    if root is None:
        raise Http404
    unread = (
        Message.unread.for_user(request.user).in_conversation(root.conversation_id).in_thread(root.thread)
    )
    latest = Message.objects.in_thread(root.thread).order_by("-pk").values_list("pk", flat=True)[:1]
    found = unread.order_by("pk").values_list("pk", flat=True)[:1].union(latest, all=True).first()
    return redirect("chats:message", found or pk)


@member_view(budget=6, methods=READ_AND_SEND)
def mark_unread(request: MemberRequest, pk: int) -> HttpResponse:
    """Mark a received message as unread. A GET only redirects to the message."""
    received = get_object_or_404(Message.objects.filter(receiver=request.user), pk=pk)
    if request.method != "POST":
        return redirect("chats:message", pk)
    with not_found():
        received.mark_unread()
    return redirect("chats:unread")
