"""One account for each key of a name; the indexes by UPPER(username), which follow the locale, go."""

from django.db import migrations, models

import accounts.fields
from accounts.migrations._name_columns import settle


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_fill_name_columns")]

    operations = [
        migrations.RunPython(settle, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="user",
            name="name_key",
            field=accounts.fields.NameKeyField(db_collation="C", editable=False),
        ),
        migrations.AlterField(
            model_name="user",
            name="look_alike_group",
            field=accounts.fields.NameGroupField(db_collation="C", editable=False),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                fields=("name_key", "exact_name"),
                name="user_name_key",
                violation_error_message="A member with that name exists already.",
            ),
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(fields=["look_alike_group"], name="user_look_alikes"),
        ),
        migrations.RemoveConstraint(model_name="user", name="user_username_ci"),
        migrations.RemoveIndex(model_name="user", name="user_by_name"),
    ]
