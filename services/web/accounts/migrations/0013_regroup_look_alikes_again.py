"""Compute the groups of look-alikes again: more letters look alike, such as a w and two v."""

from django.db import migrations

from accounts.migrations._name_columns import regroup


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0012_probe_users")]

    operations = [migrations.RunPython(regroup, migrations.RunPython.noop)]
