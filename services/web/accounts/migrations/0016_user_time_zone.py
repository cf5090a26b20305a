from django.db import migrations, models


class Migration(migrations.Migration):
    oldest_release = "0.1.0"
    dependencies = [("accounts", "0015_user_language")]
    operations = [
        migrations.AddField(
            model_name="user",
            name="time_zone",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=64),
        ),
    ]
