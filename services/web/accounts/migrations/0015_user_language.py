from django.db import migrations, models


class Migration(migrations.Migration):
    oldest_release = "0.1.0"
    dependencies = [("accounts", "0014_regroup_letters_like_several")]
    operations = [
        migrations.AddField(
            model_name="user",
            name="language",
            field=models.CharField(editable=False, max_length=10, null=True),
        ),
    ]
