"""Fill the columns of names in batches, while members read and write."""

from django.db import migrations

from accounts.migrations._name_columns import fill


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0007_name_columns")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
