"""The time when an account got its name. It stays null for names from before this migration."""

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("accounts", "0010_regroup_look_alikes")]

    operations = [
        migrations.AddField("user", "named_at", models.DateTimeField(editable=False, null=True)),
        # As a second step, since the default would give existing rows the time of the migration.
        migrations.AlterField(
            "user", "named_at", models.DateTimeField(db_default=Now(), editable=False, null=True)
        ),
    ]
