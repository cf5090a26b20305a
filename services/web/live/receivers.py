"""Receivers of live; docs/signals.md lists them.

After the commit, they invalidate changed cached entries, and then publish events to the open pages.
"""

from collections.abc import Collection
from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.db.models import Model
from django.db.models.signals import post_delete, post_save

from accounts.erasure_phases import erasure_phase
from accounts.managers import ACCESS
from accounts.models import User
from accounts.signals import users_changed_in_bulk
from caching import generations
from caching.transactions import on_commit, on_commit_once
from live import events
from messaging import inbox
from messaging.models import Message, Participant
from messaging.signals import Read, messages_created_in_bulk, messages_read
from notifications.models import Notification
from observability.signals import receiver


def _changed(using: str, message: Message, kind: str) -> None:
    people = [message.sender_id, message.receiver_id]
    on_commit(using, events.invalidate_and_publish, people, kind, **events.location_of(message))


def _kind_of_change(
    message: Message, created: bool, update_fields: Collection[str] | None, **kwargs: object
) -> str:
    if created:
        return events.NEW
    if update_fields is None or "content" in update_fields:
        return events.EDITED
    return events.UNREAD if "read" in update_fields and not message.read else events.COUNTED


def _invalidate_user(user_id: int, counterparts: list[int] | None) -> None:
    """Invalidate the cached pages that show this user and notify the open ones. None means all pages."""
    generations.invalidate_shown(user_id, counterparts)
    events.publish(counterparts, events.MEMBER)


def _invalidate_everything() -> None:
    """Invalidate all cached pages, notify the open ones, re-validate the sessions of all event streams."""
    generations.invalidate_all()
    events.publish(None, events.SYNC)
    events.publish(None, events.CHECK)


def _invalidate_user_and_counterparts(using: str, user_id: int) -> None:
    # Read the counterparts after the commit: pages of a conversation that began meanwhile may be cached.
    people = None
    try:
        people = inbox.counterparts(user_id, most=events.MOST, using=using)
    finally:
        _invalidate_user(user_id, people)


@receiver(post_save, sender=Message, dispatch_uid="live.message_saved")
def message_saved(sender: type[Message], instance: Message, raw: bool, using: str, **saved: Any) -> None:
    if raw:
        on_commit_once(using, _invalidate_everything)
    else:
        _changed(using, instance, _kind_of_change(instance, **saved))


@receiver(post_save, sender=Participant, dispatch_uid="live.participant_loaded")
@receiver(post_save, sender=Notification, dispatch_uid="live.notification_loaded")
def row_loaded(sender: type[Model], raw: bool, using: str, **kwargs: object) -> None:
    if raw:  # Written by `loaddata`. Any other change of these rows has a signal of its own.
        on_commit_once(using, _invalidate_everything)


@receiver(post_delete, sender=Message, dispatch_uid="live.message_deleted")
def message_deleted(sender: type[Message], instance: Message, using: str, **kwargs: object) -> None:
    _changed(using, instance, events.DELETED)


@receiver(messages_created_in_bulk, sender=Message, dispatch_uid="live.messages_created")
def messages_created(
    sender: type[Message], messages: Collection[Message], using: str, **kwargs: object
) -> None:
    people = {user_id for message in messages for user_id in (message.sender_id, message.receiver_id)}
    on_commit(using, events.invalidate_and_publish, people, events.SYNC)


@receiver(messages_read, sender=Message, dispatch_uid="live.messages_read")
def messages_were_read(sender: type[Message], read: Read, using: str, **kwargs: object) -> None:
    on_commit(using, events.invalidate_and_publish_read, read)


@erasure_phase("invalidate")
def invalidate_erased_user(user: User, using: str) -> None:
    # The user is locked since the phase `lock`, so no further conversation begins.
    on_commit(using, _invalidate_user, user.pk, inbox.counterparts(user.pk, most=events.MOST, using=using))
    on_commit(using, events.publish, [user.pk], events.CHECK)


def _may_end_access(created: bool, update_fields: Collection[str] | None, **kwargs: object) -> bool:
    # A new password ends the sessions of other browsers, and staff see other pages. A log-in saves only
    # `last_login`.
    return not created and bool(ACCESS & set(update_fields or ACCESS))


@receiver(post_save, sender=User, dispatch_uid="live.user_saved")
def user_saved(sender: type[User], instance: User, raw: bool, using: str, **saved: Any) -> None:
    if raw:
        on_commit_once(using, _invalidate_everything)
        return
    if _may_end_access(**saved):
        on_commit(using, generations.invalidate_users, [instance.pk])
        on_commit(using, events.publish, [instance.pk], events.CHECK)
    if instance.has_visible_change:
        on_commit(using, _invalidate_user_and_counterparts, using, instance.pk)


@receiver(users_changed_in_bulk, sender=User, dispatch_uid="live.users_changed")
def users_changed(sender: type[User], using: str, **kwargs: object) -> None:
    on_commit(using, generations.invalidate_all)
    on_commit(using, events.publish, None, events.MEMBER)
    on_commit(using, events.publish, None, events.CHECK)


@receiver(user_logged_out, sender=User, dispatch_uid="live.logged_out")
def logged_out(sender: type[User], user: User, **kwargs: object) -> None:
    on_commit("default", events.publish, [user.pk], events.CHECK)
