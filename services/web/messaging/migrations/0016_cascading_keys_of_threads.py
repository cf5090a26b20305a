"""Replace the keys of the list of threads where an early edition of migration 0014 has run.

That edition made Django's keys, with which a release without this table cannot erase members after a rollback.
"""

from django.db import migrations

DROP_EARLIER = """
DO $$
DECLARE
    earlier text;
BEGIN
    FOR earlier IN
        SELECT conname FROM pg_constraint
        WHERE conrelid = 'messaging_thread'::regclass AND contype = 'f' AND confdeltype <> 'c'
    LOOP
        EXECUTE format('ALTER TABLE messaging_thread DROP CONSTRAINT %I', earlier);
    END LOOP;
END $$
"""
ADD = """
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_constraint WHERE conrelid = 'messaging_thread'::regclass AND conname = '{name}'
    ) THEN
        ALTER TABLE messaging_thread ADD CONSTRAINT {name} FOREIGN KEY ({column}) REFERENCES {table}
            ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$
"""
KEYS = [
    {"name": "thread_root_key", "column": "root_id", "table": "messaging_message"},
    {"name": "thread_low_key", "column": "low_id", "table": "accounts_user"},
    {"name": "thread_high_key", "column": "high_id", "table": "accounts_user"},
]


class Migration(migrations.Migration):
    oldest_release = "0.1.0"
    dependencies = [("messaging", "0015_list_existing_threads")]

    operations = [
        migrations.RunSQL(
            sql=[DROP_EARLIER, *(ADD.format(**key) for key in KEYS)], reverse_sql=migrations.RunSQL.noop
        )
    ]
