"""A notification is read when its message is, and of its time; the page is in the order of the messages.

The page reads the unique index of (user, message), so the index of its own goes. Both ways can be run again.
"""

from django.conf import settings
from django.db import migrations

# Those that an import made say when it ran.
FOLLOW = """
UPDATE notifications_notification n
SET read = m.read,
    created_at = CASE WHEN n.created_at > m.timestamp + interval '1 hour' THEN m.timestamp ELSE n.created_at END
FROM messaging_message m
WHERE m.id = n.message_id AND (n.read <> m.read OR n.created_at > m.timestamp + interval '1 hour')
"""


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0001_initial"),
        ("messaging", "0004_message_ids_in_order_of_time"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(
            sql=["SET LOCAL statement_timeout = 0", FOLLOW, "SET CONSTRAINTS ALL IMMEDIATE"],
            reverse_sql=migrations.RunSQL.noop,
        ),
        migrations.RemoveIndex(model_name="notification", name="notification_newest"),
    ]
