from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_forget_axes_attempts")]

    operations = [
        migrations.AddField("session", "started_at", models.DateTimeField(db_default=Now())),
    ]
