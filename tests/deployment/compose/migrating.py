"""A slow migration in the next release."""

from pathlib import Path

# Two separate transactions: the table is locked only for a moment, not during the whole migration.
MIGRATION = """
from django.db import migrations

class Migration(migrations.Migration):
    atomic = False
    oldest_release = "0.1.0"
    dependencies = [("notifications", {before!r})]
    operations = [
        migrations.RunSQL("ALTER TABLE notifications_notification ADD COLUMN {column} boolean"),
        migrations.RunSQL("SELECT pg_sleep({seconds})"),
    ]
"""


def add_migration(checkout: Path, name: str, column: str, seconds: int) -> Path:
    """Add a migration after the last existing one, and return its path."""
    folder = checkout / "services/web/notifications/migrations"
    before = max((path.stem for path in folder.glob("[0-9]*.py")), key=lambda stem: int(stem.split("_")[0]))
    added = folder / f"{name}.py"
    added.write_text(MIGRATION.format(before=before, column=column, seconds=seconds))
    return added
