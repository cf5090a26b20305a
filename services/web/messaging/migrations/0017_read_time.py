from django.db import migrations, models


class Migration(migrations.Migration):
    oldest_release = "0.1.0"
    dependencies = [("messaging", "0016_cascading_keys_of_threads")]

    operations = [
        migrations.AddField("message", "read_at", models.DateTimeField(blank=True, editable=False, null=True))
    ]
