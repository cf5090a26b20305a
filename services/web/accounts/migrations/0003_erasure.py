from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_names_in_order")]

    operations = [
        migrations.SeparateDatabaseAndState(
            # A restore of an older backup has made the table already (deploy/postgres/erase.sql).
            database_operations=[
                migrations.RunSQL(
                    """
                    CREATE TABLE IF NOT EXISTS accounts_erasure (
                      user_id bigint PRIMARY KEY, erased_at timestamptz NOT NULL, erased_by_id bigint
                    )
                    """,
                    "DROP TABLE IF EXISTS accounts_erasure",
                )
            ],
            state_operations=[
                migrations.CreateModel(
                    name="Erasure",
                    fields=[
                        ("user_id", models.BigIntegerField(primary_key=True, serialize=False)),
                        ("erased_at", models.DateTimeField()),
                        ("erased_by_id", models.BigIntegerField(null=True)),
                    ],
                ),
            ],
        )
    ]
