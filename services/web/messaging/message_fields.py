"""The columns of a message, for the model and for the modules that write messages.

They are separate from the model, because the model imports those modules.
"""

from collections.abc import Mapping
from typing import Any

from django.db import connections, models
from django.db.models.functions import Coalesce
from django.utils import timezone

from messaging.dirty_fields import DirtyFields
from messaging.keys import UserKey

ALLOCATED = {"id", "conversation_id", "thread"}  # Columns whose values the insertion computes.


class MessageFields(DirtyFields):
    TRACKED_FIELDS = ("content", "read", "read_at", "edited")

    # Composite foreign keys (migration 0002) require that both users are participants of the conversation.
    sender = UserKey(related_name="sent_messages", db_constraint=False, db_index=False)
    receiver = UserKey(related_name="received_messages", db_constraint=False, db_index=False)
    content = models.TextField()
    timestamp = models.DateTimeField(default=timezone.now)
    read = models.BooleanField(default=False)
    # None: the message is unread, or was imported as read, or was read before this column existed.
    read_at = models.DateTimeField(null=True, blank=True, editable=False)
    edited = models.BooleanField(default=False)
    # Composite foreign keys require that parent and root are in the same conversation.
    parent_message = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="replies", db_constraint=False
    )
    thread_root = models.ForeignKey(
        "self",
        models.DO_NOTHING,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        db_constraint=False,
        db_index=False,  # The generated column `thread` has the index.
    )
    conversation = models.ForeignKey(
        "messaging.Conversation", models.DO_NOTHING, related_name="messages", db_index=False
    )
    # Created by the sender's form. The same id again is the same message, not a second one.
    client_id = models.UUIDField(null=True, blank=True, editable=False)
    # The id of the root, on the root and on its replies, so that one index scan reads the whole thread.
    thread = models.GeneratedField(
        expression=Coalesce("thread_root_id", "id"), output_field=models.BigIntegerField(), db_persist=True
    )

    # django-stubs does not add these attributes for keys to "self" in an abstract model.
    parent_message_id: int | None
    thread_root_id: int | None

    # Set during `edit`: the id of the editor, for the receiver that keeps the history. None: the sender.
    editor_id: int | None = None
    # Set during `edit`: the version of the text that the edit is based on. Empty: no check for conflicts.
    edited_version: str = ""
    # Set during a save: the values that the receiver which keeps the history has written, by field.
    written_fields: Mapping[str, Any] = {}

    class Meta:
        abstract = True

    def values_to_insert(self, using: str) -> dict[str, Any]:
        """Return the values that the caller sets, by column, converted for PostgreSQL as Django does."""
        database = connections[using]
        fields = [field for field in self._meta.concrete_fields if field.attname not in ALLOCATED]
        return {f.attname: f.get_db_prep_save(getattr(self, f.attname), database) for f in fields}
