"""Drop the index of the receivers of messages, which each send had to maintain.

No query needs it: the unread list has `message_unread`, and an erasure finds the messages by their conversations.
"""

from django.conf import settings
from django.db import migrations, models

INDEX = "messaging_message_receiver_id_00da1113"
NO_LIMITS = ["SET statement_timeout = 0", "SET lock_timeout = 0"]
AS_BEFORE = ["RESET statement_timeout", "RESET lock_timeout"]
DROP = f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}"
BUILD = f"CREATE INDEX CONCURRENTLY {INDEX} ON messaging_message (receiver_id)"


class Migration(migrations.Migration):
    atomic = False
    oldest_release = "0.1.0"
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("messaging", "0011_autovacuum"),
    ]

    operations = [
        migrations.RunSQL(
            sql=[*NO_LIMITS, DROP, *AS_BEFORE],
            reverse_sql=[*NO_LIMITS, DROP, BUILD, *AS_BEFORE],
            state_operations=[
                migrations.AlterField(
                    "message",
                    "receiver",
                    models.ForeignKey(
                        settings.AUTH_USER_MODEL,
                        models.DO_NOTHING,
                        related_name="received_messages",
                        db_constraint=False,
                        db_index=False,
                    ),
                ),
            ],
        )
    ]
