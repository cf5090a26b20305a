from django.db import migrations

# Sessions lasted 14 days from the log-in, whatever happened meanwhile.
BATCH = """
UPDATE accounts_session SET started_at = expire_date - interval '14 days' WHERE session_key IN (
  SELECT session_key FROM accounts_session WHERE started_at > expire_date - interval '14 days' LIMIT 10000
)
"""


def fill(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(BATCH)
        while cursor.rowcount:
            cursor.execute(BATCH)


class Migration(migrations.Migration):
    atomic = False  # Each batch by itself; it can be run again.
    dependencies = [("accounts", "0005_session_started_at")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
