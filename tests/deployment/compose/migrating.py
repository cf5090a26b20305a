"""A slow migration in the next release."""

from pathlib import Path

# Two separate transactions: the table is locked only for a moment, not during the whole migration.
MIGRATION = '''
from django.db import migrations

class Migration(migrations.Migration):
    atomic = False
    oldest_release = "0.1.0"
    dependencies = [("notifications", {before!r})]
    operations = [
        migrations.RunSQL("ALTER TABLE notifications_notification ADD COLUMN {column} boolean"),
        migrations.RunSQL("""{then}"""),
    ]
'''
# PL/pgSQL takes a new snapshot for each expression, so this loop sees a comment that another session commits.
# In an empty database, such as that of a later test, it does not wait.
WAIT = """DO $$ BEGIN
  WHILE EXISTS (SELECT FROM accounts_user) AND clock_timestamp() < now() + interval '2 minutes'
    AND obj_description('notifications_notification'::regclass) IS DISTINCT FROM 'continue' LOOP
    PERFORM pg_sleep(0.1);
  END LOOP;
END $$"""
CONTINUE = "COMMENT ON TABLE notifications_notification IS 'continue'"
WAITING = """
SELECT now()::text FROM pg_stat_activity WHERE query LIKE 'DO %obj_description%' AND state = 'active'"""


def add_migration(checkout: Path, name: str, column: str, then: str = "SELECT 1") -> Path:
    """Add a migration after the last existing one, and return its path.

    `then` is the SQL that runs after the column was added.
    """
    folder = checkout / "services/web/notifications/migrations"
    before = max((path.stem for path in folder.glob("[0-9]*.py")), key=lambda stem: int(stem.split("_")[0]))
    added = folder / f"{name}.py"
    added.write_text(MIGRATION.format(before=before, column=column, then=then))
    return added
