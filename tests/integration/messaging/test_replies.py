"""Replies, and the query that returns all descendants of a message."""

import random

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from messaging.models import Message


def test_a_reply_belongs_to_the_thread_of_its_root(message, reply, alice, bob, write):
    deeper = write(alice, bob, parent_message=reply)

    assert message.thread == reply.thread == deeper.thread == message.pk
    roots = [m.thread_root_id for m in (message, reply, deeper)]
    assert roots == [None, message.pk, message.pk]


def test_a_reply_may_name_its_parent_by_id(message, alice, bob, write):
    reply = write(bob, alice, parent_message_id=message.pk)

    assert reply.thread == message.pk


def test_people_may_answer_themselves(message, alice, bob, write):
    assert write(alice, bob, parent_message=message).thread == message.pk


def test_a_reply_to_another_conversation_is_refused(message, alice, charlie, write):
    with pytest.raises(ValidationError, match="belongs to the two people of the message it answers"):
        write(alice, charlie, parent_message=message)

    assert list(Message.objects.all()) == [message]


def test_charlie_cannot_answer_in_the_thread_of_others(message, bob, charlie, write):
    with pytest.raises(ValidationError, match="two people"):
        write(charlie, bob, parent_message_id=message.pk)


def test_reply_to_a_missing_message_is_refused(message, alice, bob, write):
    with pytest.raises(ValidationError, match="message to reply to does not exist"):
        write(bob, alice, parent_message_id=message.pk + 1000)


def test_a_reply_to_a_message_that_is_not_sent_yet_is_refused(alice, bob, write):
    draft = Message(sender=alice, receiver=bob, content="Draft")

    with pytest.raises((ValidationError, ValueError)):
        write(bob, alice, parent_message=draft)
    assert not Message.objects.exists()


def test_replies_are_returned_depth_first_with_their_depth(message, alice, bob, write):
    first = write(bob, alice, "1", parent_message=message)
    write(bob, alice, "2", parent_message=message)
    write(alice, bob, "1.1", parent_message=first)

    replies = message.get_all_replies()
    assert [(reply.content, reply.depth) for reply in replies] == [("1", 1), ("1.1", 2), ("2", 1)]


def test_replies_of_another_thread_are_not_returned(message, reply, alice, bob, write):
    other = write(alice, bob, "Another subject")

    assert message.get_all_replies() == [reply]
    assert other.get_all_replies() == []


def test_each_message_of_a_thread_returns_exactly_its_descendants(message, alice, bob, write):
    nodes, chance = [message], random.Random(7)
    above = {message.pk: set()}
    for _ in range(60):
        parent = chance.choice(nodes)
        nodes.append(write(*chance.sample([alice, bob], 2), parent_message=parent))
        above[nodes[-1].pk] = above[parent.pk] | {parent.pk}

    for node in nodes:
        assert {reply.pk for reply in node.get_all_replies()} == {pk for pk in above if node.pk in above[pk]}
        assert all(len(above[r.pk]) - len(above[node.pk]) == r.depth for r in node.get_all_replies())


def test_chain_of_5000_replies_is_one_query_from_every_start(chain_of, django_assert_num_queries):
    chain = chain_of(5_000)

    for start in (0, 2_500, 4_998, 4_999):
        with django_assert_num_queries(1):
            replies = chain[start].get_all_replies()
        assert replies == chain[start + 1 :], start
        assert [reply.depth for reply in replies] == list(range(1, 5_000 - start)), start


@pytest.mark.parametrize("count", [1, 10, 100, 1_000])
def test_replies_with_their_names_are_one_query(
    count, message, alice, bob, write_many, django_assert_num_queries
):
    write_many(bob, alice, count, parent_message=message)

    with django_assert_num_queries(1):
        replies = message.get_all_replies()
        names = {(reply.sender.username, reply.receiver.username) for reply in replies}
    assert (len(replies), names) == (count, {("bob", "alice")})


def test_thread_query_uses_its_index(message, alice, bob, write_many):
    write_many(bob, alice, 100, parent_message=message)
    write_many(alice, bob, 2000)
    with connection.cursor() as cursor:
        # Without this, the plan would depend on the rows of earlier tests.
        cursor.execute("ANALYZE messaging_message")

    plan = Message.objects.filter(thread=message.pk, pk__gt=message.pk).order_by("pk").explain()
    assert "message_thread" in plan
