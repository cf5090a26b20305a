"""Redirects to a message in its conversation. A user who is not a participant gets 404."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from accounts.concurrent_erasure import not_found
from accounts.decorators import READ_AND_SEND, member_view
from accounts.requests import MemberRequest
from chats.addresses import at_message, conversations
from chats.views.conversations import ROOT
from messaging.models import Message


@member_view(budget=2)
def message(request: MemberRequest, pk: int) -> HttpResponse:
    """Redirect to the conversation at this message."""
    found = next(iter(ROOT(request.user.pk, pk)), None)
    if found is None:
        raise Http404
    counterpart = found.receiver_name if found.sender_id == request.user.pk else found.sender_name
    return redirect(at_message(conversations()(counterpart, found.conversation_id), pk))


@member_view(budget=6, methods=READ_AND_SEND)
def mark_unread(request: MemberRequest, pk: int) -> HttpResponse:
    """Mark a received message as unread. A GET only redirects to the message.

    The response leads to the inbox, because the page of the conversation would mark it as read again.
    """
    received = get_object_or_404(Message.objects.filter(receiver=request.user), pk=pk)
    if request.method != "POST":
        return redirect("chats:message", pk)
    with not_found():
        received.mark_unread()
    return redirect("chats:inbox")
