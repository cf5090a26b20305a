"""Receivers of messaging; docs/signals.md lists them."""

from typing import Any

from django.db.models.signals import post_delete, pre_delete, pre_save

from messaging import inbox, thread_list
from messaging.editing import EditConflictError, keep_previous_content
from messaging.models import Message
from messaging.statements import lock_conversations
from observability.signals import receiver


@receiver(
    pre_save,
    sender=Message,
    dispatch_uid="messaging.keep_history",
    refuses=(Message.DoesNotExist, EditConflictError),
)
def keep_history(sender: type[Message], instance: Message, raw: bool, using: str, **saved: Any) -> None:
    if not raw and not instance._state.adding and "content" in (saved["update_fields"] or ()):
        keep_previous_content(instance, using)


@receiver(pre_delete, sender=Message, dispatch_uid="messaging.lock_before_delete")
def lock_before_delete(sender: type[Message], instance: Message, using: str, **kwargs: object) -> None:
    lock_conversations([instance.conversation_id], using=using)


@receiver(post_delete, sender=Message, dispatch_uid="messaging.recount_after_delete")
def recount_after_delete(sender: type[Message], instance: Message, using: str, **kwargs: object) -> None:
    inbox.recount([instance.conversation_id], using=using)
    if instance.thread_root_id is not None:
        thread_list.recompute([instance.thread_root_id], using=using)
