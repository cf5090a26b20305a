"""Bulk operations on messages.

Updates that would bypass history and counters are refused, and `bulk_create` maintains both.
"""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from messaging.models import Conversation, Message
from messaging.querysets import GuardedUpdateError
from notifications.models import Notification

GUARDED = {
    "content": "Rewritten",
    "edited": True,
    "read": True,
    "sender": 1,
    "sender_id": 1,
    "receiver": 1,
    "conversation": 1,
    "parent_message": 1,
    "thread_root_id": 1,
}


@pytest.mark.parametrize("field", GUARDED)
def test_update_past_history_and_counters_is_refused(field, message):
    with pytest.raises(
        GuardedUpdateError, match=f"{field.removesuffix('_id')}.*cannot be changed in bulk; use"
    ):
        Message.objects.update(**{field: GUARDED[field]})

    assert Message.objects.get().content == "Good morning, Bob"


@pytest.mark.parametrize("field", ["content", "edited", "read", "parent_message"])
def test_bulk_update_past_history_and_counters_is_refused(field, message):
    with pytest.raises(GuardedUpdateError, match="cannot be changed in bulk"):
        Message.objects.bulk_update([message], [field])


@pytest.mark.parametrize(
    "messages_of",
    [
        lambda alice: Message.unread.for_user(alice),
        lambda alice: alice.sent_messages.all(),
        lambda alice: alice.received_messages.filter(read=False),
        lambda alice: Message._base_manager.all(),
    ],
)
def test_update_by_any_other_manager_is_refused(messages_of, message, alice):
    with pytest.raises(GuardedUpdateError, match="keeps the history"):
        messages_of(alice).update(content="Rewritten")


def test_fields_without_history_or_counters_can_be_updated(message):
    moment = message.timestamp.replace(year=2020)

    assert Message.objects.update(timestamp=moment) == 1
    assert Message.objects.get().timestamp == moment


def test_a_bulk_notifies_and_counts(alice, bob, charlie, unread_of, wrong_counters):
    people = [(alice, bob), (bob, alice), (alice, bob), (charlie, bob)]
    sent = Message.objects.bulk_create(Message(sender=s, receiver=r, content="Hi") for s, r in people)

    notifications = Notification.objects.select_related("user", "message").order_by("message")
    assert [(n.user, n.message, n.content) for n in notifications] == [
        (receiver, message, f"New message from {sender.username}")
        for (sender, receiver), message in zip(people, sent, strict=True)
    ]
    assert (unread_of(alice), unread_of(bob), unread_of(charlie)) == (1, 3, 0)
    assert wrong_counters() == []


def test_bulk_continues_an_existing_conversation(message, alice, bob, write_many, unread_of, wrong_counters):
    sent = write_many(alice, bob, 10)

    assert {m.conversation_id for m in sent} == {message.conversation_id}
    assert [m.pk for m in sent] == sorted(m.pk for m in sent)
    assert unread_of(bob) == 11
    assert wrong_counters() == []


def test_a_reply_answers_a_message_of_the_same_bulk_or_a_stored_one(message, alice, bob):
    root = Message(sender=alice, receiver=bob, content="root")
    inside = Message(sender=bob, receiver=alice, content="inside", parent_message=root)
    deeper = Message(sender=alice, receiver=bob, content="deeper", parent_message=inside)
    stored = Message(sender=bob, receiver=alice, content="stored", parent_message_id=message.pk)
    Message.objects.bulk_create([root, inside, deeper, stored])

    assert [(m.content, m.depth) for m in Message.objects.get(pk=root.pk).get_all_replies()] == [
        ("inside", 1),
        ("deeper", 2),
    ]
    assert message.get_all_replies() == [stored]


def test_bulk_keeps_given_ids(alice, bob):
    given = Message(pk=10**9, sender=alice, receiver=bob, content="Hi")

    assert [m.pk for m in Message.objects.bulk_create([given])] == [10**9]


def test_messages_created_as_read_are_not_counted(alice, bob, write_many, unread_of):
    write_many(alice, bob, 3, read=True)

    assert unread_of(bob) == 0
    assert set(Notification.objects.values_list("read", flat=True)) == {True}


def test_empty_bulk_returns_an_empty_list(db):
    assert Message.objects.bulk_create([]) == []


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"content": " "}, "empty"),
        ({"content": "x" * 10_001}, "at most 10,000"),
        ({"content": "a\x00"}, "cannot be sent"),
        ({"receiver": "alice"}, "yourself"),
        ({"receiver": None}, "needs a sender and a receiver"),
        ({"parent_message_id": 10**9}, "does not exist"),
        ({"receiver": "charlie", "parent_message": "message"}, "two people"),
    ],
)
def test_one_bad_message_refuses_all(bad, words, message, alice, bob, charlie, wrong_counters):
    known = {"alice": alice, "charlie": charlie, "message": message}
    good = {"sender": alice, "receiver": bob, "content": "Hi"}
    changes = {key: known.get(value, value) for key, value in bad.items()}

    with pytest.raises(ValidationError, match=words):
        Message.objects.bulk_create([Message(**good), Message(**(good | changes)), Message(**good)])
    assert list(Message.objects.all()) == [message]
    assert (Notification.objects.count(), Conversation.objects.count(), wrong_counters()) == (1, 1, [])


def test_bulk_with_a_reply_before_its_parent_is_refused(alice, bob):
    root = Message(sender=alice, receiver=bob, content="root")
    reply = Message(sender=bob, receiver=alice, content="reply", parent_message=root)

    with pytest.raises(ValidationError, match="must be later than the message that it answers"):
        Message.objects.bulk_create([reply, root])
    with pytest.raises(ValidationError, match="must be later than the message that it answers"):
        Message.objects.bulk_create(
            [
                Message(
                    sender=bob,
                    receiver=alice,
                    content="x",
                    parent_message=Message(sender=alice, receiver=bob, content="draft"),
                )
            ]
        )
    assert not Message.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_error_of_the_database_refuses_the_whole_bulk(message, alice, bob, wrong_counters):
    twice = Message(pk=message.pk, sender=alice, receiver=bob, content="again")

    with pytest.raises(IntegrityError):
        Message.objects.bulk_create([Message(sender=alice, receiver=bob, content="Hi"), twice])
    assert (Message.objects.count(), Notification.objects.count(), wrong_counters()) == (1, 1, [])


@pytest.mark.parametrize(
    "options",
    [
        {"ignore_conflicts": True},
        {"update_conflicts": True, "update_fields": ["content"], "unique_fields": ["id"]},
    ],
)
def test_conflicts_are_neither_ignored_nor_updated(options, message):
    with pytest.raises(TypeError, match="conflicts cannot be ignored or updated"):
        Message.objects.bulk_create([message], **options)
