"""Receivers of notifications; docs/signals.md lists them."""

from typing import Any

from django.db.models import QuerySet
from django.db.models.signals import post_save

from messaging.models import Message
from messaging.signals import Read, messages_created_in_bulk, messages_read
from notifications.models import Notification
from observability.signals import receiver


@receiver(post_save, sender=Message, dispatch_uid="notifications.notify_receiver")
def notify_receiver(
    sender: type[Message], instance: Message, created: bool, raw: bool, using: str, **kwargs: object
) -> None:
    if created and not raw:
        Notification.objects.using(using).create_for([instance])


@receiver(messages_created_in_bulk, sender=Message, dispatch_uid="notifications.notify_receivers")
def notify_receivers(sender: type[Message], messages: list[Message], using: str, **kwargs: object) -> None:
    Notification.objects.using(using).create_for(messages)


def _messages_of(read: Read) -> QuerySet[Any]:
    received = Message.objects.filter(receiver=read.reader_id, read=True)
    return received.filter(pk__lte=read.up_to) if read.ids is None else received.filter(pk__in=read.ids)


@receiver(messages_read, sender=Message, dispatch_uid="notifications.follow_read")
def follow_read(sender: type[Message], read: Read, using: str, **kwargs: object) -> None:
    notifications = Notification.objects.using(using)
    notifications.follow(_messages_of(read), read=True, user_id=read.reader_id)


@receiver(post_save, sender=Message, dispatch_uid="notifications.follow_unread")
def follow_unread(
    sender: type[Message], instance: Message, created: bool, raw: bool, using: str, **saved: Any
) -> None:
    update_fields = saved["update_fields"]
    if not created and not raw and "read" in (update_fields or ()) and not instance.read:
        Notification.objects.using(using).follow([instance.pk], read=False, user_id=instance.receiver_id)
