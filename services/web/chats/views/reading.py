"""Lists: the inbox, the unread messages, the threads, and the history of a message."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from accounts.decorators import member_view
from accounts.requests import MemberRequest, key_from
from caching.private_pages import private_cache_page
from chats.large_pages import memory_for
from chats.new_message import NewMessageForm
from chats.pages import INBOX_SIZE, ONE_MORE, is_part
from messaging.compiled import CompiledQuery
from messaging.models import Message, MessageHistory, Participant, Thread
from messaging.paging import PAGE_SIZE, list_page

INBOX = CompiledQuery(lambda reader, before: Participant.objects.inbox_rows(reader, before)[: INBOX_SIZE + 1])
THREADS = CompiledQuery(lambda reader, before: Thread.objects.rows(reader, INBOX_SIZE + 1, before))
UNREAD = CompiledQuery(lambda reader, before: Message.unread.for_user(reader).for_list(before)[:ONE_MORE])


@member_view(budget=3)
@private_cache_page(60)
def inbox(request: MemberRequest) -> HttpResponse:
    """Show one row for each counterpart, the latest message first. `?part=rows` shows only the rows."""
    before = key_from(request, "before")
    page = list_page(INBOX(request.user.pk, before), INBOX_SIZE, before, "last_message_id")
    if is_part(request):
        return render(request, "chats/inbox_rows.html", page)
    # A new member has no conversation, so the page has the form of a first message.
    is_empty = not page["rows"] and before is None
    form = NewMessageForm(sender=request.user, autofocus=False) if is_empty else None
    return render(request, "chats/inbox.html", page | {"form": form})


@member_view(budget=3)
@private_cache_page(60)
def unread(request: MemberRequest) -> HttpResponse:
    """Show the unread messages of the user, newest first."""
    before = key_from(request, "before")
    page = list_page(UNREAD(request.user.pk, before), PAGE_SIZE, before, "id")
    return render(request, "chats/unread.html", page)


@member_view(budget=3)
@private_cache_page(60)
def threads(request: MemberRequest) -> HttpResponse:
    """Show one row for each thread with replies, the latest reply first."""
    before = key_from(request, "before")
    page = list_page(THREADS(request.user.pk, before), INBOX_SIZE, before, "last_reply_id")
    return render(request, "chats/threads.html", page)


@member_view(budget=4)
def history(request: MemberRequest, pk: int) -> HttpResponse:
    """Show the earlier texts of an edited message, latest edit first."""
    shown = get_object_or_404(Message.objects.visible_to(request.user).with_people(), pk=pk)
    before = key_from(request, "before")
    page = list_page(MessageHistory.objects.rows(pk, before)[:ONE_MORE], PAGE_SIZE, before, "id")
    counterpart = shown.receiver if shown.sender_id == request.user.pk else shown.sender
    with memory_for([shown.content, *(row.old_content for row in page["rows"])]):
        return render(request, "chats/history.html", page | {"message": shown, "counterpart": counterpart})
