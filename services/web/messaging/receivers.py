"""Receivers of messaging. Each calls one function; docs/signals.md lists them."""

from django.contrib.auth import get_user_model
from django.db.models.signals import post_delete, pre_delete, pre_save

from accounts.signals import erasure_preview
from messaging import inbox
from messaging.editing import EditConflictError, keep_previous_content
from messaging.erasure import count_messages
from messaging.models import Message
from messaging.statements import lock_conversations
from observability.signals import receiver

User = get_user_model()


@receiver(
    pre_save,
    sender=Message,
    dispatch_uid="messaging.keep_history",
    refuses=(Message.DoesNotExist, EditConflictError),
)
def keep_history(sender, instance, raw, using, update_fields, **kwargs):
    if not raw and not instance._state.adding and "content" in (update_fields or ()):
        keep_previous_content(instance, using)


@receiver(pre_delete, sender=Message, dispatch_uid="messaging.lock_before_delete")
def lock_before_delete(sender, instance, using, **kwargs):
    lock_conversations([instance.conversation_id], using=using)


@receiver(post_delete, sender=Message, dispatch_uid="messaging.recount_after_delete")
def recount_after_delete(sender, instance, using, **kwargs):
    inbox.recount([instance.conversation_id], using=using)


@receiver(erasure_preview, sender=User, dispatch_uid="messaging.preview_erasure")
def preview_erasure(sender, user, **kwargs):
    return count_messages(user.pk)
