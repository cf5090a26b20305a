"""Receivers of chats; docs/signals.md lists them. On commit only, each makes what is cached unreachable, and
then tells the pages that are open.
"""

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import post_delete, post_save

from accounts.signals import users_changed_in_bulk
from chats import cache, restored
from chats.live import notices
from messaging import inbox
from messaging.models import Message, Participant
from messaging.signals import messages_created_in_bulk, messages_read
from notifications.models import Notification
from notifications.signals import notifications_read
from observability.health import DatabaseProbe
from observability.signals import database_ready, receiver
from observability.transactions import on_commit, on_commit_once

User = get_user_model()


def _changed(using: str, message: Message, kind: str) -> None:
    people = [message.sender_id, message.receiver_id]
    on_commit(using, notices.forget_and_tell, people, kind, **notices.place_of(message))


def _counterparts(using: str, user_id: int) -> list[int] | None:
    return inbox.counterparts(user_id, most=notices.MOST, using=using)


def _invalidate_user(user_id: int, counterparts: list[int] | None) -> None:
    """Invalidate the cached pages that show this user and notify the open ones. None: those of all users."""
    cache.forget_shown(user_id, counterparts)
    notices.tell(counterparts, notices.MEMBER)


def _invalidate_everything() -> None:
    """Invalidate all cached pages, notify the open ones, re-validate the sessions of all event streams."""
    cache.forget_everything()
    notices.tell(None, notices.SYNC)
    notices.tell(None, notices.CHECK)


def _invalidate_user_and_counterparts(using: str, user_id: int) -> None:
    # Reads the counterparts after the commit: pages of a conversation that began before it may be cached.
    people = None
    try:
        people = _counterparts(using, user_id)
    finally:
        _invalidate_user(user_id, people)


@receiver(post_save, sender=Message, dispatch_uid="chats.message_saved")
def message_saved(sender, instance, created, raw, using, update_fields, **kwargs):
    if raw:
        on_commit_once(using, _invalidate_everything)
        return
    is_edit = update_fields is None or "content" in update_fields
    is_unread = "read" in (update_fields or ()) and not instance.read
    changed = notices.EDITED if is_edit else notices.UNREAD if is_unread else notices.COUNTED
    _changed(using, instance, notices.NEW if created else changed)


@receiver(post_save, sender=Participant, dispatch_uid="chats.participant_loaded")
@receiver(post_save, sender=Notification, dispatch_uid="chats.notification_loaded")
def row_loaded(sender, raw, using, **kwargs):
    if raw:  # Of a fixture. Otherwise what changes these rows says so.
        on_commit_once(using, _invalidate_everything)


@receiver(post_delete, sender=Message, dispatch_uid="chats.message_deleted")
def message_deleted(sender, instance, using, **kwargs):
    _changed(using, instance, notices.DELETED)


@receiver(messages_created_in_bulk, sender=Message, dispatch_uid="chats.messages_created")
def messages_created(sender, messages, using, **kwargs):
    people = {user_id for message in messages for user_id in (message.sender_id, message.receiver_id)}
    on_commit(using, notices.forget_and_tell, people, notices.SYNC)


@receiver(messages_read, sender=Message, dispatch_uid="chats.messages_read")
def messages_were_read(sender, reader_id, using, **what):
    on_commit(using, cache.forget_member, [reader_id])
    on_commit(using, notices.tell_read, reader_id, **what)


@receiver(notifications_read, sender=Notification, dispatch_uid="chats.notifications_read")
def notifications_were_read(sender, user_id, using, **kwargs):
    on_commit(using, notices.forget_and_tell, [user_id], notices.COUNTED)


@receiver(post_delete, sender=User, dispatch_uid="chats.user_deleted")
def user_deleted(sender, instance, using, **kwargs):
    # Before messaging deletes the conversations, which tell who the counterparts are. The member is locked
    # since `pre_delete`, so nobody begins another one.
    on_commit(using, _invalidate_user, instance.pk, _counterparts(using, instance.pk))
    on_commit(using, notices.tell, [instance.pk], notices.CHECK)


@receiver(post_save, sender=User, dispatch_uid="chats.user_saved")
def user_saved(sender, instance, created, raw, using, update_fields, **kwargs):
    if raw:
        on_commit_once(using, _invalidate_everything)
        return
    # A new password ends the sessions of other browsers; a log-in changes only when it was.
    if not created and {"password", "is_active"} & set(update_fields or ("password",)):
        on_commit(using, notices.tell, [instance.pk], notices.CHECK)
    if instance.has_visible_change:
        on_commit(using, _invalidate_user_and_counterparts, using, instance.pk)


@receiver(users_changed_in_bulk, sender=User, dispatch_uid="chats.users_changed")
def users_changed(sender, using, **kwargs):
    on_commit(using, cache.forget_everything)
    on_commit(using, notices.tell, None, notices.MEMBER)
    on_commit(using, notices.tell, None, notices.CHECK)


@receiver(user_logged_out, sender=User, dispatch_uid="chats.logged_out")
def logged_out(sender, user, **kwargs):
    on_commit("default", notices.tell, [user.pk], notices.CHECK)


@receiver(database_ready, sender=DatabaseProbe, dispatch_uid="chats.forget_another_database")
def database_was_awaited(sender, **kwargs):
    restored.forget_another_database()
