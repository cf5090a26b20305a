"""The database queries of `events`: the user of a session, and the messages that a browser missed.

A few threads run them, so a thousand browsers that reconnect at once need only a few connections. Each thread
keeps its connection for `CONN_MAX_AGE`, so requests with invented cookies do not open new connections.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, TypeVar

from django.contrib.auth import get_user
from django.db import close_old_connections
from django.db.models import F
from django.http import HttpRequest

from accounts.sessions import SessionStore
from live.events import NEW, SYNC
from messaging.numbering import BITS
from notifications.models import Notification

THREADS = 4
MOST_MISSED = 100  # Beyond that, the page reloads everything.
# An id is allocated before its commit, so a message of another conversation can have a smaller id and be
# committed later. A send always takes less than this minute.
OVERLAP = 60_000 << BITS

T = TypeVar("T")
_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="events")


async def in_thread(call: Callable[..., T], *arguments: Any) -> T:
    """Run one of the queries below in a thread. The copied context contains the current span."""
    run = partial(copy_context().run, _on_kept_connection, call, *arguments)
    return await asyncio.get_running_loop().run_in_executor(_threads, run)


def _on_kept_connection(call: Callable[..., T], *arguments: Any) -> T:
    close_old_connections()
    try:
        return call(*arguments)
    finally:
        close_old_connections()


def member_of(session_key: str) -> tuple[int | None, float]:
    """Return the id of the user of this session, or None, and the seconds until the session expires."""
    request: Any = HttpRequest()
    request.session = SessionStore(session_key)
    return get_user(request).pk, request.session.seconds_left()


def latest(user_id: int) -> int:
    """Return the id from which a new browser resumes: the latest message to this user, or 0."""
    rows = Notification.objects.filter(user=user_id).order_by("-message")
    return rows.values_list("message_id", flat=True).first() or 0


def missed(user_id: int, last: int) -> list[dict[str, Any]]:
    """Return events for the messages after `last`, oldest first. Some may have been sent before."""
    rows = list(
        Notification.objects.filter(user=user_id, message__gt=last - OVERLAP)
        .annotate(thread=F("message__thread"), conversation=F("message__conversation"))
        .order_by("-message")
        .values_list("message_id", "thread", "conversation")[: MOST_MISSED + 1]
    )
    if len(rows) > MOST_MISSED:
        return [{"kind": SYNC}]
    return [
        {"kind": NEW, "conversation": conversation, "thread": thread, "message": pk}
        for pk, thread, conversation in reversed(rows)
    ]
