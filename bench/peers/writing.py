"""How the peers add a reply, and how they keep the earlier texts of a message."""

from itertools import count

import pgtrigger
import reversion
from django.db import transaction
from django.utils import timezone
from reversion.models import Version

from bench.measure import Way
from bench.peers.models import (
    MpMessage,
    MpttMessage,
    Notification,
    PgHistoryMessage,
    ReversionMessage,
    SimpleHistoryMessage,
)

number = count()


def replies(root: int, sender, receiver) -> list[Way]:
    """Return ways to add a reply to `root` and a notification. They update no inbox rows."""

    def fields():
        return {"sender": sender, "content": f"It did arrive, {next(number)}.", "timestamp": timezone.now()}

    def notified(message):
        Notification.objects.create(
            user=receiver, message_id=message.pk, content=f"New message from {sender.username}"
        )
        return message

    def mptt():
        with transaction.atomic():
            parent = MpttMessage.objects.get(pk=root)
            return notified(MpttMessage.objects.create(parent=parent, **fields()))

    def treebeard():
        with transaction.atomic():
            parent = MpMessage.objects.get(pk=root)
            return notified(MpMessage.objects.add_child(parent, create_kwargs=fields()))

    def content(message):
        notification = Notification.objects.get(
            message_id=message.pk, content__startswith="New", user=receiver
        )
        kept = type(message).objects.get(pk=message.pk)
        above = kept.parent_id if isinstance(kept, MpttMessage) else kept.get_parent().pk
        return kept.sender_id, above, kept.content[:13], notification.user_id, notification.content

    def delete_notifications():
        Notification.objects.all().delete()  # Message ids of the two tables may be equal.

    return [
        Way("django-mptt", mptt, content, before=delete_notifications),
        Way("django-treebeard, materialised path", treebeard, content, before=delete_notifications),
    ]


def edits(author) -> list[Way]:
    pgtrigger.install()
    texts = {"sender": author, "content": "Edited, at first.", "timestamp": timezone.now()}
    simple = SimpleHistoryMessage.objects.create(**texts)
    tracked = PgHistoryMessage.objects.create(**texts)
    with reversion.create_revision():
        versioned = ReversionMessage.objects.create(**texts)

    def change(message):
        message.content, message.edited = f"Edited, {next(number)}.", True

    def simple_history():
        change(simple)
        simple.save()

    def pg_history():
        change(tracked)
        tracked.save()

    def with_reversion():
        with reversion.create_revision():
            change(versioned)
            versioned.save()

    def content(message, before):
        def found(_):
            now = type(message).objects.get(pk=message.pk)
            return before()[:7], now.content[:7], now.edited

        return found

    return [
        # Without a transaction, a failure could save an edit without its history.
        Way("django-simple-history", transaction.atomic(simple_history),
            content(simple, lambda: simple.history.all()[1].content)),
        Way("django-simple-history, no transaction", simple_history,
            content(simple, lambda: simple.history.all()[1].content)),
        Way("django-pghistory", pg_history,
            content(tracked, lambda: tracked.events.order_by("-pgh_id")[1].content)),
        Way("django-reversion", with_reversion,
            content(versioned, lambda: Version.objects.get_for_object(versioned)[1].field_dict["content"])),
    ]  # fmt: skip
