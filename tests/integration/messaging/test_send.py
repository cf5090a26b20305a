import uuid

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from messaging.models import Conversation, Message, Participant
from messaging.sending import send
from notifications.models import Notification


def refusal(**fields) -> str:
    with pytest.raises(ValidationError) as refused:
        Message.objects.create(**fields)
    return refused.value.messages[0]


def test_create_updates_notification_counter_and_inboxes(alice, bob):
    message = Message.objects.create(sender=alice, receiver=bob, content=" \r\nhello\r\n")

    assert message.content == "hello"
    assert Notification.objects.get().user == bob
    assert Participant.objects.get(user=bob).unread_count == 1
    assert Participant.objects.get(user=alice).unread_count == 0
    assert {side.last_message_id for side in Participant.objects.all()} == {message.pk}


def test_sending_makes_two_statements_and_a_savepoint(message, alice, bob, django_assert_num_queries):
    # Savepoint, message with both inboxes, notification, and release of the savepoint.
    with django_assert_num_queries(4):
        Message.objects.create(sender=alice, receiver=bob, content="again")


def test_a_sent_message_equals_its_row_in_every_column(message, alice, bob):
    now = timezone.now()
    values = {"timestamp": now, "read": True, "read_at": now, "edited": True, "client_id": str(uuid.uuid4())}
    sent = Message.objects.create(sender=bob, receiver=alice, content="all", parent_message=message, **values)
    stored = Message.objects.get(pk=sent.pk)

    for field in Message._meta.concrete_fields:
        assert f"{getattr(stored, field.attname)}" == f"{getattr(sent, field.attname)}"
        assert getattr(stored, field.attname), "give it a value that is not the default"
    assert not sent._state.adding


def test_both_directions_share_one_conversation(alice, bob, write):
    first, second, third = write(alice, bob), write(bob, alice), write(alice, bob)

    assert first.conversation_id == second.conversation_id == third.conversation_id
    assert Conversation.objects.count() == 1
    assert Participant.objects.count() == 2


def test_lower_user_id_is_low_in_either_direction(alice, bob, charlie, write):
    assert write(bob, alice).conversation.low == alice
    assert write(bob, charlie).conversation.low == bob


def test_each_member_has_a_participant_row_with_the_counterpart(alice, bob, message):
    sides = Participant.objects.values_list("user", "counterpart")

    assert set(sides) == {(alice.pk, bob.pk), (bob.pk, alice.pk)}


def test_counters_count_each_conversation_apart(alice, bob, charlie, write):
    write(alice, bob), write(alice, bob), write(charlie, bob)

    assert Participant.objects.get(user=bob, counterpart=alice).unread_count == 2
    assert Participant.objects.get(user=bob, counterpart=charlie).unread_count == 1
    assert Participant.objects.get(user=charlie).unread_count == 0


def test_ids_are_in_the_order_of_sending(alice, bob, write):
    sent = [write(alice, bob), write(bob, alice), write(alice, bob)]

    assert list(Message.objects.order_by("pk")) == sent


def test_a_message_sent_as_read_is_not_counted(alice, bob, write, unread_of):
    write(alice, bob, read=True)

    assert unread_of(bob) == 0
    assert Notification.objects.get().read


def test_text_with_any_unicode_characters_is_stored_unchanged(alice, bob, write):
    text = "naïve 漢字 🦉 עברית \u202e\u2028 e\u0301 <b>&amp;</b> '; DROP TABLE"

    assert Message.objects.get(pk=write(alice, bob, text).pk).content == text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "cannot be empty"),
        (" \r\n\t", "cannot be empty"),
        ("x" * 10_001, "at most 10,000 characters; this one has 10,001"),
        ("a\x00b", "cannot be sent"),
        ("a\ud83db", "cannot be sent"),
        (None, "must be text"),
    ],
)
def test_invalid_text_is_refused_with_a_reason(content, words, alice, bob):
    assert words in refusal(sender=alice, receiver=bob, content=content)
    assert not Message.objects.exists()
    assert not Conversation.objects.exists()


def test_the_longest_text_is_sent(alice, bob, write):
    assert len(Message.objects.get(pk=write(alice, bob, "🦉" * 10_000).pk).content) == 10_000


def test_message_to_oneself_is_refused(alice):
    assert "yourself" in refusal(sender=alice, receiver=alice, content="Note")


@pytest.mark.parametrize("missing", ["sender", "receiver"])
def test_a_message_needs_two_people(missing, alice, bob):
    people = {"sender": alice, "receiver": bob} | {missing: None}

    assert "needs a sender and a receiver" in refusal(**people, content="Hello")


def test_a_refused_message_leaves_no_trace_in_an_open_conversation(message, alice, bob, wrong_counters):
    refusal(sender=alice, receiver=bob, content="")

    assert list(Message.objects.all()) == [message]
    assert Notification.objects.count() == 1
    assert wrong_counters() == []


def test_the_same_client_id_again_is_the_same_message(alice, bob):
    again = {"sender": alice, "receiver": bob, "content": "Hello", "client_id": uuid.uuid4()}

    assert send(Message(**again)) == send(Message(**again))
    assert Participant.objects.get(user=bob).unread_count == 1
    assert Notification.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("gone", ["sender", "receiver"])
@pytest.mark.parametrize("known", [False, True])
def test_send_with_an_erased_member_is_refused_with_a_reason(alice, bob, write, gone, known):
    if known:
        write(alice, bob)
    people = {"sender": alice, "receiver": bob}
    type(alice).objects.get(pk=people[gone].pk).delete()
    with pytest.raises(ValidationError) as refused:
        send(Message(**people, content="x"))

    assert refused.value.code == "gone"
    assert not Message.objects.exists()
    assert not Conversation.objects.exists()
