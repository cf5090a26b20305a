"""Constraints of the tables.

The tests insert rows by SQL, which runs no Python validation.
"""

import itertools
import re
import uuid

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from messaging.content import VISIBLE
from messaging.models import Conversation, Participant


@pytest.fixture
def insert():
    def insert(table, **row):
        columns, marks = ", ".join(row), ", ".join(["%s"] * len(row))
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", [*row.values()])

    return insert


@pytest.fixture
def insert_message(insert, message):
    """Return a function that inserts a row like `message`, with changes."""
    usual = {
        "sender_id": message.sender_id,
        "receiver_id": message.receiver_id,
        "conversation_id": message.conversation_id,
        "content": "Hello",
        "timestamp": timezone.now(),
        "read": False,
        "edited": False,
    }
    later = itertools.count(message.pk + (60_000 << 10))
    return lambda **changes: insert("messaging_message", **(usual | {"id": next(later)} | changes))


def refused(rule):
    return pytest.raises(IntegrityError, match=f'"{rule}"')


def test_message_that_keeps_the_rules_is_inserted(insert_message, message):
    insert_message(parent_message_id=message.pk, thread_root_id=message.pk, client_id=uuid.uuid4())


def test_a_message_to_oneself_is_refused(insert_message, alice):
    with refused("message_not_to_oneself"):
        insert_message(receiver_id=alice.pk)


@pytest.mark.parametrize("content", ["", " ", "\n\t ", "\v\f\r \n", "x" * 10_001], ids=range(5))
def test_a_text_that_is_blank_or_too_long_is_refused(content, insert_message):
    with refused("message_content"):
        insert_message(content=content)


def refused_characters() -> set[int]:
    """Return the characters of which the constraint accepts no text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'message_content'"
        )
        pattern = re.search("~ ('[^']+')::text", cursor.fetchone()[0])[1]
        cursor.execute(f"""
            SELECT array_agg(n) FROM generate_series(1, 1114111) AS n
            WHERE n NOT BETWEEN 55296 AND 57343 AND chr(n) !~ {pattern}
        """)
        return set(cursor.fetchone()[0])


def test_the_rule_of_the_table_and_the_rule_of_the_service_agree_on_every_character(db):
    blank = refused_characters()

    assert blank == {9, 10, 11, 12, 13, 32}
    # The service must not accept a text that the table refuses, because that would be a server error.
    assert not any(VISIBLE.match(chr(number)) for number in blank)


def test_a_parent_of_another_conversation_is_refused(insert_message, alice, charlie, write):
    other_place = write(alice, charlie)

    with refused("message_parent_in_conversation"):
        insert_message(
            parent_message_id=other_place.pk, thread_root_id=other_place.conversation.messages.get().pk
        )


def test_a_root_of_another_conversation_is_refused(insert_message, message, alice, charlie, write):
    with refused("message_thread_in_conversation"):
        insert_message(parent_message_id=message.pk, thread_root_id=write(alice, charlie).pk)


def test_a_parent_that_does_not_exist_is_refused(insert_message, message):
    with refused("message_parent_in_conversation"):
        insert_message(parent_message_id=message.pk + 1, thread_root_id=message.pk)


@pytest.mark.parametrize("parent", [10**9, 10**9 + 1])
def test_a_parent_that_is_the_reply_itself_or_newer_is_refused(parent, insert_message):
    with refused("message_parent_is_older"):
        insert_message(id=10**9, parent_message_id=parent, thread_root_id=parent)


@pytest.mark.parametrize("column", ["parent_message_id", "thread_root_id"])
def test_a_parent_without_a_root_or_a_root_without_a_parent_is_refused(column, insert_message, message):
    with refused("message_reply_has_root"):
        insert_message(**{column: message.pk})


@pytest.mark.parametrize("side", ["sender", "receiver"])
def test_charlie_is_refused_on_either_side_of_a_conversation_of_others(side, insert_message, charlie):
    with refused(f"message_{side}_takes_part"):
        insert_message(**{f"{side}_id": charlie.pk})


def test_the_same_client_id_twice_from_one_sender_is_refused(insert_message, alice, bob):
    again = uuid.uuid4()
    insert_message(client_id=again)
    insert_message(client_id=again, sender_id=bob.pk, receiver_id=alice.pk)

    with refused("message_client_id_once"):
        insert_message(client_id=again)


def test_a_second_conversation_of_a_pair_is_refused(insert, message, alice, bob):
    with refused("conversation_one_a_pair"):
        insert("messaging_conversation", low_id=alice.pk, high_id=bob.pk)


@pytest.mark.parametrize(("low", "high"), [("bob", "alice"), ("alice", "alice")])
def test_a_pair_in_the_wrong_order_is_refused(low, high, insert, alice, bob, request):
    with refused("conversation_low_before_high"):
        insert(
            "messaging_conversation",
            low_id=request.getfixturevalue(low).pk,
            high_id=request.getfixturevalue(high).pk,
        )


def test_second_participant_row_of_one_member_is_refused(message, alice, bob):
    with refused("participant_once"), transaction.atomic():
        Participant.objects.create(conversation=message.conversation, user=alice, counterpart=bob)


def test_participant_without_a_counterpart_is_refused(message, charlie):
    with refused("participant_not_alone"), transaction.atomic():
        Participant.objects.create(conversation=message.conversation, user=charlie, counterpart=charlie)


def test_a_counter_below_zero_is_refused(message):
    with refused("messaging_participant_unread_count_check"), transaction.atomic():
        Participant.objects.update(unread_count=-1)


def test_a_second_notification_for_one_message_is_refused(insert, message, bob):
    with refused("notification_once"):
        insert(
            "notifications_notification",
            user_id=bob.pk,
            message_id=message.pk,
            content="Again",
            read=False,
            created_at=timezone.now(),
        )


def test_a_member_who_does_not_exist_has_no_conversation(alice):
    with pytest.raises(IntegrityError, match="high_id"), transaction.atomic():
        Conversation.objects.create(low=alice, high_id=10**9)
        connection.check_constraints()
