"""What every page shows of its member: the two badges, and the way to the query lab and to live updates."""

from functools import partial

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from chats import cache
from chats.query_lab import may_open

# A badge says 99+, so it need not count on: a member may have very many notifications.
COUNT = """
SELECT
  (SELECT COALESCE(sum(unread_count), 0) FROM messaging_participant WHERE user_id = %(user)s),
  (SELECT count(*) FROM (
     SELECT FROM notifications_notification WHERE user_id = %(user)s AND NOT read LIMIT 100) AS waiting)
"""


def badges(request: HttpRequest) -> dict:
    """`badges.unread` and `badges.notifications`: one query, and only on a page that shows them.

    The rest costs none: `lab_is_open`, for whom the query lab is; `stamp`, which is another once something
    has changed for the member since the page was made; `events_port`, where the page listens for that.
    """
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    epoch = getattr(request, "epoch", None)
    return {
        "badges": SimpleLazyObject(lambda: badges_of(user.pk, getattr(request, "epoch", None))),
        "lab_is_open": may_open(user),
        "stamp": getattr(request, "stamp", epoch),
        "events_port": settings.EVENTS_PORT,
    }


def badges_of(user_id: int, epoch: str | None) -> dict[str, int]:
    return cache.badges(user_id, partial(_count, user_id), epoch)


def _count(user_id: int) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"user": user_id})
        unread, notifications = cursor.fetchone()
    return {"unread": unread, "notifications": notifications}
