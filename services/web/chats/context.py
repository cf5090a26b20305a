"""Template context of every page: the view, the two badges, the generation, the port of the event stream."""

from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from chats import cache
from messaging.models import Participant
from notifications.models import Notification

# The badge shows at most "99+", so the query stops at 100: a user may have very many notifications.
COUNT = f"""
SELECT
  (SELECT COALESCE(sum(unread_count), 0) FROM {Participant._meta.db_table} WHERE user_id = %(user)s),
  (SELECT count(*) FROM (
     SELECT FROM {Notification._meta.db_table} WHERE user_id = %(user)s AND NOT read LIMIT 100) AS waiting)
"""  # noqa: S608  (the names of tables)


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return `view_name` and, for a user who is logged in, `badges`, `generation` and `events_port`.

    `badges.unread` and `badges.notifications` make one query, and only on a page that shows them.
    `generation` identifies the state that the page shows. The current generation differs from it as soon as
    anything changes for the user. `events_port` is the port of the event stream; 0 is the port of the page.
    """
    view_name = request.resolver_match.view_name if request.resolver_match else ""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"view_name": view_name}
    generation = getattr(request, "generation", None)
    return {
        "view_name": view_name,
        "badges": SimpleLazyObject(lambda: badges_of(user.pk, getattr(request, "generation", None))),
        "generation": getattr(request, "as_of", generation),
        "events_port": settings.EVENTS_PORT,
    }


def badges_of(user_id: int, generation: str | None) -> dict[str, int]:
    return cache.badges(user_id, partial(_count, user_id), generation)


def _count(user_id: int) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"user": user_id})
        unread, notifications = cursor.fetchone()
    return {"unread": unread, "notifications": notifications}
