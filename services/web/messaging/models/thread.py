"""A thread that has replies: a row in the list of threads of both members."""

from django.db import models
from django.db.models import F, Q

from messaging.keys import UserKey
from messaging.models.message import Message
from messaging.thread_querysets import ThreadQuerySet


class Thread(models.Model):
    """A first message and the latest of its replies. Both change under the lock of the conversation."""

    # The constraints of these three, made by migrations 0014 and 0016, cascade in the database.
    root = models.OneToOneField(
        Message, models.DO_NOTHING, primary_key=True, related_name="+", db_constraint=False
    )
    # `low` is the member with the smaller id, as in a conversation.
    low = UserKey(related_name="+", db_index=False, db_constraint=False)
    high = UserKey(related_name="+", db_index=False, db_constraint=False)
    # Without a constraint, which would read and lock the message again for each reply.
    last_reply = models.ForeignKey(
        Message, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )

    objects = ThreadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(root__lt=F("last_reply")), name="thread_reply_is_later"),
        ]
        indexes = [
            # List of threads: latest reply first, by key (ThreadQuerySet.rows). Erasure of a member.
            models.Index(fields=["low", "-last_reply"], name="thread_low"),
            models.Index(fields=["high", "-last_reply"], name="thread_high"),
        ]

    def __str__(self) -> str:
        return f"Thread {self.pk}"
