"""The page of notifications."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from accounts.decorators import READ_AND_SEND, member_view
from accounts.requests import MemberRequest, key_from
from caching.private_pages import private_cache_page
from messaging.models import Message
from messaging.paging import PAGE_SIZE, list_page
from messaging.reading import LATEST
from notifications.groups import grouped
from notifications.models import Notification


@member_view(budget=3)
@private_cache_page(60)
def page(request: MemberRequest) -> HttpResponse:
    """List the notifications of the user by conversation, newest first."""
    before = key_from(request, "before")
    rows = Notification.objects.for_user(request.user).rows(before)[: PAGE_SIZE + 1]
    shown = list_page(rows, PAGE_SIZE, before, "message_id")
    return render(request, "notifications/list.html", shown | {"rows": grouped(shown["rows"])})


@member_view(budget=4, methods=READ_AND_SEND)
def read_one(request: MemberRequest, pk: int) -> HttpResponse:
    """Mark the messages of a conversation as read, up to that of this notification. A GET only redirects.

    `pk` is the id of the message. Ids of notifications are numbered in order, so they would show how many
    messages all users receive.
    """
    own = Notification.objects.for_user(request.user).select_related("message").only("message__conversation")
    latest = get_object_or_404(own, message=pk).message
    if request.method == "POST":
        Message.objects.mark_conversation_read(request.user, latest.conversation_id, up_to=pk)
    return redirect("notifications:list")


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
