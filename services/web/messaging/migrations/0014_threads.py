import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def key_to(model, **options):
    return models.ForeignKey(
        db_index=False,
        on_delete=django.db.models.deletion.DO_NOTHING,
        related_name="+",
        to=model,
        **options,
    )


class Migration(migrations.Migration):
    oldest_release = "0.1.0"
    dependencies = [
        ("messaging", "0013_first_unread"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Thread",
            fields=[
                (
                    "root",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="messaging.message",
                    ),
                ),
                ("low", key_to(settings.AUTH_USER_MODEL)),
                ("high", key_to(settings.AUTH_USER_MODEL)),
                ("last_reply", key_to("messaging.message", db_constraint=False)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["low", "-last_reply"], name="thread_low"),
                    models.Index(fields=["high", "-last_reply"], name="thread_high"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("root__lt", models.F("last_reply"))),
                        name="thread_reply_is_later",
                    )
                ],
            },
        ),
    ]
