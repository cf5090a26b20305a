"""Receivers of notifications; docs/signals.md lists them. Each calls one function."""

from django.contrib.auth import get_user_model
from django.db.models.signals import post_save

from accounts.signals import erasure_preview
from messaging.models import Message
from messaging.signals import messages_created_in_bulk, messages_read
from notifications.models import Notification
from observability.signals import receiver

User = get_user_model()


@receiver(post_save, sender=Message, dispatch_uid="notifications.notify_receiver")
def notify_receiver(sender, instance, created, raw, using, **kwargs):
    if created and not raw:
        Notification.objects.using(using).create_for([instance])


@receiver(messages_created_in_bulk, sender=Message, dispatch_uid="notifications.notify_receivers")
def notify_receivers(sender, messages, using, **kwargs):
    Notification.objects.using(using).create_for(messages)


@receiver(messages_read, sender=Message, dispatch_uid="notifications.mark_read")
def mark_read(sender, reader_id, conversation_id, first, last, thread, ids, using, **kwargs):
    where = {"conversation": conversation_id, "thread": thread, "pk__in": ids}
    conditions = {name: value for name, value in where.items() if value is not None}
    read = Message.objects.filter(receiver=reader_id, read=True, pk__range=(first, last), **conditions)
    Notification.objects.using(using).follow(read, read=True, user_id=reader_id)


@receiver(post_save, sender=Message, dispatch_uid="notifications.mark_unread")
def mark_unread(sender, instance, created, raw, using, update_fields, **kwargs):
    if not created and not raw and "read" in (update_fields or ()) and not instance.read:
        Notification.objects.using(using).follow(instance.pk, read=False, user_id=instance.receiver_id)


@receiver(erasure_preview, sender=User, dispatch_uid="notifications.preview_erasure")
def preview_erasure(sender, user, **kwargs):
    return {"notifications": Notification.objects.for_user(user).count()}
