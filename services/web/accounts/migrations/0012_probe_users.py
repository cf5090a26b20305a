"""Give the users of the privacy probe the names that the probe uses from this release on."""

from functools import partial

from django.db import migrations

ENDS = ("a1", "a2", "b1", "b2")


def rename(apps, schema_editor, *, old, new):
    users = apps.get_model("accounts", "User")._base_manager.using(schema_editor.connection.alias)
    for user in users.filter(username__in=[f" {old}-{end}" for end in ENDS]):
        user.username = user.username.replace(old, new)
        user.save(update_fields=["username", "name_key", "look_alike_group"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0011_named_at")]

    operations = [
        migrations.RunPython(
            partial(rename, old="canary", new="probe"), partial(rename, old="probe", new="canary")
        )
    ]
