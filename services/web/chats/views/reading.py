"""Pages that show messages. A user who is not a participant gets 404."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag

from accounts import names
from accounts.decorators import member_view
from accounts.requests import MemberRequest, key_from
from caching.generations import read_with_generation
from caching.private_pages import private_cache_page
from chats.cache import badges_key
from chats.large_pages import memory_for
from chats.new_message import NewMessageForm
from chats.pages import INBOX_SIZE, ONE_MORE, Window, Windows, version_of
from chats.requests import PageRequest
from chats.row_memo import RowMemo
from chats.rows import PLACE, Memo, message_rows, put_into
from chats.views import seen
from messaging.compiled import CompiledQuery
from messaging.models import Message, MessageHistory, Participant
from messaging.paging import PAGE_SIZE, list_page

INBOX = CompiledQuery(lambda reader, before: Participant.objects.inbox_rows(reader, before)[: INBOX_SIZE + 1])
UNREAD = CompiledQuery(lambda reader, before: Message.unread.for_user(reader).for_list(before)[:ONE_MORE])
ROOT = CompiledQuery(lambda reader, pk: Message.objects.visible_to(reader).filter(pk=pk).for_heading())
SIDE = CompiledQuery(
    lambda reader, name, key: Participant.objects.filter(user=reader).with_counterpart(name, key)
)
SIDE_BY_ID = CompiledQuery(
    lambda reader, pk: Participant.objects.filter(user=reader, conversation=pk).for_heading()
)
THREAD = Windows(lambda root: Message.objects.in_thread(root).for_display())
CONVERSATION = Windows(lambda conversation: Message.objects.in_conversation(conversation).for_display())
# The rows of about 20 pages, as long as cached pages.
ROWS: Memo = RowMemo(4 * 2**20, seconds=60)


@member_view(budget=3)
@private_cache_page(60)
def inbox(request: MemberRequest) -> HttpResponse:
    """Show one row for each counterpart, the latest message first."""
    before = key_from(request, "before")
    page = list_page(INBOX(request.user.pk, before), INBOX_SIZE, before, "last_message_id")
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


# A page of messages, if it has none that is new. Its version is not an ETag: see `_rendered`.
_cached_messages = private_cache_page(60, only_if=seen.has_script, has_etag=False)


@member_view(budget=6)
@_cached_messages
def conversation(request: PageRequest, username: str) -> HttpResponse:
    """Show all messages of two users in order, by default the newest page."""
    _begin(request)
    return _conversation(request, SIDE(request.user.pk, username, names.key(username)))


@member_view(budget=6)
@_cached_messages
def conversation_by_id(request: PageRequest, pk: int) -> HttpResponse:
    """Show a conversation by its id, for a counterpart whose name a URL cannot contain."""
    _begin(request)
    return _conversation(request, SIDE_BY_ID(request.user.pk, pk))


def _conversation(request: PageRequest, sides: list[Any]) -> HttpResponse:
    if not sides:
        raise Http404
    [side] = sides
    page = CONVERSATION.window(side.conversation_id, request, newest=True)
    context = {
        "conversation": side.conversation_id,
        "counterpart": side.name,
        "is_active": side.is_active,
        "nested": False,
    }
    return _messages(request, "chats/conversation.html", page, context)


@member_view(budget=6)
@_cached_messages
def thread(request: PageRequest, pk: int) -> HttpResponse:
    """Show the first message of a thread and all replies, nested. Redirect for any other message."""
    _begin(request)
    root = next(iter(ROOT(request.user.pk, pk)), None)
    if root is None:
        raise Http404
    if root.thread != root.id:
        return redirect("chats:message", pk)
    page = THREAD.window(pk, request, newest=False)
    is_mine = root.sender_id == request.user.pk
    context = {
        "root": root,
        "counterpart": root.receiver_name if is_mine else root.sender_name,
        "is_active": root.receiver_is_active if is_mine else root.sender_is_active,
        "conversation": root.conversation_id,
        "nested": True,
    }
    return _messages(request, "chats/thread.html", page, context)


@member_view(budget=4)
def history(request: MemberRequest, pk: int) -> HttpResponse:
    """Show the earlier texts of an edited message, latest edit first."""
    shown = get_object_or_404(Message.objects.visible_to(request.user).with_people(), pk=pk)
    before = key_from(request, "before")
    page = list_page(MessageHistory.objects.rows(pk, before)[:ONE_MORE], PAGE_SIZE, before, "id")
    counterpart = shown.receiver if shown.sender_id == request.user.pk else shown.sender
    with memory_for([shown.content, *(row.old_content for row in page["rows"])]):
        return render(request, "chats/history.html", page | {"message": shown, "counterpart": counterpart})


def _messages(request: PageRequest, template: str, page: Window, context: dict[str, Any]) -> HttpResponse:
    """Mark the messages as read and return their page, or 304 if a script sends the version of its page."""
    with memory_for(row.content for row in page.rows):
        _mark_shown(request, page.rows)
        return _rendered(request, template, page, context)


def _rendered(request: PageRequest, template: str, page: Window, context: dict[str, Any]) -> HttpResponse:
    """Return the page, or 304.

    The response has no ETag header. With one, the browser itself would revalidate its copy and show messages
    as new that the user has read since.
    """
    reader, counterpart, is_active = request.user.pk, context["counterpart"], context["is_active"]
    version = version_of(page, reader, counterpart, is_active)
    unchanged = get_conditional_response(request, etag=quote_etag(version))
    if unchanged is not None:
        return unchanged
    rows = message_rows(
        page.rows,
        reader,
        counterpart,
        nested=context["nested"],
        can_reply=is_active,
        reader_name=request.user.username,
        memo=ROWS,
    )
    new = next((row.id for row in rows if row.is_new), None)
    request.never_store = new is not None  # Seen messages would be new again, until they are reported.
    context |= {
        "page": page,
        "rows": PLACE,
        "version": version,
        # Only if other messages come before it on the page.
        "first_new": new if not rows[0].is_new else None,
        "plain_address": request.plain_address,
    }
    response = render(request, template, context)
    put_into(response, rows)
    seen.remember_plain(request, response)
    return response


def _begin(request: PageRequest) -> None:
    """Read the generation before the database (see caching/generations.py). The page contains it."""
    user_id, generation = request.user.pk, getattr(request, "generation", None)
    if generation is None:  # `private_cache_page` has not read it.
        generation, found = read_with_generation(user_id, [badges_key(user_id)])
        request.stored_badges = found.get(badges_key(user_id), [])
    request.generation = request.as_of = generation
    request.plain_address = None


def _mark_shown(request: PageRequest, rows: list[Any]) -> None:
    """Mark the messages of the page as read.

    Mark nothing if the user does not see the page, or if a script will report the seen messages.
    """
    user = request.user
    new = [row.id for row in rows if row.sender_id != user.pk and not row.read]
    if not new or not seen.is_shown(request):
        return
    if seen.marks_by_script(request):
        request.plain_address = seen.plain_address(request)
        return
    Message.objects.mark_seen(user, new)
    request.generation = None  # Invalidated: the badges have changed.
