"""Vacuum and analyse messages after 1 % of the rows have changed instead of 20 %.

With 100 million messages, the default waits for 20 million changes. Until then, index-only scans read the table, the
planner estimates by old statistics, and the search reads a growing list of entries that are not in its index yet.
"""

from django.db import migrations

SETTINGS = (
    "autovacuum_vacuum_scale_factor",
    "autovacuum_vacuum_insert_scale_factor",
    "autovacuum_analyze_scale_factor",
)


class Migration(migrations.Migration):
    dependencies = [("messaging", "0010_short_words_in_other_scripts")]

    operations = [
        migrations.RunSQL(
            f"ALTER TABLE messaging_message SET ({', '.join(f'{name} = 0.01' for name in SETTINGS)})",
            f"ALTER TABLE messaging_message RESET ({', '.join(SETTINGS)})",
        )
    ]
