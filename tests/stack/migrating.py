"""A migration that the next release brings with it, and that takes its time."""

from pathlib import Path

# Two statements of their own: the table is locked for a moment, not for as long as the migration takes.
MIGRATION = """
from django.db import migrations

class Migration(migrations.Migration):
    atomic = False
    dependencies = [("notifications", {before!r})]
    operations = [
        migrations.RunSQL("ALTER TABLE notifications_notification ADD COLUMN {column} boolean"),
        migrations.RunSQL("SELECT pg_sleep({seconds})"),
    ]
"""


def add_migration(checkout: Path, name: str, column: str, seconds: int) -> Path:
    """Put it behind the last one that there is."""
    folder = checkout / "services/web/notifications/migrations"
    before = max(path.stem for path in folder.glob("[0-9]*.py"))
    added = folder / f"{name}.py"
    added.write_text(MIGRATION.format(before=before, column=column, seconds=seconds))
    return added
