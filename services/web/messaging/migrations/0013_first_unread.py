"""Find the first unread message of a conversation, and of a thread, by an index.

`message_unread_here` had the messages of both participants. A member who has sent many messages that are not read yet
would have to pass all of them. Its successor has one part for each receiver, and serves the same statements.
"""

from django.db import migrations, models

NO_LIMITS = ["SET statement_timeout = 0", "SET lock_timeout = 0"]
AS_BEFORE = ["RESET statement_timeout", "RESET lock_timeout"]
OLD = "message_unread_here"
HERE, THREAD = "message_first_unread", "message_first_unread_thread"
UNREAD = models.Q(("read", False))


def build(name: str, columns: str) -> list[str]:
    """Return the statements. An interrupted build leaves an invalid index, which the next attempt replaces."""
    built = f"CREATE INDEX CONCURRENTLY {name} ON messaging_message ({columns}) WHERE NOT read"
    return [drop(name), built]


def drop(name: str) -> str:
    return f"DROP INDEX CONCURRENTLY IF EXISTS {name}"


class Migration(migrations.Migration):
    atomic = False
    oldest_release = "0.1.0"
    dependencies = [("messaging", "0012_without_index_of_receivers")]

    operations = [
        migrations.RunSQL(
            sql=[
                *NO_LIMITS,
                *build(HERE, "conversation_id, receiver_id, id"),
                *build(THREAD, "thread, receiver_id, id"),
                drop(OLD),
                *AS_BEFORE,
            ],
            reverse_sql=[
                *NO_LIMITS,
                *build(OLD, "conversation_id, id"),
                drop(HERE),
                drop(THREAD),
                *AS_BEFORE,
            ],
            state_operations=[
                migrations.RemoveIndex("message", OLD),
                migrations.AddIndex(
                    "message",
                    models.Index(fields=["conversation", "receiver", "id"], condition=UNREAD, name=HERE),
                ),
                migrations.AddIndex(
                    "message",
                    models.Index(fields=["thread", "receiver", "id"], condition=UNREAD, name=THREAD),
                ),
            ],
        )
    ]
