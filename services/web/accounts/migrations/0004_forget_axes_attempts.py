from django.db import migrations


def forget(apps, schema_editor):
    """Wrong passwords are counted in axes' AccessFailureLog from now on; what is here would stay for ever."""
    for name in ("AccessAttemptExpiration", "AccessAttempt"):
        rows = apps.get_model("axes", name).objects.using(schema_editor.connection.alias).all()
        rows._raw_delete(rows.db)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_erasure"), ("axes", "0010_accessattemptexpiration")]

    operations = [migrations.RunPython(forget, migrations.RunPython.noop)]
