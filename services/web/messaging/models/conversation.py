"""The conversation of two users, and its two participants."""

from django.db import models
from django.db.models import F, Q

from messaging.keys import UserKey
from messaging.querysets import ParticipantQuerySet


class Conversation(models.Model):
    """A pair of users. `low` is the user with the smaller id, so each pair has one row."""

    low = UserKey(related_name="+", db_index=False)  # The unique index begins with it.
    high = UserKey(related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(low__lt=F("high")), name="conversation_low_before_high"),
            models.UniqueConstraint(fields=["low", "high"], name="conversation_one_a_pair"),
        ]

    def __str__(self) -> str:
        return f"Conversation {self.pk}"


class Participant(models.Model):
    """One user's side of a conversation: a row of the inbox."""

    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="participants", db_index=False
    )
    user = UserKey(related_name="+", db_index=False)
    counterpart = UserKey(related_name="+", db_index=False)  # The other user of the conversation.
    last_message = models.ForeignKey("Message", models.DO_NOTHING, null=True, related_name="+")
    unread_count = models.PositiveIntegerField(default=0)

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "user"], name="participant_once"),
            # Conversation page, by the name of the counterpart (ParticipantQuerySet.with_counterpart).
            models.UniqueConstraint(fields=["counterpart", "user"], name="participant_one_a_pair"),
            models.CheckConstraint(condition=~Q(user=F("counterpart")), name="participant_not_alone"),
        ]
        indexes = [
            # Inbox: latest conversation first, by key (ParticipantQuerySet.inbox_rows).
            models.Index(fields=["user", "-last_message"], name="participant_inbox"),
        ]

    def __str__(self) -> str:
        return f"Participant {self.pk}"
