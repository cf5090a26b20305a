import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# A release without this table erases members and deletes messages after a rollback, so the database deletes the
# rows of the table. Django has no such keys.
CASCADING = {
    "thread_root": ("root_id", "messaging_message"),
    "thread_low": ("low_id", "accounts_user"),
    "thread_high": ("high_id", "accounts_user"),
}


def key_to(model, **options):
    return models.ForeignKey(
        db_constraint=False,
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
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="messaging.message",
                    ),
                ),
                ("low", key_to(settings.AUTH_USER_MODEL)),
                ("high", key_to(settings.AUTH_USER_MODEL)),
                ("last_reply", key_to("messaging.message")),
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
        *(
            migrations.RunSQL(
                sql=f"ALTER TABLE messaging_thread ADD CONSTRAINT {name}_key FOREIGN KEY ({column}) "
                f"REFERENCES {table} ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED",
                reverse_sql=f"ALTER TABLE messaging_thread DROP CONSTRAINT {name}_key",
            )
            for name, (column, table) in CASCADING.items()
        ),
    ]
