"""django-notifications-community: sends one notification, and reads 50 unread ones of 200,000."""

import itertools
import json
import os
import signal
import sys

PACKAGE = "django-notifications-community"
RECEIVED = 200_000
STAGE = """
INSERT INTO notifications_notification
  (level, unread, actor_object_id, verb, timestamp, public, deleted, emailed, actor_content_type_id,
   recipient_id)
SELECT 'info', n > %(received)s * 0.9, 2 + n %% 100, 'wrote to you',
       now() - (%(received)s - n) * interval '1 s', true, false, false,
       (SELECT id FROM django_content_type WHERE model = 'user'), 1
FROM generate_series(1, %(received)s) AS n
"""
MEMBERS = """
INSERT INTO auth_user (id, password, is_superuser, username, first_name, last_name, email, is_staff,
                       is_active, date_joined)
SELECT n, '!', false, 'member' || n, '', '', '', false, true, now() FROM generate_series(1, 101) AS n
"""
SEND = """
INSERT INTO notifications_notification
  (level, unread, actor_object_id, verb, timestamp, public, deleted, emailed, actor_content_type_id,
   recipient_id)
SELECT 'info', true, '3', %s, now(), true, false, false, id, 2 FROM django_content_type WHERE model = 'user'
RETURNING id
"""
UNREAD = """
SELECT n.id, u.username, n.verb, n.timestamp FROM notifications_notification n
JOIN auth_user u ON u.id = n.actor_object_id::int
WHERE n.recipient_id = 1 AND n.unread ORDER BY n.timestamp DESC LIMIT 50
"""


def main(rounds: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it without a traceback.
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.peers.community_settings"
    _make_database()
    import django

    django.setup()

    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.db import connection
    from notifications.signals import notify

    from bench import raw, report
    from bench.measure import Way, Workload, measure
    from notifications.models import Notification

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(MEMBERS)
        cursor.execute(STAGE, {"received": RECEIVED})
        cursor.execute("VACUUM ANALYZE")
    reader, receiver, sender = User.objects.filter(pk__lt=4).order_by("pk")
    number = itertools.count()

    def unread():
        return list(reader.notifications.unread().prefetch_related("actor")[:50])

    def rows(found):
        return [(each.pk, each.actor.username, each.verb, each.timestamp) for each in found]

    def send():
        return notify.send(sender, recipient=receiver, verb=f"wrote {next(number)}")[0][1][0].pk

    def sent(pk):
        made = Notification.objects.get(pk=pk)
        return made.recipient_id, str(made.actor_object_id), made.verb[:5], made.unread

    workloads = [
        Workload(
            "50 unread notifications of 200,000 received",
            [Way("raw SQL", lambda: raw.rows(UNREAD, [])), Way(PACKAGE, unread, rows)],
        ),
        Workload(
            "a notification alone",
            [
                Way("raw SQL", lambda: raw.rows(SEND, [f"wrote {next(number)}"])[0][0], sent),
                Way(PACKAGE, send, sent),
            ],
        ),
    ]
    print(json.dumps([line for each in workloads for line in report.work(each, measure(each, rounds))]))


def _make_database() -> None:
    """Create a separate database on the same server."""
    import psycopg

    from bench.peers import community_settings

    to = community_settings.DATABASES["default"]
    with psycopg.connect(
        host=to["HOST"], port=to["PORT"] or 5432, user=to["USER"], password=to["PASSWORD"],
        dbname=os.environ.get("POSTGRES_DB", "bobbin"), autocommit=True,
    ) as connection:  # fmt: skip
        connection.execute("DROP DATABASE IF EXISTS community")
        connection.execute("CREATE DATABASE community")


if __name__ == "__main__":
    main(int(sys.argv[1]))
