"""Add the threads that exist to the list of threads, in batches, while members read and write.

A process of the previous release adds none. Its replies appear in the list with the next reply of their thread,
or when this migration is run again.
"""

from django.db import migrations

SIZE = 1_000  # Number of conversations in a batch.
NEXT = """
SELECT max(id) FROM (SELECT id FROM messaging_conversation WHERE id > %s ORDER BY id LIMIT %s) AS batch
"""
# A reply that is sent meanwhile may be in the list already.
BATCH = """
INSERT INTO messaging_thread AS t (root_id, low_id, high_id, last_reply_id)
SELECT m.thread_root_id, c.low_id, c.high_id, max(m.id)
FROM messaging_conversation c JOIN messaging_message m ON m.conversation_id = c.id
WHERE c.id > %s AND c.id <= %s AND m.thread_root_id IS NOT NULL
GROUP BY m.thread_root_id, c.low_id, c.high_id
ON CONFLICT (root_id) DO UPDATE SET last_reply_id = EXCLUDED.last_reply_id
WHERE t.last_reply_id < EXCLUDED.last_reply_id
"""


def add_threads(apps, schema_editor):
    done = -1
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        while True:
            cursor.execute(NEXT, [done, SIZE])
            [(last,)] = cursor.fetchall()
            if last is None:
                break
            cursor.execute(BATCH, [done, last])
            done = last
        cursor.execute("RESET statement_timeout")


class Migration(migrations.Migration):
    atomic = False  # Each batch by itself; it can be run again.
    oldest_release = "0.1.0"
    dependencies = [("messaging", "0014_threads")]

    operations = [migrations.RunPython(add_threads, migrations.RunPython.noop)]
