"""Vacuum and analyse notifications after 1 % of the rows have changed instead of 20 %.

The reasons are those of `messaging.0011`.
"""

from django.db import migrations

SETTINGS = (
    "autovacuum_vacuum_scale_factor",
    "autovacuum_vacuum_insert_scale_factor",
    "autovacuum_analyze_scale_factor",
)


class Migration(migrations.Migration):
    dependencies = [("notifications", "0002_notification_follows_message")]

    operations = [
        migrations.RunSQL(
            f"ALTER TABLE notifications_notification SET ({', '.join(f'{name} = 0.01' for name in SETTINGS)})",
            f"ALTER TABLE notifications_notification RESET ({', '.join(SETTINGS)})",
        )
    ]
