"""Compute the groups of look-alikes again: a letter can look like several letters, such as the Thai sara ae."""

from django.db import migrations

from accounts.migrations._name_columns import regroup


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0013_regroup_look_alikes_again")]

    operations = [migrations.RunPython(regroup, migrations.RunPython.noop)]
