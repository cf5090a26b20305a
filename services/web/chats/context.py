"""What every page shows of its member: the two badges."""

from django.db import connection
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

# A badge says 99+, so it need not count on: a member may have very many notifications.
COUNT = """
SELECT
  (SELECT COALESCE(sum(unread_count), 0) FROM messaging_participant WHERE user_id = %(user)s),
  (SELECT count(*) FROM (
     SELECT FROM notifications_notification WHERE user_id = %(user)s AND NOT read LIMIT 100) AS waiting)
"""


def badges(request: HttpRequest) -> dict:
    """`badges.unread` and `badges.notifications`: one query, and only on a page that shows them."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"badges": SimpleLazyObject(lambda: _count(user.pk))}


def _count(user_id: int) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"user": user_id})
        unread, notifications = cursor.fetchone()
    return {"unread": unread, "notifications": notifications}
