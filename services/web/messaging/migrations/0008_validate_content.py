from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    """Members go on reading and writing meanwhile: this lock conflicts with changes of the table only."""

    dependencies = [("messaging", "0007_content_in_every_locale")]

    operations = [
        # The limit of a page is no limit for this; it ends with the transaction.
        migrations.RunSQL("SET LOCAL statement_timeout = 0", migrations.RunSQL.noop),
        ValidateConstraint(model_name="message", name="message_content"),
    ]
