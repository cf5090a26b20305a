"""Receivers of chats; docs/signals.md lists them. Each makes what is cached unreachable, on commit only."""

from functools import partial

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models.signals import post_delete, post_save, pre_save

from chats import cache
from messaging.models import Message
from messaging.signals import messages_created_in_bulk, messages_read
from notifications.models import Notification
from notifications.signals import notifications_read
from observability.signals import receiver

User = get_user_model()


def _on_commit(using: str, forget, *args) -> None:
    # Robust: a cache that fails must not make a committed message look as if it had failed.
    transaction.on_commit(partial(forget, *args), using=using, robust=True)


@receiver(post_save, sender=Message, dispatch_uid="chats.message_saved")
def message_saved(sender, instance, raw, using, **kwargs):
    if not raw:
        _on_commit(using, cache.forget_member, [instance.sender_id, instance.receiver_id])


@receiver(post_delete, sender=Message, dispatch_uid="chats.message_deleted")
def message_deleted(sender, instance, using, **kwargs):
    _on_commit(using, cache.forget_member, [instance.sender_id, instance.receiver_id])


@receiver(messages_created_in_bulk, sender=Message, dispatch_uid="chats.messages_created")
def messages_created(sender, messages, using, **kwargs):
    _on_commit(using, cache.forget_member, {u for m in messages for u in (m.sender_id, m.receiver_id)})


@receiver(messages_read, sender=Message, dispatch_uid="chats.messages_read")
def messages_were_read(sender, reader_id, using, **kwargs):
    _on_commit(using, cache.forget_member, [reader_id])


@receiver(notifications_read, sender=Notification, dispatch_uid="chats.notifications_read")
def notifications_were_read(sender, user_id, using, **kwargs):
    _on_commit(using, cache.forget_member, [user_id])


@receiver(pre_save, sender=User, dispatch_uid="chats.user_changed")
def user_changed(sender, instance, raw, using, update_fields, **kwargs):
    shown = {"username", "is_active"}
    if raw or instance._state.adding or not shown & set(update_fields or shown):
        return
    as_it_was = {name: getattr(instance, name) for name in shown}
    if not User.objects.using(using).filter(pk=instance.pk, **as_it_was).exists():
        # The name stands in every counterpart's inbox.
        _on_commit(using, cache.forget_everything)


@receiver(post_delete, sender=User, dispatch_uid="chats.user_deleted")
def user_deleted(sender, instance, using, **kwargs):
    # Every counterpart's inbox changes, and there may be very many of them.
    _on_commit(using, cache.forget_everything)
