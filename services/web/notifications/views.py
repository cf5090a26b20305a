"""The page of notifications."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from accounts.decorators import READ_AND_SEND, member_view
from accounts.requests import MemberRequest, key_from
from caching.private_pages import private_cache_page
from messaging.models import Message
from messaging.paging import PAGE_SIZE, list_page
from messaging.reading import LATEST
from notifications.models import Notification


@member_view(budget=3)
@private_cache_page(60)
def page(request: MemberRequest) -> HttpResponse:
    """List the notifications of the user, newest first."""
    before = key_from(request, "before")
    rows = Notification.objects.for_user(request.user).rows(before)[: PAGE_SIZE + 1]
    return render(request, "notifications/list.html", list_page(rows, PAGE_SIZE, before, "message_id"))


@member_view(budget=4, methods=READ_AND_SEND)
def read_one(request: MemberRequest, pk: int) -> HttpResponse:
    """Mark the message of a notification as read and redirect to it. A GET only redirects.

    `pk` is the id of the message. Ids of notifications are numbered in order, so they would show how many
    messages all users receive.
    """
    seen = get_object_or_404(Notification.objects.for_user(request.user), message=pk)
    if request.method == "POST":
        Message.objects.mark_seen(request.user, [seen.message_id])
    return redirect("chats:message", seen.message_id)


@member_view(budget=3, methods=READ_AND_SEND)
def read_all(request: MemberRequest) -> HttpResponse:
    """Mark all messages up to the latest one on the page as read. A GET, after a log-in, only redirects."""
    if request.method == "POST":
        Message.objects.mark_all_read(request.user, up_to=_up_to(request))
    return redirect("notifications:list")


def _up_to(request: MemberRequest) -> int:
    """Return the id of the latest message on the submitted page, or LATEST if the form has none."""
    text = request.POST.get("up_to", "")
    return min(int(text), LATEST) if text.isascii() and text.isdigit() and len(text) < 20 else LATEST
