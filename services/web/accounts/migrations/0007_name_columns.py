"""Columns for the key of a name, empty at first: the release of before writes rows without them."""

from django.db import migrations, models

import accounts.fields
import accounts.managers


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_fill_session_started_at")]

    operations = [
        migrations.AlterModelManagers(
            name="user",
            managers=[("objects", accounts.managers.UserManager())],
        ),
        migrations.AddField(
            model_name="user",
            name="name_key",
            field=accounts.fields.NameKeyField(db_collation="C", editable=False, null=True),
        ),
        migrations.AddField(
            model_name="user",
            name="exact_name",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=150),
        ),
        migrations.AddField(
            model_name="user",
            name="look_alike_group",
            field=accounts.fields.NameGroupField(db_collation="C", editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="user",
            name="username",
            field=accounts.fields.UsernameField(verbose_name="username"),
        ),
    ]
