"""Add the threads that exist to the list of threads, in batches, while members read and write.

A process of the previous release changes none. Its replies appear in the list with the next reply of their
thread, or by `manage.py audit_counters --repair`.
"""

from django.db import migrations, transaction

SIZE = 100  # Number of conversations in a batch: their senders wait for it.
NEXT = """
SELECT max(id) FROM (SELECT id FROM messaging_conversation WHERE id > %s ORDER BY id LIMIT %s) AS batch
"""
# Sends, deletions and erasures hold this lock too, so the next statement reads what they have left.
LOCK = "SELECT FROM messaging_conversation WHERE id > %s AND id <= %s ORDER BY id FOR NO KEY UPDATE"
BATCH = """
INSERT INTO messaging_thread (root_id, low_id, high_id, last_reply_id)
SELECT m.thread_root_id, c.low_id, c.high_id, max(m.id)
FROM messaging_conversation c JOIN messaging_message m ON m.conversation_id = c.id
WHERE c.id > %s AND c.id <= %s AND m.thread_root_id IS NOT NULL
GROUP BY m.thread_root_id, c.low_id, c.high_id
ON CONFLICT (root_id) DO UPDATE SET last_reply_id = EXCLUDED.last_reply_id
"""


def add_threads(apps, schema_editor):
    done = -1
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0; SET lock_timeout = 0")
        while True:
            cursor.execute(NEXT, [done, SIZE])
            [(last,)] = cursor.fetchall()
            if last is None:
                break
            with transaction.atomic(using=schema_editor.connection.alias):
                cursor.execute(LOCK, [done, last])
                cursor.execute(BATCH, [done, last])
            done = last
        cursor.execute("RESET statement_timeout; RESET lock_timeout")


class Migration(migrations.Migration):
    atomic = False  # Each batch by itself; it can be run again.
    oldest_release = "0.1.0"
    dependencies = [("messaging", "0014_threads")]

    operations = [migrations.RunPython(add_threads, migrations.RunPython.noop)]
