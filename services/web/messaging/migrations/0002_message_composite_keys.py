"""Foreign keys that Django cannot express: both people, parent and root belong to the same conversation.

They are checked at once, not at commit, so that an error names the statement that caused it.
"""

from django.db import migrations

KEYS = {
    "message_sender_takes_part": ("sender_id", "messaging_participant (conversation_id, user_id)"),
    "message_receiver_takes_part": ("receiver_id", "messaging_participant (conversation_id, user_id)"),
    "message_parent_in_conversation": ("parent_message_id", "messaging_message (conversation_id, id)"),
    "message_thread_in_conversation": ("thread", "messaging_message (conversation_id, id)"),
}


class Migration(migrations.Migration):
    dependencies = [("messaging", "0001_initial")]

    operations = [
        migrations.RunSQL(
            sql=f"ALTER TABLE messaging_message ADD CONSTRAINT {name} "
            f"FOREIGN KEY (conversation_id, {column}) REFERENCES {target}",
            reverse_sql=f"ALTER TABLE messaging_message DROP CONSTRAINT {name}",
        )
        for name, (column, target) in KEYS.items()
    ]
