"""Search: the words of a message and its two people, in one index (messaging/search.py).

Of an expression and built concurrently: members go on reading and writing meanwhile, however long that takes
(a stored column would rewrite the table, and lock everybody out). Can be run again when it was interrupted:
what such a build leaves behind is dropped first.
"""

from django.db import migrations

BUILD = """
CREATE INDEX CONCURRENTLY message_search ON messaging_message USING gin (
  (to_tsvector('simple'::regconfig, content) || array_to_tsvector(ARRAY['@' || sender_id, '@' || receiver_id]))
)
"""
DROP = "DROP INDEX CONCURRENTLY IF EXISTS message_search"
# The limits of a page do not apply here. CONCURRENTLY waits for every older transaction, such as that of a backup.
NO_LIMITS = ["SET statement_timeout = 0", "SET lock_timeout = 0"]
AS_BEFORE = ["RESET statement_timeout", "RESET lock_timeout"]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("messaging", "0002_message_composite_keys")]

    operations = [
        migrations.RunSQL(
            sql=[*NO_LIMITS, DROP, BUILD, *AS_BEFORE],
            reverse_sql=[*NO_LIMITS, DROP, *AS_BEFORE],
        )
    ]
