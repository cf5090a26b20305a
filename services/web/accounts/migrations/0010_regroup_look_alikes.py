"""Compute the groups of look-alikes again: of names as they are displayed, not of names in lower case."""

from django.db import migrations

from accounts.migrations._name_columns import regroup


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0009_unique_name_keys")]

    operations = [migrations.RunPython(regroup, migrations.RunPython.noop)]
