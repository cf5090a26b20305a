"""Pages of a conversation and of a thread. A user who is not a participant gets 404.

A URL without a page redirects to the first unread message, or else to the newest one.
"""

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.utils.encoding import escape_uri_path
from django.utils.http import quote_etag

from accounts import names
from accounts.decorators import member_view
from caching.generations import read_with_generation
from caching.private_pages import private_cache_page
from chats import made_for
from chats.addresses import url
from chats.cache import badges_key
from chats.large_pages import memory_for
from chats.limits import seconds_to_next
from chats.new_message import NAMED
from chats.pages import Window, Windows, is_bare, is_part, version_of
from chats.requests import PageRequest
from chats.row_memo import RowMemo
from chats.rows import PLACE, Memo, message_rows, put_into
from chats.views import errors, seen
from messaging.compiled import CompiledQuery
from messaging.models import Message, Participant

ROOT = CompiledQuery(lambda reader, pk: Message.objects.visible_to(reader).filter(pk=pk).for_heading(reader))
SIDE = CompiledQuery(
    lambda reader, name, key: Participant.objects.filter(user=reader).with_counterpart(name, key)
)
SIDE_BY_ID = CompiledQuery(
    lambda reader, pk: Participant.objects.filter(user=reader, conversation=pk).for_heading()
)
THREAD = Windows(lambda root: Message.objects.in_thread(root))
CONVERSATION = Windows(lambda pk: Message.objects.in_conversation(pk), with_replies=True)
UNREAD_HERE = CompiledQuery(lambda pk, reader: Message.objects.in_conversation(pk).first_unread(reader))
NEWEST_IN_THREAD = CompiledQuery(
    lambda root: Message.objects.in_thread(root).order_by("-pk").values_list("id", named=True)[:1]
)
# The rows of about 20 pages, as long as cached pages.
ROWS: Memo = RowMemo(4 * 2**20, seconds=60)

# A page of messages, if it has none that is new. Its version is not an ETag: see `_rendered`.
_cached_messages = private_cache_page(60, only_if=seen.has_script, has_etag=False)


@member_view(budget=6)
@_cached_messages
def conversation(request: PageRequest, username: str) -> HttpResponse:
    """Show messages of two users in order, or an empty conversation with any active user."""
    _begin(request)
    key = names.key(username)
    sides = SIDE(request.user.pk, username, key)
    if sides:
        return _conversation(request, sides[0])
    if wait := seconds_to_next("suggestions", request.user.pk):  # The response shows whether the name exists.
        return errors.too_many(request, wait)
    counterpart = next(iter(NAMED(username, key)), None)
    # A deactivated user gets the response of an unknown name. Suggestions show only active users, too.
    if counterpart is None or not counterpart.is_active or counterpart.id == request.user.pk:
        raise Http404
    made = made_for.token(counterpart.username, counterpart.id)
    return _beginning(request, counterpart.username, made=made)


@member_view(budget=6)
@_cached_messages
def conversation_by_id(request: PageRequest, pk: int) -> HttpResponse:
    """Show a conversation by its id, for a counterpart whose name a URL cannot contain."""
    _begin(request)
    sides = SIDE_BY_ID(request.user.pk, pk)
    if not sides:
        raise Http404
    return _conversation(request, sides[0])


def _conversation(request: PageRequest, side: Any) -> HttpResponse:
    pk = side.conversation_id
    if is_bare(request) and side.last_message_id:
        unread = UNREAD_HERE(pk, request.user.pk) if side.unread_count else []
        return _opened(request, unread[0].id if unread else side.last_message_id)
    page = CONVERSATION.window(pk, request)
    if page is None:
        return _beginning(request, side.name, conversation=pk, is_active=side.is_active)
    context = {"conversation": pk, "counterpart": side.name, "is_active": side.is_active, "nested": False}
    context |= {"has_unread": side.unread_count > 0, "for_reading": is_part(request)}
    template = "chats/conversation_rows.html" if is_part(request) else "chats/conversation.html"
    return _messages(request, template, page, context)


@member_view(budget=6)
@_cached_messages
def thread(request: PageRequest, pk: int) -> HttpResponse:
    """Show a thread in the order of time, or by `?order=tree` as a tree. Redirect for any reply."""
    _begin(request)
    root = next(iter(ROOT(request.user.pk, pk)), None)
    if root is None:
        raise Http404
    if root.thread != root.id:
        return _opened(request, pk, url("chats:thread", root.thread))
    page = None
    if not is_bare(request):
        page = THREAD.window(pk, request)
    elif root.first_unread:
        return _opened(request, root.first_unread)
    elif found := NEWEST_IN_THREAD(pk):
        return _opened(request, found[0].id)
    if page is None:
        raise Http404  # Deleted between the two queries.
    is_mine = root.sender_id == request.user.pk
    context = {
        "root": root,
        "counterpart": root.receiver_name if is_mine else root.sender_name,
        "is_active": root.receiver_is_active if is_mine else root.sender_is_active,
        "conversation": root.conversation_id,
        "nested": request.GET.get("order") == "tree",
        "has_unread": root.first_unread is not None,
    }
    return _messages(request, "chats/thread.html", page, context)


def _opened(request: PageRequest, at: int, path: str | None = None) -> HttpResponse:
    """Redirect to the page with this message. The order, and that a browser has no JavaScript, stay."""
    query = request.GET.copy()
    query["at"] = str(at)
    return HttpResponseRedirect(f"{escape_uri_path(path or request.path)}?{query.urlencode()}#m{at}")


def _beginning(
    request: PageRequest, name: str, *, conversation: int = 0, is_active: bool = True, made: str = ""
) -> HttpResponse:
    """Show a conversation without messages: a form, which sends to `conversation` or by the token `made`."""
    request.never_store = True  # A change of a user without a conversation invalidates no page.
    context = {"counterpart": name, "conversation": conversation, "is_active": is_active, "made": made}
    return render(request, "chats/beginning.html", context)


def _messages(request: PageRequest, template: str, page: Window, context: dict[str, Any]) -> HttpResponse:
    """Mark the messages as read and return their page, or 304 if a script sends the version of its page."""
    with memory_for(row.content for row in page.rows):
        _mark_shown(request, page.rows)
        return _rendered(request, template, page, context)


def _rendered(request: PageRequest, template: str, page: Window, context: dict[str, Any]) -> HttpResponse:
    """Return the page, or 304. With an ETag, the browser itself would show messages as new that were read."""
    reader, counterpart, is_active = request.user.pk, context["counterpart"], context["is_active"]
    version = version_of(page, reader, counterpart, is_active, context["nested"])
    if (unchanged := get_conditional_response(request, etag=quote_etag(version))) is not None:
        return unchanged
    rows = message_rows(
        page.rows, reader, counterpart, nested=context["nested"], in_thread="root" in context,
        can_reply=is_active, reader_name=request.user.username, memo=ROWS,
        for_reading=context.get("for_reading", False),
    )  # fmt: skip
    new = next((row.id for row in rows if row.is_new), None)
    request.never_store = new is not None  # Seen messages would be new again, until they are reported.
    context |= {
        "page": page,
        "in_thread": "root" in context,
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
    new = [row.id for row in rows if not row.read and row.sender_id != request.user.pk]
    if not new or not seen.is_shown(request):
        return
    if seen.marks_by_script(request):
        request.plain_address = seen.plain_address(request)
        return
    Message.objects.mark_seen(request.user, new)
    request.generation = None  # Invalidated: the badges have changed.
